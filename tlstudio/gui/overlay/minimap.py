"""Where in the picture one is: the whole of it small, with a frame around what the canvas shows."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.overlay.canvas import OverlayCanvas
from tlstudio.gui.overlay.paint import image_of

LARGEST = 160
"""Longer side at text scale 1."""
_RADIUS = 6.0


class Minimap(QWidget):
    """objectName overlayMinimap. Shows itself while a part of the picture is outside the canvas; a click or a drag goes there."""

    def __init__(self, canvas: OverlayCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("overlayMinimap")
        self._canvas = canvas
        self._small: QImage | None = None
        self._allowed, self._dragging = True, False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Where in the picture you are"))
        self.setToolTip(self.tr("The whole picture; click or drag to go somewhere else in it"))
        canvas.picture_shown.connect(self._renew)
        canvas.view_changed.connect(self._follow)
        self._renew()

    def sizeHint(self) -> QSize:
        width, height = self._canvas.view.picture
        scale = theme.px(LARGEST) / max(width, height)
        return QSize(max(24, round(width * scale)), max(24, round(height * scale)))

    def _renew(self) -> None:
        self._small = None
        self.resize(self.sizeHint())
        self.updateGeometry()
        self._follow()

    def setVisible(self, visible: bool) -> None:
        """Whether it may be seen; it is only while there is somewhere to go."""
        self._allowed = visible
        super().setVisible(visible and self._canvas.picture is not None and self._canvas.view.overflows)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._small = None

    def _follow(self) -> None:
        self.setVisible(self._allowed)
        self.update()

    def _image(self) -> QImage | None:
        picture = self._canvas.picture
        if self._small is None and picture is not None and not picture.image.isNull():
            ratio = self.devicePixelRatioF()
            size = QSize(round(self.width() * ratio), round(self.height() * ratio))
            level = next((one for one in reversed(picture.pyramid.levels) if one.shape[1] >= size.width()), picture.pyramid.levels[0])
            # of a picture whose levels are not made yet only every n-th pixel is looked at: all of them would take too long
            step = max(1, level.shape[1] // (2 * size.width()))
            image = image_of(level[::step, ::step].copy(), QImage.Format.Format_RGB32)
            self._small = image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
            self._small.setDevicePixelRatio(ratio)
        return self._small

    def paintEvent(self, event: QPaintEvent) -> None:
        image = self._image()
        if image is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), _RADIUS, _RADIUS)
        painter.setClipPath(shape)
        painter.drawImage(0, 0, image)
        seen = self._seen()
        shade = QPainterPath()
        shade.addRect(QRectF(self.rect()))
        shade.addRect(seen)
        painter.fillPath(shade, QColor(0, 0, 0, 140))
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(255, 255, 255, 90), 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
        for width, tone in ((3.0, QColor(0, 0, 0, 150)), (1.4, QColor("#FFFFFF"))):
            painter.setPen(QPen(tone, width))
            painter.drawRect(seen.adjusted(1.5, 1.5, -1.5, -1.5))

    def _seen(self) -> QRectF:
        """What the canvas shows, on this widget; never too small to be found."""
        width, height = self._canvas.view.picture
        across, down = self.width() / width, self.height() / height
        seen = self._canvas.visible()
        out = QRectF(seen.x() * across, seen.y() * down, seen.width() * across, seen.height() * down)
        middle = out.center()
        out.setSize(out.size().expandedTo(QSize(6, 6).toSizeF()))
        out.moveCenter(middle)
        return out

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._go(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = False

    def _go(self, at: QPointF) -> None:
        width, height = self._canvas.view.picture
        self._canvas.centre_on(at.x() * width / max(1, self.width()), at.y() * height / max(1, self.height()))
