"""A stroke of the brush: of the tiles in sight only the rectangle that it changed is made and painted anew."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from tlstudio.gui.overlay.colour_tables import Pixels, Table
from tlstudio.gui.overlay.layers import Layer, Painted
from tlstudio.gui.overlay.paint import colour, image_of, pixels_of

_REACH = 2
"""Pixels of the picture: how far one spreads, and some rounding."""
_LARGE = 0.5
"""Share of a tile from which on all of it is as quickly made."""


def changed_part(rect: QRect, zoom: float) -> QRect:
    """Where on the plane a change of that rectangle of the picture may be seen, rims aside."""
    left, top = (math.floor((at - _REACH) * zoom) - 1 for at in (rect.x(), rect.y()))
    right, bottom = (math.ceil((end + _REACH) * zoom) + 1 for end in (rect.x() + rect.width(), rect.y() + rect.height()))
    return QRect(left, top, right - left, bottom - top)


def worth_mending(layer: Layer, part: QRect) -> bool:
    """part: of the tile."""
    small = part.width() * part.height() < _LARGE * layer.size[0] * layer.size[1]
    return small and layer.painted is not None and not isinstance(layer.codes, int)


def mend(layer: Layer, piece: Layer, corner: tuple[int, int], place: tuple[int, int], ratio: float, *, filled: bool) -> bool:
    """Paint a new piece over a painted layer, which is `stale` from then on; False where that cannot be, and nothing was done.

    corner: of the piece in the tile; place: of the piece in the plane; ratio, filled: as for `paint.colour`.
    """
    painted = layer.painted
    if painted is None or not isinstance(painted.table, Table):
        return False
    fill, ink = colour(piece, painted.table, place, ratio, filled=filled)
    if (painted.fill is None and fill is not None) or (painted.ink is None and ink is not None):
        return False
    new = [_pasted(old, part, corner, piece.size) for old, part in ((painted.fill, fill), (painted.ink, ink))]
    layer.painted, layer.stale = Painted(painted.table, new[0], new[1]), True
    return True


def _pasted(image: QImage | None, part: QImage | None, corner: tuple[int, int], size: tuple[int, int]) -> QImage | None:
    """part: None is nothing at all."""
    if image is None:
        return None
    pixels, (x, y), (height, width) = pixels_of(image), corner, size
    pixels[y : y + height, x : x + width] = 0 if part is None else _seen(part)
    opaque = part is not None and not part.hasAlphaChannel()
    return image if image.hasAlphaChannel() or opaque else image_of(pixels)


def _seen(image: QImage) -> Pixels:
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
