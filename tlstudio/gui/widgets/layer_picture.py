"""A quiet picture of what a network is: its blocks in a row, those that rest cold, the head warm."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tlstudio.gui.widgets.leaf_tiles import HEIGHT
from tlstudio.gui.widgets.parts import colour

# side of the feature map and channels after the stem and each of the seven stages of EfficientNet-Lite0, its last convolution, the head
_BLOCKS = ((112, 32), (112, 16), (56, 24), (28, 40), (14, 80), (14, 112), (7, 192), (7, 320), (7, 1280), (1, 1000))


class LayerPicture(QWidget):
    """Height: the side of the feature map; width: its channels, both on a logarithmic scale."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        text = self.tr("The blocks of EfficientNet-Lite0: as high as their feature maps are large, as wide as they have channels")
        self.setToolTip(text)
        self.setAccessibleName(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour("raised"), 0))
        painter.setBrush(colour("raised"))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        widths = [math.log2(channels) for _, channels in _BLOCKS]
        gap, room = 5.0, self.width() - 32
        unit = (room - gap * (len(_BLOCKS) - 1)) / sum(widths)
        middle = self.height() / 2
        painter.setPen(QPen(colour("control"), 1.5))
        painter.drawLine(QPointF(8, middle), QPointF(self.width() - 8, middle))
        x = 16.0
        for i, ((side, _), width) in enumerate(zip(_BLOCKS, widths, strict=True)):
            high = 10 + 78 * math.log2(side + 1) / math.log2(113)
            last = i == len(_BLOCKS) - 1
            tone = colour("trainable" if last else "frozen")
            fill = QColor(tone)
            fill.setAlpha(90 if last else 45)
            box = QRectF(x, middle - high / 2, width * unit, high)
            painter.setPen(QPen(colour("surface"), 3))
            painter.setBrush(colour("surface"))
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(QPen(tone, 1.5))
            painter.setBrush(fill)
            painter.drawRoundedRect(box, 3, 3)
            x += width * unit + gap
        painter.end()
