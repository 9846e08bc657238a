"""The curve of a learning-rate range test: loss over rates on a logarithmic axis, and a rate that is chosen on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import RADIUS, colour
from tlstudio.training.rate_curve import figure as rate_figure

_LEFT, _TOP, _RIGHT, _BOTTOM = 56, 40, 28, 50
_STEP = 1.05  # what an arrow key multiplies with


class RatePlot(QWidget):
    """objectName ratePlot. A click or a drag chooses a rate; Left and Right move it, Home goes back to the suggestion."""

    chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("ratePlot")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        tip = self.tr("Thin: the loss of each step. Bold: smoothed. Click or drag to choose another rate; Left and Right move it")
        self.setToolTip(tip)
        self._document: dict[str, Any] = {}
        self.rate = math.nan
        self._now = math.nan

    def sizeHint(self) -> QSize:
        return QSize(theme.px(520), theme.px(260))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(300), theme.px(190))

    def show_test(self, document: dict[str, Any], now: float) -> None:
        """document: of `find_rate`; now: the recipe's rate."""
        self._document, self._now = document, now
        self.rate = document["suggestion"] or now
        self._say()

    def choose(self, rate: float) -> None:
        """Put the handle there, within the axis."""
        rates = self._document.get("rates")
        if not rates:
            return
        rate = float(f"{min(max(rate, rates[0]), rates[-1]):.2g}")
        if rate != self.rate:
            self.rate = rate
            self._say()
            self.chosen.emit(rate)

    def _say(self) -> None:
        said = self.tr("Loss over learning rates. Chosen: %1; in the recipe: %2").replace("%1", rate_figure(self.rate))
        self.setAccessibleName(said.replace("%2", rate_figure(self._now)))
        self.update()

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.choose(self._rate_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.choose(self._rate_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: 1 / _STEP, Qt.Key.Key_Right: _STEP}.get(Qt.Key(event.key()))
        if step is not None:
            self.choose(self.rate * (step if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else step**3))
        elif event.key() == Qt.Key.Key_Home and self._document.get("suggestion"):
            self.choose(self._document["suggestion"])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self.updateGeometry()

    # where things stand

    @property
    def _box(self) -> QRectF:
        px = theme.px
        return QRectF(self.rect()).adjusted(px(_LEFT), px(_TOP), -px(_RIGHT), -px(_BOTTOM))

    @property
    def _span(self) -> tuple[float, float]:
        """The axis, in powers of ten."""
        rates: Sequence[float] = self._document["rates"]
        low, high = math.log10(rates[0]), math.log10(rates[-1])
        return (low, high) if high > low else (low - 1, high + 1)

    def _x(self, rate: float) -> float:
        low, high = self._span
        return self._box.left() + self._box.width() * (math.log10(rate) - low) / (high - low)

    def _rate_at(self, x: float) -> float:
        if not self._document:
            return self.rate
        low, high = self._span
        return float(10.0 ** (low + (high - low) * (x - self._box.left()) / max(1.0, self._box.width())))

    def _top_value(self) -> float:
        """The end of the y axis: where a loss that ran away leaves the picture."""
        smoothed = [value for value in self._document["smoothed"] if value is not None and math.isfinite(value)]
        first = max(smoothed[: max(1, len(smoothed) // 5)], default=1.0)
        return max(1e-6, min(max(smoothed, default=1.0), 1.6 * first) * 1.08)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._document or len(self._document["rates"]) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(9))
        painter.setPen(QPen(colour("accent" if self.hasFocus() else "line"), 2 if self.hasFocus() else 1))
        painter.setBrush(colour("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        top = self._top_value()
        self._axes(painter, top)
        self._high(painter)
        painter.save()
        painter.setClipRect(self._box.adjusted(0, -1, 1, 1))
        faint = QColor(colour("accent"))
        faint.setAlpha(100)
        for key, pen in (("losses", QPen(faint, 1)), ("smoothed", QPen(colour("accent"), 2.25))):
            painter.setPen(pen)
            for part in self._lines(key, top):
                painter.drawPolyline(part)
        painter.restore()
        self._marks(painter)
        painter.end()

    def _lines(self, key: str, top: float) -> Iterator[QPolygonF]:
        """The curve in its unbroken parts."""
        box, points = self._box, list[QPointF]()
        for rate, value in zip(self._document["rates"], self._document[key], strict=True):
            if value is None or not math.isfinite(value):
                yield QPolygonF(points)
                points = []
            else:
                points.append(QPointF(self._x(rate), box.bottom() - box.height() * min(value, 3 * top) / top))
        yield QPolygonF(points)

    def _axes(self, painter: QPainter, top: float) -> None:
        from tlstudio.gui.series import round_ticks

        box, (low, high) = self._box, self._span
        for tick in (tick for tick in round_ticks(0, top, 5) if tick <= top):
            y = round(box.bottom() - box.height() * tick / top)
            painter.setPen(QPen(colour("line"), 1))
            painter.drawLine(QLineF(box.left(), y, box.right(), y))
            painter.setPen(colour("muted"))
            painter.drawText(
                QRectF(0, y - 10, box.left() - 8, 20), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{tick:g}"
            )
        metrics = painter.fontMetrics()
        free = -math.inf
        painter.setPen(colour("muted"))
        for power in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1):
            text = rate_figure(10.0**power)
            wide = metrics.horizontalAdvance(text)
            x = min(self._x(10.0**power) - wide / 2, self.width() - wide - 2)
            if x > free:
                painter.drawText(QPointF(x, box.bottom() + metrics.height() + 2), text)
                free = x + wide + 10
        where = QRectF(box.left(), self.height() - metrics.height() - theme.px(8), box.width(), metrics.height())
        painter.drawText(where, Qt.AlignmentFlag.AlignCenter, self.tr("learning rate of the new layers"))
        painter.drawText(QPointF(theme.px(14), metrics.ascent() + theme.px(8)), self.tr("loss"))

    def _high(self, painter: QPainter) -> None:
        """Where the rate is too high for sure."""
        rate = self._document["too_high"]
        if not rate:
            return
        area = QRectF(QPointF(self._x(rate), self._box.top()), self._box.bottomRight())
        veil = QColor(colour("bad"))
        veil.setAlpha(26)
        painter.fillRect(area, veil)
        text = self.tr("too high")
        if painter.fontMetrics().horizontalAdvance(text) < area.width() - 8:
            painter.setPen(colour("bad"))
            painter.drawText(area.adjusted(4, 0, -4, -6), Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter, text)

    def _marks(self, painter: QPainter) -> None:
        """The recipe's rate, the suggestion, and the handle on the chosen one with its word."""
        box = self._box
        low, high = self._document["rates"][0], self._document["rates"][-1]
        suggestion = self._document["suggestion"]
        said = [(self._now, "muted", Qt.PenStyle.DashLine), (suggestion or 0.0, "good", Qt.PenStyle.DotLine)]
        for rate, role, style in said:
            if low <= rate <= high and rate != self.rate:
                painter.setPen(QPen(colour(role), 1.5, style))
                painter.drawLine(QLineF(self._x(rate), box.top(), self._x(rate), box.bottom()))
        x = self._x(min(max(self.rate, low), high))
        role = "good" if self.rate == suggestion else "text"
        painter.setPen(QPen(colour(role), 2))
        painter.drawLine(QLineF(x, box.top(), x, box.bottom()))
        painter.setPen(QPen(colour("surface"), 2))
        painter.setBrush(colour(role))
        painter.drawEllipse(QPointF(x, box.top()), theme.px(6), theme.px(6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        words: list[tuple[float, str, str, Callable[..., Any]]] = []
        taken: list[QRectF] = []
        form = self.tr("suggested %1") if self.rate == suggestion else self.tr("chosen %1")
        words.append((x, form.replace("%1", rate_figure(self.rate)), role, theme.font))
        if low <= self._now <= high and self._now != self.rate:
            words.append((self._x(self._now), self.tr("now %1").replace("%1", rate_figure(self._now)), "muted", theme.font))
        for at, text, tone, font in words:
            painter.setFont(font(9, bold=tone != "muted"))
            wide, tall = painter.fontMetrics().horizontalAdvance(text) + 4, painter.fontMetrics().height()
            above, below = box.top() - tall - theme.px(7), box.top() + theme.px(8)
            lefts = ((at - wide / 2, above), (at + 6, below), (at - wide - 6, below), (at + 10, above), (at - wide - 10, above))
            places = [QRectF(left, top, wide, tall) for left, top in lefts]
            inside = [place for place in places if place.left() >= 0 and place.right() <= self.width()] or places
            box_ = next((place for place in inside if not any(place.intersects(other) for other in taken)), inside[0])
            taken.append(box_)
            veil = QColor(colour("surface"))
            veil.setAlpha(200)
            painter.fillRect(box_, veil)
            painter.setPen(colour(tone))
            painter.drawText(box_, Qt.AlignmentFlag.AlignCenter, text)
