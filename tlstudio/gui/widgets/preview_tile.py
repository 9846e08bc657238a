"""One preview picture; dim while a newer one is being drawn."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from tlstudio.gui.widgets.parts import colour


class PreviewTile(QWidget):
    """A square of `side` logical pixels."""

    def __init__(self, side: int, name: str) -> None:
        super().__init__()
        self._side, self._image, self._dim = side, QImage(), False
        self.setFixedSize(side, side)
        self.setAccessibleName(name)

    def show_image(self, image: QImage) -> None:
        self._image, self._dim = image, False
        self.update()

    def set_side(self, side: int) -> None:
        if side != self._side:
            self._side = side
            self.setFixedSize(side, side)

    def dim(self, dim: bool) -> None:
        if dim != self._dim:
            self._dim = dim
            self.update()

    @property
    def image(self) -> QImage:
        return self._image

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(box, 4, 4)
        painter.fillPath(shape, colour("raised"))
        if self._image.isNull():
            return
        painter.setClipPath(shape)
        painter.setOpacity(0.45 if self._dim else 1.0)
        wanted = self.size() * self.devicePixelRatioF()
        # QPainter alone halves badly: from 224 to 72 it would skip pixels
        small = self._image.scaled(wanted, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        size = small.size() / self.devicePixelRatioF()
        inside = QRectF(0, 0, size.width(), size.height())
        inside.moveCenter(box.center())
        painter.drawImage(inside, small)
