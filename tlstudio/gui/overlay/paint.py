"""Colours on layers. All that a look says about classes becomes a table of 256 entries; painting a tile is looking up in it.

A tile has two images, premultiplied: the fill, drawn with the opacity that the user chose, and the ink above it (rims and
stripes), which stays readable down to an opacity of a half and fades only below (see blend.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from tlstudio.gui.overlay.layers import FALSE_ALARM, MISSED, NOTHING, RIGHT, Layer
from tlstudio.gui.overlay.picture import Look
from tlstudio.gui.overlay.viridis import viridis

Pixels = NDArray[np.uint32]

FOUND_COLOUR, FALSE_COLOUR, MISSED_COLOUR = QColor("#009E73"), QColor("#D55E00"), QColor("#56B4E9")
UNKNOWN_COLOUR = QColor("#8C949E")
"""Of labels that no class is named for."""
RIM, STRIPE = 0.9, 0.62
RISING, FALLING = 1, 2
"""Directions of stripes: / and \\."""
PERIOD, WIDTH = 8.0, 2.6
"""Of stripes, along a row, in screen pixels at a device pixel ratio of 1."""
_STRIPE_COLOUR = QColor("#10141A")
_OPAQUE, _CLEAR = QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied  # the former is drawn in half the time


@dataclass(frozen=True, eq=False)
class Table:
    """fill, rim: (256,) uint32, premultiplied. stripes: (256,) uint8, a number in `kinds`, 0 for none. kinds: (direction, opacity)."""

    fill: Pixels
    rim: Pixels
    stripes: NDArray[np.uint8]
    kinds: tuple[tuple[int, float], ...] = ((0, 0.0),)


def premultiplied(colour: QColor, alpha: float) -> int:
    """0xAARRGGBB as QImage keeps it, alpha 0..1."""
    a = round(255 * min(1.0, max(0.0, alpha)))
    red, green, blue = ((channel * a + 127) // 255 for channel in (colour.red(), colour.green(), colour.blue()))
    return a << 24 | red << 16 | green << 8 | blue


class _Making:
    def __init__(self) -> None:
        self.fill, self.rim = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
        self.stripes = np.zeros(256, np.uint8)
        self.kinds: list[tuple[int, float]] = [(0, 0.0)]

    def put(self, code: int, colour: QColor, alpha: float, rim: float, direction: int = 0) -> None:
        self.fill[code], self.rim[code] = premultiplied(colour, alpha), premultiplied(colour, rim * alpha)
        if direction and alpha > 0:
            kind = (direction, round(alpha, 3))
            if kind not in self.kinds:
                self.kinds.append(kind)
            self.stripes[code] = self.kinds.index(kind)

    def table(self) -> Table:
        return Table(self.fill, self.rim, self.stripes, tuple(self.kinds))


def class_table(look: Look, rim: float = RIM) -> Table:
    """Codes are labels. Labels beyond the classes are grey, so that a mask with more of them than we know is still seen."""
    out = _Making()
    if look.solo is None:
        out.fill[:NOTHING], out.rim[:NOTHING] = premultiplied(UNKNOWN_COLOUR, 1.0), premultiplied(UNKNOWN_COLOUR, rim)
    for label, one in enumerate(look.classes[:NOTHING]):
        out.put(label, one.colour, one.opacity if look.shows(label) else 0.0, rim, RISING if one.hatched else 0)
    return out.table()


def difference_table(solo: bool) -> Table:
    """Codes RIGHT, FALSE_ALARM, MISSED. Over all classes most is right; there it stands back, so that mistakes are seen."""
    out = _Making()
    out.put(RIGHT, FOUND_COLOUR, 1.0 if solo else 0.25, RIM if solo else 0.0)
    out.put(FALSE_ALARM, FALSE_COLOUR, 1.0, RIM, RISING)
    out.put(MISSED, MISSED_COLOUR, 1.0, RIM, FALLING)
    return out.table()


def heat_table() -> Table:
    """Codes are values, 0..255 from dark to bright."""
    red, green, blue = (viridis()[:, i].astype(np.uint32) for i in range(3))
    fill = (np.uint32(0xFF000000) | red << 16 | green << 8 | blue).astype(np.uint32)
    return Table(fill, np.zeros(256, np.uint32), np.zeros(256, np.uint8))


def colour(layer: Layer, table: Table, place: tuple[int, int], ratio: float, *, filled: bool = True) -> tuple[QImage | None, QImage | None]:
    """(fill, ink) of a tile, None where nothing is to be drawn. place: of its corner in the plane, so that stripes go on from tile to tile.

    ratio: screen pixels per pixel of the desktop. filled: False leaves the fill and the stripes away (contours).
    """
    if layer.painted is not None and layer.painted[0] is table:
        return layer.painted[1:]
    fill = _fill(layer, table) if filled else None
    layer.painted = (table, fill, _ink(layer, table, place, ratio, filled))
    return layer.painted[1:]


def _fill(layer: Layer, table: Table) -> QImage | None:
    height, width = layer.size
    if isinstance(layer.codes, int):
        value = int(table.fill[layer.codes])
        if not value:
            return None
        image = QImage(width, height, _OPAQUE if value >> 24 == 255 else _CLEAR)
        image.fill(value)
        return image
    out = table.fill.take(layer.codes, mode="wrap")
    out.ravel()[layer.mixed_at] = _mean(table.fill.take(layer.mixed))
    return image_of(out, _OPAQUE if int(out.min()) >> 24 == 255 else _CLEAR)


def _ink(layer: Layer, table: Table, place: tuple[int, int], ratio: float, striped: bool) -> QImage | None:
    out = _striped(layer, table, place, ratio) if striped and len(table.kinds) > 1 else None
    if len(layer.rim_at):
        rims = _mean(table.rim.take(layer.rim))
        if out is None:
            out = np.zeros(layer.size, np.uint32)
            out.ravel()[layer.rim_at] = rims
        else:
            flat = out.ravel()
            flat[layer.rim_at] = _over(rims, flat[layer.rim_at])
    return None if out is None else image_of(out)


def _striped(layer: Layer, table: Table, place: tuple[int, int], ratio: float) -> Pixels | None:
    """The stripes of a tile, None where there are none."""
    out: Pixels | None = None
    for kind, (direction, opacity) in list(enumerate(table.kinds))[1:]:
        own = table.stripes == kind
        if isinstance(layer.codes, int):
            if own[layer.codes]:
                return stripes(direction, opacity, ratio, place, layer.size)
            continue
        part = np.where(own, np.uint32(0xFFFFFFFF), np.uint32(0)).take(layer.codes, mode="wrap")
        part &= stripes(direction, opacity, ratio, place, layer.size)
        out = part if out is None else out | part
    return out if out is not None and out.any() else None


def _mean(colours: Pixels) -> Pixels:
    """Of the samples (1 or 4, n), each channel for itself; exact to the nearest number."""
    if len(colours) == 1:
        one: Pixels = colours[0]
        return one
    high: Pixels = ((colours >> np.uint32(2)) & np.uint32(0x3F3F3F3F)).sum(0, dtype=np.uint32)
    low = ((colours & np.uint32(0x03030303)).sum(0, dtype=np.uint32) + np.uint32(0x02020202)) >> np.uint32(2)
    high += low & np.uint32(0x03030303)
    return high


def _over(above: Pixels, below: Pixels) -> Pixels:
    """One premultiplied colour on another; two channels at a time, rounded as Qt does (x / 255 as (x + x / 256 + 128) / 256)."""
    left = np.uint32(255) - (above >> np.uint32(24))
    out = above.copy()
    for shift in (np.uint32(0), np.uint32(8)):
        two = ((below >> shift) & np.uint32(0x00FF00FF)) * left
        two = (two + ((two >> np.uint32(8)) & np.uint32(0x00FF00FF)) + np.uint32(0x00800080)) >> np.uint32(8)
        out += (two & np.uint32(0x00FF00FF)) << shift
    return out


@lru_cache(maxsize=32)
def _stripe_tile(direction: int, opacity: float, ratio: float, phase: int, size: tuple[int, int]) -> Pixels:
    period, width = PERIOD * ratio, WIDTH * ratio
    y, x = np.indices(size)
    across = (x + y if direction == RISING else x - y) + phase
    off = np.abs((across + 0.5) % period - period / 2)  # from the middle of a stripe, in pixels along a row
    cover = np.clip((width / 2 - off) + 0.5, 0, 1)
    table = np.array([premultiplied(_STRIPE_COLOUR, STRIPE * opacity * step / 255) for step in range(256)], np.uint32)
    out: Pixels = table[np.round(255 * cover).astype(np.intp)]
    return out


def stripes(direction: int, opacity: float, ratio: float, place: tuple[int, int], size: tuple[int, int]) -> Pixels:
    """(height, width) of the pattern, from that place of the plane on."""
    period = PERIOD * ratio
    across = place[0] + place[1] if direction == RISING else place[0] - place[1]
    return _stripe_tile(direction, opacity, ratio, round(across % (period * 4)), size)


def image_of(pixels: Pixels, form: QImage.Format = _CLEAR) -> QImage:
    """An image that shows the array's own memory, and keeps it alive."""
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, 4 * width, form)
    image.pixels = pixels  # type: ignore[attr-defined]
    return image
