"""How a thumbnail is painted: round corners; a quiet plate while it loads; a mark where the file cannot be read."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from tlstudio.gui.mask_blend import Mask
from tlstudio.gui.widgets import thumbnails
from tlstudio.gui.widgets.parts import colour, icon

ROUND = 4


def paint_thumbnail(painter: QPainter, box: QRect, path: str, ratio: float, *, broken: str = "file-x", mask: Mask | None = None) -> None:
    """The picture of that file, its mask over it, cut to the square box. broken: the icon of what cannot be shown."""
    loader = thumbnails.shared()
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(box), ROUND, ROUND)
    pixmap = loader.pixmap(path, box.width(), ratio, mask=mask)
    if pixmap is not None:
        painter.save()
        painter.setClipPath(shape, Qt.ClipOperation.IntersectClip)
        painter.drawPixmap(box, pixmap)
        painter.restore()
        return
    painter.fillPath(shape, colour("raised"))
    if loader.failed(path, box.width(), ratio, mask=mask):
        size = min(24, box.width() // 2)
        icon(broken, "muted").paint(painter, QRect(box.center().x() - size // 2, box.center().y() - size // 2, size, size))
