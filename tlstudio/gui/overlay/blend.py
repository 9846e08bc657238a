"""Opacity without painting anew. What is on the screen is linear in the opacity, from none to a half and from a half to all of it;
so two finished images, one drawn over the other, give every opacity between, in the least time that drawing can take.

Opacity o of a fill with alpha a: out = image + o a (colour - image). The ink above it is as strong as it can be from a half on; below,
what there is at a half fades away.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage, QPainter

from tlstudio.gui.overlay.view import View

HALF = 0.5
Key = tuple[object, View | None, float, bool]
"""What two ends were made for: tiles, view, place of the swipe, and whether they are those of the upper half."""


def upper(opacity: float) -> bool:
    """In which of the two halves an opacity lies."""
    return opacity >= HALF


@dataclass(frozen=True)
class Ends:
    """A part of the plane from `corner` on, at the low and at the high end of a half of the opacities. Opaque images."""

    key: Key
    corner: QPoint
    low: QImage
    high: QImage

    def draw(self, painter: QPainter, corner: QPoint, part: QRect, opacity: float) -> None:
        """That part of the plane, whose corner lies there on the painter's device."""
        source = part.translated(-self.corner)
        painter.save()
        painter.drawImage(corner + part.topLeft(), self.low, source)
        painter.setOpacity(opacity if self.key[-1] else opacity / HALF)
        painter.drawImage(corner + part.topLeft(), self.high, source)
        painter.restore()
