"""Train, validation and test as parts of one bar; the borders between them are dragged, or moved with the arrow keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from tlstudio.gui.widgets.parts import colour

LEAST_TRAIN, MOST_HELD_OUT = 0.1, 0.9
ROLES = ("accent", "trainable", "frozen")  # train, validation, test
_HEIGHT, _THICK, _GRIP = 32, 8, (12, 20)


class SplitBar(QWidget):
    """Shares of train, validation and test, which sum to 1. `moved(val, test)` is emitted while a border is moved, in steps of 0.01.

    `show_shares(..., movable=())` shows a split that is given; ("val",) lets only the border between train and validation move.
    """

    moved = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(_HEIGHT)
        self.val, self.test = 0.2, 0.1
        self._room = MOST_HELD_OUT
        self.handles = (
            _Handle(self, self.tr("Border between train and validation"), 0),
            _Handle(self, self.tr("Border between validation and test"), 1),
        )

    def show_shares(self, val: float, test: float, movable: tuple[str, ...] = ("val", "test")) -> None:
        self.val, self.test = val, test
        self._room = MOST_HELD_OUT if "test" in movable else test + MOST_HELD_OUT * (1 - test)
        for handle, name in zip(self.handles, ("val", "test"), strict=True):
            handle.setVisible(name in movable)
        self._place()
        self.setAccessibleDescription(f"{1 - val - test:.0%}, {val:.0%}, {test:.0%}")
        self.update()

    def move_border(self, which: int, to: float) -> None:
        """Move border 0 (train | validation) or 1 (validation | test) to that share of the width, as far as is allowed."""
        if which == 0:
            held_out = min(max(round(1 - to, 2), self.test), self._room)
            val, test = held_out - self.test, self.test
        else:
            test = min(max(round(1 - to, 2), 0.0), self.val + self.test)
            val = self.val + self.test - test
        val, test = round(val, 4), round(test, 4)
        if (val, test) != (self.val, self.test):
            self.val, self.test = val, test
            self._place()
            self.update()
            self.moved.emit(val, test)

    def border(self, which: int) -> float:
        return 1 - self.val - self.test if which == 0 else 1 - self.test

    def _place(self) -> None:
        last = self.width() - _GRIP[0]
        places = [min(max(0, round(self.border(i) * self.width() - _GRIP[0] / 2)), last) for i in (0, 1)]
        if places[1] - places[0] < _GRIP[0] and self.handles[1].isVisibleTo(self):  # side by side where a part is empty
            places[1] = min(places[0] + _GRIP[0], last)
            places[0] = places[1] - _GRIP[0]
        for handle, x in zip(self.handles, places, strict=True):
            handle.move(x, (_HEIGHT - _GRIP[1]) // 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        left, width = 0.0, float(self.width())
        for share, role in zip((1 - self.val - self.test, self.val, self.test), ROLES, strict=True):
            if share > 0.001:
                painter.setBrush(colour(role))
                painter.drawRoundedRect(QRectF(left + 1, (_HEIGHT - _THICK) / 2, max(2.0, width * share - 2), _THICK), 3, 3)
            left += width * share


class _Handle(QWidget):
    """One border: drag it, or focus it and use the arrow keys (1 %), Page Up and Down (5 %), Home and End."""

    def __init__(self, bar: SplitBar, name: str, which: int) -> None:
        super().__init__(bar)
        self._bar, self._which = bar, which
        self.setFixedSize(*_GRIP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setObjectName(("valBorder", "testBorder")[which])
        self.setAccessibleName(name)
        self.setToolTip(self.tr("%1: drag it, or use the arrow keys").replace("%1", name))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._bar.move_border(self._which, self.mapToParent(event.position()).x() / max(1, self._bar.width()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        at, key = self._bar.border(self._which), Qt.Key
        steps = {key.Key_Left: -0.01, key.Key_Down: -0.01, key.Key_Right: 0.01, key.Key_Up: 0.01}
        steps |= {key.Key_PageDown: -0.05, key.Key_PageUp: 0.05, key.Key_Home: -1.0, key.Key_End: 1.0}
        step = steps.get(key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._bar.move_border(self._which, at + step)

    def focusInEvent(self, event: QEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(colour("surface"))
        painter.setPen(QPen(QColor(colour("accent" if self.hasFocus() else "muted")), 2 if self.hasFocus() else 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.setPen(QPen(colour("muted"), 1))
        painter.drawLine(QPointF(6, 6), QPointF(6, 14))
