"""The handle of the swipe: a line from top to bottom with a knob, dragged or moved with the keys; what is on each side stands beside it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour

WIDE = 44  # what can be caught
_KNOB = 18
_STEPS = {Qt.Key.Key_Left: -0.01, Qt.Key.Key_Right: 0.01, Qt.Key.Key_PageDown: -0.1, Qt.Key.Key_PageUp: 0.1}


class SwipeHandle(QWidget):
    """objectName swipeHandle. Lies on its parent over the whole height, its middle at the share `at` of the width."""

    moved = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._on = parent
        self.setObjectName("swipeHandle")
        self.at = 0.5
        self._caught: float | None = None  # how far from the line it was caught
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setAccessibleName(self.tr("Swipe between prediction and truth"))
        self.setToolTip(self.tr("Drag, or press Left and Right: prediction on the left, truth on the right"))
        self.hide()

    def place(self, at: float) -> None:
        """Put it at that share of the parent's width."""
        self.at = min(1.0, max(0.0, at))
        self.setGeometry(round(self.at * self._on.width()) - WIDE // 2, 0, WIDE, self._on.height())
        self.setAccessibleDescription(f"{self.at:.0%}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._caught = event.position().x() - WIDE / 2
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._caught is not None:
            self._move((self.x() + event.position().x() - self._caught) / max(1, self._on.width()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._caught = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEPS:
            self._move(self.at + _STEPS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move(float(key == Qt.Key.Key_End))
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        # a shortcut of the page (Left: the picture before) would else come first
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and Qt.Key(event.key()) in _STEPS:
            event.accept()
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, middle = WIDE / 2, round(self.height() / 2)
        for width, tone in ((4, QColor(0, 0, 0, 110)), (2, QColor("#FFFFFF"))):
            painter.fillRect(QRectF(x - width / 2, 0, width, self.height()), tone)
        painter.setPen(QPen(colour("accent"), 3) if self.hasFocus() else QPen(QColor(0, 0, 0, 60), 1))
        painter.setBrush(QColor("#FFFFFF"))
        painter.drawEllipse(QPointF(x, middle), _KNOB, _KNOB)
        painter.setPen(QPen(QColor("#1A1E24"), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        for way in (-1, 1):
            painter.drawPolyline([QPointF(x + way * 5, middle - 5), QPointF(x + way * 10, middle), QPointF(x + way * 5, middle + 5)])

    def _move(self, at: float) -> None:
        at = min(1.0, max(0.0, at))
        if at != self.at:
            self.place(at)
            self.moved.emit(at)


def paint_sides(painter: QPainter, x: float, top: float, left: str, right: str) -> None:
    """What is on either side of the line at x, as words on dark plates."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(theme.font(9, bold=True))
    for text, before in ((left, True), (right, False)):
        size = QSize(painter.fontMetrics().horizontalAdvance(text) + 20, theme.px(26))
        box = QRectF(x - size.width() - 12 if before else x + 12, top, size.width(), size.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(11, 14, 18, 215))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(QColor("#FFFFFF"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
