"""Colours on layers. All that a look says about classes is a table of 256 entries; painting a tile is looking up in it.

A tile has two images, premultiplied: the fill, drawn with the opacity that the user chose, and the ink above it (rims and
stripes), which stays readable down to an opacity of a half and fades only below (see blend.py). Another table is looked up in the
memory of the images that are there; where the layer was grouped meanwhile by groups of pixels (see distinct.py), and a tile that has
none of the classes that look otherwise stays as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from tlstudio.gui.overlay.colour_tables import Difference, Pixels, Table
from tlstudio.gui.overlay.layers import Layer, Painted
from tlstudio.gui.overlay.picture import Labels
from tlstudio.gui.overlay.stripes import Under, stripes

_OPAQUE, _CLEAR = QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied  # the former is drawn in half the time
_FOUR = np.dtype("V16")  # four pixels in one piece


def colour(layer: Layer, table: Table, place: tuple[int, int], ratio: float, *, filled: bool = True) -> tuple[QImage | None, QImage | None]:
    """(fill, ink) of a tile, None where nothing is to be drawn. place: of its corner in the plane, so that stripes go on from tile to tile.

    ratio: screen pixels per pixel of the desktop. filled: False leaves the fill and the stripes away (contours). A layer is always
    painted with the same place, ratio and `filled`; the images of the table before are painted over.
    """
    before = layer.painted
    if before is not None and before.table is table:
        return before.fill, before.ink
    old = before.table if before is not None and isinstance(before.table, Table) else None
    difference = table.changed(old) if old is not None else None
    if before is not None and difference is not None and not difference.codes[layer.present].any():
        layer.painted = Painted(table, before.fill, before.ink)
    elif isinstance(layer.codes, int):
        layer.painted = _uniform(layer, layer.codes, table, place, ratio, filled)
    else:
        layer.painted = _Work(layer, layer.codes, table, place, ratio, filled).painted(difference)
    return layer.painted.fill, layer.painted.ink


def _uniform(layer: Layer, code: int, table: Table, place: tuple[int, int], ratio: float, filled: bool) -> Painted:
    """A tile of one code. It has no rims."""
    value, (direction, opacity) = int(table.fill[code]), table.kinds[table.stripes[code]]
    if not (filled and value):
        return Painted(table, None, None)
    height, width = layer.size
    form, before = _OPAQUE if value >> 24 == 255 else _CLEAR, layer.painted
    fill = before.fill if before is not None and before.fill is not None else QImage(width, height, form)
    fill = fill if fill.format() == form else QImage(width, height, form)
    fill.fill(value)
    ink = image_of(np.ascontiguousarray(stripes(direction, opacity, ratio, place, layer.size))) if direction else None
    return Painted(table, fill, ink)


class _Work:
    """Colouring one tile of several codes."""

    def __init__(self, layer: Layer, codes: Labels, table: Table, place: tuple[int, int], ratio: float, filled: bool) -> None:
        self.layer, self.codes, self.table = layer, codes, table
        self.place, self.ratio, self.filled = place, ratio, filled
        self.striped = filled and len(table.kinds) > 1 and bool(table.stripes[layer.present].any())

    def painted(self, difference: Difference | None) -> Painted:
        """difference: from the table that it was painted by, if it was."""
        before = self.layer.painted
        fill, ink = (None, None) if before is None else (before.fill, before.ink)
        if self.filled:
            out = np.empty(self.layer.size, np.uint32) if fill is None else pixels_of(fill)
            form = _OPAQUE if self._fill(out) >> 24 == 255 else _CLEAR
            fill = fill if fill is not None and fill.format() == form else image_of(out, form)
        if not (self.striped or len(self.layer.rim_at)):
            return Painted(self.table, fill, None)
        same = ink is not None and difference is not None and not difference.stripes[self.layer.present].any()
        ink = image_of(np.empty(self.layer.size, np.uint32)) if ink is None else ink
        self._ink(pixels_of(ink), same=same)
        return Painted(self.table, fill, ink)

    def _fill(self, out: Pixels) -> int:
        """The smallest of the colours."""
        lowest = self._look_up(self.table.fill, out)
        if not len(self.layer.mixed_at):
            return lowest
        means = _mean(self.table.fill, self.layer.mixed.codes)
        out.ravel()[self.layer.mixed_at] = self.layer.mixed.spread(means)
        return min(lowest, int(means.min()))

    def _ink(self, out: Pixels, *, same: bool) -> None:
        """same: the stripes, without the rims above them, are what they were."""
        if not same:
            if self.striped:
                self._stripe_all(out)
            else:
                out.fill(0)
        out.ravel()[self.layer.rim_at] = self._rims()

    def _look_up(self, values: Pixels, out: Pixels) -> int:
        """The value of the code of each pixel; the smallest of these values."""
        words = self.layer.words
        if words is None:
            values.take(self.codes, mode="wrap", out=out)
            return int(out.min())
        groups = values.take(words.codes, mode="wrap")
        if words.which is None:
            out.reshape(-1, 4)[:] = groups
        else:
            groups.view(_FOUR).ravel().take(words.which, mode="wrap", out=out.reshape(-1).view(_FOUR))
        return int(groups.min())

    def _stripe_all(self, out: Pixels) -> None:
        for kind, (direction, opacity) in list(enumerate(self.table.kinds))[1:]:
            own = np.where(self.table.stripes == kind, np.uint32(0xFFFFFFFF), np.uint32(0))
            part = out if kind == 1 else np.empty_like(out)
            self._look_up(own, part)
            part &= stripes(direction, opacity, self.ratio, self.place, self.layer.size)
            if kind > 1:
                out |= part

    def _rims(self) -> Pixels:
        """The colours at `rim_at`: of rims, above the stripes that they lie on."""
        rim = self.layer.rim
        colours = _mean(self.table.rim, rim.codes)
        if not self.striped:
            return rim.spread(colours)
        if self.layer.under is None:
            self.layer.under = Under(self.codes, self.layer.rim_at, self.place, self.ratio)
        which, below = self.layer.under.stripes(self.table)
        if rim.which is None or len(colours) * len(below) > len(which):
            return _over(rim.spread(colours), below.take(which, mode="wrap"))
        each = _over(colours.repeat(len(below)), np.tile(below, len(colours)))
        return each.take(rim.which * len(below) + which, mode="wrap")


_LANES = np.uint64(0x00FF00FF00FF00FF)
"""A colour with 16 bits a channel, so that all four are counted at once."""


def _wide(colours: Pixels) -> NDArray[np.uint64]:
    return colours.view(np.uint8).astype(np.uint16).view(np.uint64)


def _narrow(wide: NDArray[np.uint64]) -> Pixels:
    return wide.view(np.uint16).astype(np.uint8).view(np.uint32)


def _mean(table: Pixels, groups: Labels) -> Pixels:
    """(u,): of the colours of codes (u, 1 or 4), each channel for itself; exact to the nearest number."""
    if groups.shape[1] == 1:
        one: Pixels = table.take(groups[:, 0], mode="wrap")
        return one
    wide = _wide(table).take(groups, mode="wrap")
    out: NDArray[np.uint64] = wide[:, 0] + wide[:, 1]
    out += wide[:, 2]
    out += wide[:, 3]
    out += np.uint64(0x0002000200020002)
    out >>= np.uint64(2)
    out &= _LANES
    return _narrow(out)


def _over(above: Pixels, below: Pixels) -> Pixels:
    """One premultiplied colour on another, rounded as Qt does (x / 255 as (x + x / 256 + 128) / 256)."""
    out = _wide(below)
    out *= np.uint64(255) - (above >> np.uint32(24))
    out += (out >> np.uint64(8)) & _LANES
    out += np.uint64(0x0080008000800080)
    out >>= np.uint64(8)
    out &= _LANES
    return above + _narrow(out)


def image_of(pixels: Pixels, form: QImage.Format = _CLEAR) -> QImage:
    """An image that shows the array's own memory, and keeps it alive."""
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, 4 * width, form)
    image.pixels = pixels  # type: ignore[attr-defined]
    return image


def pixels_of(image: QImage) -> Pixels:
    """The memory that an image of `image_of` shows; what is written there is seen at once."""
    pixels: Pixels = image.pixels  # type: ignore[attr-defined]
    return pixels
