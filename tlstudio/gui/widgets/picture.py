"""A picture of a file, decoded in a thread: fills its box (cut evenly) or stands in it whole; says so where it cannot be read."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from tlstudio.gui import theme
from tlstudio.gui.mask_blend import Mask
from tlstudio.gui.widgets import thumbnails
from tlstudio.gui.widgets.parts import TIGHT, colour, icon

STEP = 64  # sides asked for are whole multiples, so that a window being resized does not decode at every pixel


class Picture(QWidget):
    """fill: cut to the box; else whole. Where it opens something (`opens`) it takes the focus, and a click or Enter is told."""

    clicked = Signal()

    def __init__(self, *, fill: bool = True, opens: bool = False, least: int = 48) -> None:
        super().__init__()
        self.path = ""
        self.over: Mask | None = None
        self._before: tuple[str, QPixmap] | None = None  # stands until the same picture is there with another mask
        self._fill, self._opens, self._least = fill, opens, least
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        if opens:
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        thumbnails.shared().loaded.connect(self.update)

    def show_file(self, path: str, mask: Mask | None = None) -> None:
        """path: absolute, or "" for none. mask: what is laid over it."""
        if (path, mask) != (self.path, self.over):
            self.path, self.over = path, mask
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(120), theme.px(120))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._least, self._least)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.path:
            return
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect())
        side = -(-max(self.width(), self.height()) // STEP) * STEP
        ratio, loader = self.devicePixelRatioF(), thumbnails.shared()
        drawn = loader.pixmap(self.path, side, ratio, square=self._fill, mask=self.over)
        failed = drawn is None and loader.failed(self.path, side, ratio, square=self._fill, mask=self.over)
        if drawn is None and not failed and self._before is not None and self._before[0] == self.path:
            drawn = self._before[1]
        if drawn is None:
            self._absent(painter, box, failed)
        else:
            self._before = self.path, drawn
            wide, tall = drawn.width(), drawn.height()
            scale = (max if self._fill else min)(box.width() / wide, box.height() / tall)
            if not self._fill:
                scale = min(scale, 4 / ratio)  # a tiny picture is not blown up beyond recognition
            target = QRectF(0, 0, wide * scale, tall * scale)
            target.moveCenter(box.center())
            clip = QPainterPath()
            clip.addRoundedRect(target.intersected(box), 6, 6)
            painter.setClipPath(clip)
            painter.drawPixmap(target, drawn, QRectF(drawn.rect()))
            painter.setClipping(False)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour("surface"), 5))
            painter.drawRoundedRect(box.adjusted(2, 2, -2, -2), 6, 6)
            painter.setPen(QPen(colour("accent"), 3))
            painter.drawRoundedRect(box.adjusted(1.5, 1.5, -1.5, -1.5), 6, 6)
        painter.end()

    def _absent(self, painter: QPainter, box: QRectF, failed: bool) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("raised"))
        painter.drawRoundedRect(box, 6, 6)
        centre = box.center().toPoint()
        icon("image-square" if not failed else "warning", "muted").paint(painter, centre.x() - 12, centre.y() - 24, 24, 24)
        if failed:
            painter.setPen(colour("muted"))
            painter.setFont(theme.font(9))
            below = QRectF(box.left() + TIGHT, centre.y() + 6, box.width() - 2 * TIGHT, box.bottom() - centre.y() - 6)
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(below, flags, self.tr("This file cannot be shown"))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._opens and event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._opens and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)
