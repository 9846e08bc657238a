"""The mark of a class beside its name: its colour, striped where the mask is striped."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay.picture import ClassLook

STRIPES = QColor(16, 20, 26, 170)
_STEP = 6


def paint_swatch(painter: QPainter, box: QRectF, colour: QColor, direction: int = 0) -> None:
    """direction of the stripes: 0 none, 1 rising, -1 falling."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRoundedRect(box, 3, 3)
    painter.setClipPath(path, Qt.ClipOperation.IntersectClip)
    painter.fillRect(box, colour)
    if direction:
        painter.setPen(QPen(STRIPES, 2))
        height = box.height() + 2
        x = box.left() - height
        while x < box.right() + height:
            low, high = (x, x + height) if direction > 0 else (x + height, x)
            painter.drawLine(QPointF(low, box.bottom() + 1), QPointF(high, box.top() - 1))
            x += _STEP
    painter.restore()


class SwatchMark(QWidget):
    """A swatch as a widget. direction as in `paint_swatch`."""

    def __init__(self, width: int = 14) -> None:
        super().__init__()
        self._width = width
        self._colour, self._direction = QColor(), 0

    def show_colour(self, colour: QColor, direction: int = 0) -> None:
        self._colour, self._direction = colour, direction
        self.update()

    def show_class(self, look: ClassLook | None) -> None:
        """None: no class, and nothing is drawn."""
        self.show_colour(look.colour if look is not None else QColor(), int(look is not None and look.hatched))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(self._width), theme.px(14))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._colour.isValid():
            side = theme.px(14)
            box = QRectF(0, (self.height() - side) / 2, theme.px(self._width), side)
            painter = QPainter(self)
            paint_swatch(painter, box, self._colour, self._direction)
            painter.end()
