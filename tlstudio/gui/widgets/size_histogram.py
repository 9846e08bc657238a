"""How large the pictures are: a histogram of their shorter sides, and where the model looks."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDialog, QSizePolicy, QToolTip, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.histogram_table import show_histogram_table
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.words import count

NARROWEST = 4.0  # pixels of a bar


class SizeHistogram(QWidget):
    """objectName sizeHistogram. A click, or Enter, shows its numbers as a table."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sizeHistogram")
        self.setAccessibleName(self.tr("Sizes of the images"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.edges: list[int] = []
        self.counts: list[int] = []
        self._model_side = 0
        self._fit()

    def show_sizes(self, sizes: dict[str, Any], model_side: int) -> None:
        """sizes: {edges, counts} of the `data` document; model_side: what the model sees, in pixels, 0 if not known."""
        self.edges = [int(edge) for edge in sizes.get("edges", ())]
        self.counts = [int(n) for n in sizes.get("counts", ())]
        self._model_side = model_side
        self.setAccessibleDescription("; ".join(f"{bin_}: {n:,}" for bin_, n in self.rows()))
        self.update()

    def rows(self) -> list[tuple[str, int]]:
        """(pixels, images) of each bin; the last one has no upper end of its own width."""
        last = len(self.counts) - 1
        out = []
        for i, n in enumerate(self.counts):
            low, high = self.edges[i], self.edges[i + 1] - 1
            out.append((f"{low:,}" if low == high else f"{low:,} – {high:,}" if i < last or last == 0 else f"{low:,} +", n))
        return out

    # drawing

    def _plot(self) -> QRectF:
        small = self.fontMetrics().height()
        left = max(28, self.fontMetrics().horizontalAdvance(f"{max(self.counts, default=0):,}") + 8)
        return QRectF(left, small + 6, max(1, self.width() - left - 8), max(1, self.height() - 3 * small - 16))

    def _span(self) -> tuple[float, float]:
        """Pixels at the left and right end of the axis: all bins, of one width, and the model's side."""
        width = self.edges[1] - self.edges[0]
        low, high = float(self.edges[0]), float(self.edges[0] + width * len(self.counts))
        if self._model_side:
            low, high = min(low, self._model_side - width), max(high, self._model_side + width)
        if width < 0.04 * (high - low):  # one size only: its bar is a line, and needs room beside the axis
            low, high = low - 0.04 * (high - low), high + 0.04 * (high - low)
        return max(0.0, low), high

    def _x(self, pixels: float) -> float:
        low, high = self._span()
        plot = self._plot()
        return plot.left() + plot.width() * (pixels - low) / max(1e-9, high - low)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        if self.hasFocus():
            painter.setPen(QPen(colour("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        if not self.counts:
            painter.setPen(colour("muted"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("No images"))
            return
        plot, top = self._plot(), max(self.counts)
        text_height = self.fontMetrics().height()
        for value in _ticks(top, max(1.0, plot.height() / (1.7 * text_height))):
            y = plot.bottom() - plot.height() * value / max(1, top)
            painter.setPen(QPen(colour("line"), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(colour("muted"))
            painter.drawText(
                QRectF(0, y - text_height / 2, plot.left() - 6, text_height),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                f"{value:,}",
            )
        width = self.edges[1] - self.edges[0]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("frozen"))
        for i, n in enumerate(self.counts):
            x0, x1 = self._x(self.edges[0] + i * width), self._x(self.edges[0] + (i + 1) * width)
            height = plot.height() * n / top
            wide = max(NARROWEST, x1 - x0 - 1)
            painter.drawRect(QRectF((x0 + x1 - wide) / 2, plot.bottom() - height, wide, height))
        self._axis(painter, plot, text_height)
        self._model_line(painter, plot, text_height)

    def _axis(self, painter: QPainter, plot: QRectF, text_height: int) -> None:
        low, high = self._span()
        metrics = self.fontMetrics()
        painter.setPen(colour("muted"))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        room = max(2, int(plot.width() // (metrics.horizontalAdvance(f"{high:,.0f}") + 16)))
        step = _step((high - low) / room)
        value = math.ceil(low / step) * step
        end = plot.left()
        while value <= high:
            words = f"{value:,.0f}"
            half = metrics.horizontalAdvance(words) / 2
            x = min(max(self._x(value), half), self.width() - half)
            if x - half >= end:
                painter.drawText(QPointF(x - half, plot.bottom() + metrics.ascent() + 4), words)
                end = x + half + 4
            value += step
        below = QRectF(plot.left(), plot.bottom() + text_height + 6, plot.width(), text_height)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self.tr("shorter side, pixels"))

    def _model_line(self, painter: QPainter, plot: QRectF, text_height: int) -> None:
        if not self._model_side:
            return
        x = self._x(self._model_side)
        pen = QPen(colour("accent"), 1.5)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.drawLine(QPointF(x, 2), QPointF(x, plot.bottom()))
        words = self.tr("model sees %1").replace("%1", f"{self._model_side:,}")
        width = self.fontMetrics().horizontalAdvance(words)
        left = x + 5 if x + 5 + width <= self.width() else x - 5 - width
        painter.drawText(QPointF(max(0.0, left), self.fontMetrics().ascent()), words)

    # hands

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.counts:
            low, high = self._span()
            plot = self._plot()
            at = low + (event.pos().x() - plot.left()) / plot.width() * (high - low)
            i = math.floor((at - self.edges[0]) / (self.edges[1] - self.edges[0]))
            if 0 <= i < len(self.counts):
                pixels, n = self.rows()[i]
                said = f"{pixels} px: {count(n, self.tr('image'), self.tr('images'))}"
                QToolTip.showText(event.globalPos(), said, self)
            return True
        return super().event(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.show_table()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.show_table()
        else:
            super().keyPressEvent(event)

    def show_table(self) -> QDialog:
        """The numbers of the histogram as a table, in a window of its own."""
        words = (self.tr("Shorter side, pixels"), self.tr("Images"))
        return show_histogram_table(self, "sizeTable", self.tr("Sizes of the images"), words, self.rows())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        font = theme.font(8)
        if self.font() != font:
            self.setFont(font)
        self.setMinimumHeight(theme.px(92))


def _step(least: float) -> float:
    """The round number, 1, 2 or 5 times a power of ten, that is at least that."""
    power = 10.0 ** math.floor(math.log10(max(1.0, least)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= max(1.0, least))


def _ticks(top: int, room: float) -> list[int]:
    """0 and as many round numbers up to the top as there is room for."""
    step = round(_step(top / room))
    if step > top:
        step = round(_step(top / 2.01))  # one beside 0 at least
    return list(range(0, top + 1, max(1, step)))
