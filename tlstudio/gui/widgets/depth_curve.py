"""How fast each block learns, as a curve over depth that can be dragged: all of it, or one block's point."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from tlstudio.gui import theme
from tlstudio.gui.depth_rates import DepthRates
from tlstudio.gui.widgets.parts import colour
from tlstudio.recipe import Optimizer

TALL = 132
_GRIP = 11  # pixels from a point in which it is taken
_STEP = 10 ** (1 / 20)  # of a key
_DECAY_STEP = 0.05


class DepthCurve(QWidget):
    """objectName depthCurve. Left and Right choose a point, Home the whole curve; Up and Down move it, Delete resets it."""

    given = Signal(object, str)
    """A DepthRates after a drag or a key, and what was done in words for undo."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("depthCurve")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rates = self._shown = DepthRates((), Optimizer())
        self._resting: Sequence[bool] = ()
        self.chosen = -1
        """The block whose point the keys move, -1 for the whole curve."""
        self._dragged: int | None = None
        self._whole = False
        self._offset = 0.0
        self._fit()

    def show_rates(self, rates: DepthRates, resting: Sequence[bool]) -> None:
        """resting: for each block, whether it is frozen."""
        self._rates, self._resting = rates, resting
        if self._dragged is None:
            self._shown = rates
        if self.chosen >= len(rates):
            self.chosen = -1
        self._tell()
        self.update()

    def _tell(self) -> None:
        rates = self._shown
        self.setAccessibleName(self.tr("Learning rate over depth"))
        said = [self._point_words(at) for at in range(len(rates))]
        self.setAccessibleDescription("; ".join(said) if self.chosen < 0 else said[self.chosen])
        self.setToolTip(
            self.tr(
                "Drag the line: earlier blocks learn at a share of the next one's rate. Drag a point: a rate of its own for that block. "
                "Double-click resets. Keys: Left and Right choose a point, Home the line, Up and Down move it, Delete resets it."
            )
        )

    def _point_words(self, at: int) -> str:
        form = self.tr("%1: rate × %2, frozen") if self._rests(at) else self.tr("%1: rate × %2")
        return form.replace("%1", self._shown.title(at)).replace("%2", f"{self._shown.value(at):.3g}")

    def _rests(self, at: int) -> bool:
        return at < len(self._resting) and self._resting[at]

    # geometry

    def _range(self) -> tuple[float, float]:
        """Exponents of ten at the bottom and the top: from the rates in force, so that nothing moves under the hand."""
        values = [self._rates.value(at) for at in range(len(self._rates))] or [1.0]
        low = min(-2, math.floor(math.log10(min(values)) + 1e-9))
        return float(low), float(max(1, math.ceil(math.log10(max(values)) - 1e-9)))

    def _box(self) -> QRectF:
        metrics = QFontMetricsF(theme.font(8.5))
        left, below = metrics.horizontalAdvance("× 0.001") + 8, metrics.height() + 6
        return QRectF(left, 8, max(10, self.width() - left - 10), max(10, self.height() - below - 12))

    def position(self, at: int) -> QPointF:
        """Where a block's point is, in pixels."""
        return QPointF(self._x(at), self._y(self._shown.value(at)))

    def _x(self, at: int) -> float:
        box = self._box()
        return box.left() + box.width() * (at + 0.5) / max(1, len(self._shown))

    def _y(self, value: float) -> float:
        box, (low, high) = self._box(), self._range()
        return box.bottom() - box.height() * (math.log10(max(value, 1e-12)) - low) / (high - low)

    def _value(self, y: float) -> float:
        box, (low, high) = self._box(), self._range()
        share = min(1.0, max(0.0, (box.bottom() - y) / box.height()))
        return float(10 ** (low + share * (high - low)))

    def _block_at(self, x: float) -> int:
        box = self._box()
        return min(len(self._shown) - 1, max(0, int((x - box.left()) / box.width() * len(self._shown))))

    def _point_at(self, at: QPointF) -> int | None:
        if not len(self._shown):
            return None
        near = self._block_at(at.x())
        distance = (self.position(near) - at).manhattanLength()
        return near if self._shown.has_point(near) and distance <= theme.px(_GRIP) else None

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not len(self._rates):
            return
        self._shown = self._rates
        point = self._point_at(event.position())
        self.chosen = -1 if point is None else point
        self._whole = point is None
        # the last block's rate does not depend on decay: a hand there takes the one before
        self._dragged = max(0, min(self._block_at(event.position().x()), len(self._rates) - 2)) if point is None else point
        self._offset = event.position().y() - self.position(self._dragged).y()
        self._tell()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is None:
            over = self._point_at(event.position())
            self.setCursor(Qt.CursorShape.SizeVerCursor if over is not None else Qt.CursorShape.ArrowCursor)
            if over is not None:
                QToolTip.showText(event.globalPosition().toPoint(), self._point_words(over), self)
            return
        value = self._value(event.position().y() - self._offset)
        self._shown = self._rates.with_curve(self._dragged, value) if self._whole else self._rates.with_point(self._dragged, value)
        QToolTip.showText(event.globalPosition().toPoint(), self._now(), self)
        self._tell()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None:
            self._dragged = None
            self._give(self._shown, self._now())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._dragged = None
        point = self._point_at(event.position())
        if point is not None:
            self._reset(point)
        elif len(self._rates):
            self._give(self._rates.plain(), self.tr("all blocks at one rate"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape and self._dragged is not None:
            self._dragged, self._shown = None, self._rates
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and len(self._rates):
            self._choose(1 if key == Qt.Key.Key_Right else -1)
        elif key == Qt.Key.Key_Home:
            self.chosen = -1
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and len(self._rates):
            self._nudge(1 if key == Qt.Key.Key_Up else -1)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and len(self._rates):
            self._reset(self.chosen)
        else:
            super().keyPressEvent(event)
            return
        self._tell()
        self.update()

    def _choose(self, step: int) -> None:
        """The next block that has a point; before the first, the whole curve."""
        at = self.chosen + step
        while 0 <= at < len(self._rates) and not self._rates.has_point(at):
            at += step
        if at < len(self._rates):
            self.chosen = max(-1, at)

    def _nudge(self, step: int) -> None:
        if self.chosen < 0:
            self._give(self._rates.with_decay(self._rates.optimizer.layer_decay + step * _DECAY_STEP), self.tr("change layer-wise decay"))
        else:
            words = self.tr("change the rate of %1").replace("%1", self._rates.title(self.chosen))
            self._give(self._rates.with_point(self.chosen, self._rates.value(self.chosen) * _STEP**step), words)

    def _reset(self, at: int) -> None:
        if at < 0:
            self._give(self._rates.with_decay(1.0), self.tr("no layer-wise decay"))
        else:
            self._give(self._rates.without_point(at), self.tr("rate of %1 as around it").replace("%1", self._rates.title(at)))

    def _now(self) -> str:
        if self._whole:
            return self.tr("layer-wise decay %1").replace("%1", f"{self._shown.optimizer.layer_decay:g}")
        at = max(0, self.chosen)
        return self.tr("rate of %1 × %2").replace("%1", self._shown.title(at)).replace("%2", f"{self._shown.value(at):.3g}")

    def _give(self, rates: DepthRates, words: str) -> None:
        self._shown = rates
        if rates.changes() != self._rates.changes():
            self.given.emit(rates, words)
        self.update()

    # looks

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(8.5))
        box, (low, high) = self._box(), self._range()
        for exponent in range(int(low), int(high) + 1):
            y = self._y(10.0**exponent)
            painter.setPen(QPen(colour("control" if exponent == 0 else "line"), 1))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(colour("muted"))
            beside = QRectF(0, y - 10, box.left() - 6, 20)
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"× {10.0**exponent:g}")
        below = QRectF(box.left(), box.bottom() + 5, box.width(), painter.fontMetrics().height())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, self.tr("first block"))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, self.tr("last block"))
        points = [self.position(at) for at in range(len(self._shown))]
        painter.setPen(QPen(colour("accent" if self.hasFocus() and self.chosen < 0 else "muted"), 1.75))
        painter.drawPolyline(QPolygonF(points))
        radius = min(theme.px(5), box.width() / max(1, len(points)) * 0.42)
        for at, point in enumerate(points):
            if self._shown.has_point(at):
                self._point(painter, at, point, radius)
        if self.hasFocus():
            painter.setPen(QPen(colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _point(self, painter: QPainter, at: int, point: QPointF, radius: float) -> None:
        """Filled: it learns; hollow: it is frozen; square: it has a multiplier of its own; with a ring: keys move it."""
        rests = self._rests(at)
        tone = colour("frozen" if rests else "trainable")
        painter.setPen(QPen(tone, 1.5))
        painter.setBrush(colour("surface") if rests else tone)
        if self._shown.own(at):
            painter.drawRect(QRectF(point.x() - radius * 0.9, point.y() - radius * 0.9, radius * 1.8, radius * 1.8))
        else:
            painter.drawEllipse(point, radius, radius)
        if at == self.chosen and self.hasFocus():
            painter.setPen(QPen(colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(point, radius + 4, radius + 4)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(TALL))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(theme.px(TALL))
        self.update()
