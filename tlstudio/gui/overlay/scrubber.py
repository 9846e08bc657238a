"""A slider through the frames of a video, drawn as a strip of small pictures of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour

HIGH, LOW = 54, 22
_KNOB, _RIM = 3, 4


class Scrubber(QAbstractSlider):
    """objectName videoScrubber. A press goes there at once. `sought` brings the frame; True while the mouse is still down on it."""

    sought = Signal(int, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("videoScrubber")
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setAccessibleName(self.tr("Place in the video"))
        self.setToolTip(self.tr("Click or drag to a place in the video"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._pictures: list[QPixmap] = []
        self._low = False

    def show_pictures(self, images: Sequence[QImage]) -> None:
        """From the beginning to the end, evenly spread; [] for none."""
        self._pictures = [QPixmap.fromImage(image) for image in images]
        self.update()

    def set_low(self, low: bool) -> None:
        """Whether there is little room."""
        if low != self._low:
            self._low = low
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, (LOW if self._low else HIGH) + 2 * _RIM)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    # hands

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._seek(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._seek(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderDown(False)
            self.sought.emit(self.value(), False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self.maximum(),
            Qt.Key.Key_PageUp: self.value() - self.pageStep(),
            Qt.Key.Key_PageDown: self.value() + self.pageStep(),
        }
        to = keys.get(Qt.Key(event.key()))
        if to is None:
            event.ignore()  # arrows and letters are the page's
            return
        self.setValue(to)
        self.sought.emit(self.value(), False)

    def _seek(self, event: QMouseEvent) -> None:
        box = self._box()
        share = min(1.0, max(0.0, (event.position().x() - box.left()) / max(1, box.width())))
        value = round(share * self.maximum())
        if value != self.value() or not event.buttons():
            self.setValue(value)
            self.sought.emit(value, True)

    # looks

    def _box(self) -> QRect:
        return self.rect().adjusted(_RIM, _RIM, -_RIM, -_RIM)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self.update()

    def sliderChange(self, change: QAbstractSlider.SliderChange) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        box = self._box()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(box), 4, 4)
        painter.fillPath(shape, colour("raised"))
        painter.setClipPath(shape)
        self._paint_pictures(painter, box)
        x = box.left() + round(box.width() * self.value() / max(1, self.maximum()))
        over = colour("surface")
        over.setAlphaF(0.55)
        painter.fillRect(QRect(x, box.top(), box.right() - x + 1, box.height()), over)  # what is still to come
        painter.setClipping(False)
        if self.hasFocus():
            painter.setPen(QPen(colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box).adjusted(-2, -2, 2, 2), 5, 5)
        knob = QRectF(min(max(x, box.left() + 2), box.right() - 1) - _KNOB, 0, 2 * _KNOB, self.height())
        painter.setPen(QPen(colour("surface"), 1.5))
        painter.setBrush(colour("accent"))
        painter.drawRoundedRect(knob, _KNOB, _KNOB)
        painter.end()

    def _paint_pictures(self, painter: QPainter, box: QRect) -> None:
        """As many as fit beside each other, of those that are there."""
        if not self._pictures:
            return
        one = self._pictures[0]
        width = max(8.0, box.height() * one.width() / one.height())
        n = max(1, round(box.width() / width))
        width = box.width() / n
        for k in range(n):
            picture = self._pictures[min(len(self._pictures) - 1, (2 * k + 1) * len(self._pictures) // (2 * n))]
            scale = min(picture.width() / width, picture.height() / box.height())
            cut = QRectF(0, 0, width * scale, box.height() * scale)
            cut.moveCenter(QRectF(picture.rect()).center())
            painter.drawPixmap(QRectF(box.left() + k * width, box.top(), width, box.height()), picture, cut)
