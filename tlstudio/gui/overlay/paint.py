"""Colours on layers. All that a look says about classes is a table of 256 entries; painting a tile is looking up in it.

A tile has two images, premultiplied: the fill, drawn with the opacity that the user chose, and the ink above it (rims and
stripes), which stays readable down to an opacity of a half and fades only below (see blend.py). Another table is looked up in the
memory of the images that are there, and where it differs by few entries (a class hidden or shown) only the pixels of these.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from tlstudio.gui.overlay.colour_tables import RISING, Pixels, Table, premultiplied
from tlstudio.gui.overlay.layers import Layer, Painted, Places
from tlstudio.gui.overlay.picture import Labels

STRIPE = 0.62
PERIOD, WIDTH = 8.0, 2.6
"""Of stripes, along a row, in screen pixels at a device pixel ratio of 1."""
FEW = 3
"""Entries of a table; more are quicker looked up for every pixel."""
_STRIPE_COLOUR = QColor("#10141A")
_OPAQUE, _CLEAR = QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32_Premultiplied  # the former is drawn in half the time


def colour(layer: Layer, table: Table, place: tuple[int, int], ratio: float, *, filled: bool = True) -> tuple[QImage | None, QImage | None]:
    """(fill, ink) of a tile, None where nothing is to be drawn. place: of its corner in the plane, so that stripes go on from tile to tile.

    ratio: screen pixels per pixel of the desktop. filled: False leaves the fill and the stripes away (contours). A layer is always
    painted with the same place, ratio and `filled`; the images of the table before are painted over.
    """
    before = layer.painted
    if before is not None and before.table is table:
        return before.fill, before.ink
    if isinstance(layer.codes, int):
        layer.painted = _uniform(layer, layer.codes, table, place, ratio, filled)
    else:
        layer.painted = _Work(layer, layer.codes, table, place, ratio, filled).painted()
    return layer.painted.fill, layer.painted.ink


def _uniform(layer: Layer, code: int, table: Table, place: tuple[int, int], ratio: float, filled: bool) -> Painted:
    """A tile of one code. It has no rims."""
    value, (direction, opacity) = int(table.fill[code]), table.kinds[table.stripes[code]]
    if not (filled and value):
        return Painted(table, None, None)
    height, width = layer.size
    fill = QImage(width, height, _OPAQUE if value >> 24 == 255 else _CLEAR)
    fill.fill(value)
    return Painted(table, fill, image_of(stripes(direction, opacity, ratio, place, layer.size)) if direction else None)


class _Work:
    """Colouring one tile of several codes."""

    def __init__(self, layer: Layer, codes: Labels, table: Table, place: tuple[int, int], ratio: float, filled: bool) -> None:
        self.layer, self.codes, self.table = layer, codes, table
        self.place, self.ratio, self.filled = place, ratio, filled
        self.striped = filled and len(table.kinds) > 1

    def painted(self) -> Painted:
        before = self.layer.painted
        old = before.table if before is not None and isinstance(before.table, Table) else None
        difference = self.table.changed(old) if old is not None else None
        fill = ink = None
        if before is not None:
            fill, ink = before.fill, before.ink
        if difference is not None and len(difference.codes) <= FEW and (ink is not None or not self.striped):
            at = self._places(difference.codes)
            mixed = self._shared(self.layer.mixed, difference.codes)
            rims = self._shared(self.layer.rim, difference.codes, self.layer.rim_at)
            if len(at) or len(mixed) or len(rims):
                self._fill_at(fill, at, mixed)
                self._ink_at(ink, at, rims)
        else:
            if self.filled:
                fill = fill if fill is not None else image_of(np.empty(self.layer.size, np.uint32))
                self._fill_all(pixels_of(fill))
            if ink is None and (self.striped or len(self.layer.rim_at)):
                ink, difference = image_of(np.empty(self.layer.size, np.uint32)), None
            if ink is not None:
                self._ink_all(pixels_of(ink), same=difference is not None and difference.same_stripes)
        if fill is not None:
            fill = _as_opaque_as_it_is(fill)
        return Painted(self.table, fill, ink)

    # all of it

    def _fill_all(self, out: Pixels) -> None:
        self.table.fill.take(self.codes, mode="wrap", out=out)
        out.ravel()[self.layer.mixed_at] = _mean(self.table.fill, self.layer.mixed)

    def _ink_all(self, out: Pixels, same: bool) -> None:
        """same: the stripes, without the rims above them, are what they were."""
        if not same:
            if self.striped:
                self._stripe_all(out)
            else:
                out.fill(0)
        flat, at = out.ravel(), self.layer.rim_at
        rims = _mean(self.table.rim, self.layer.rim)
        if self.striped:
            flat[at] = _over(rims, self._stripe_at(at) if same else flat[at])
        else:
            flat[at] = rims

    def _stripe_all(self, out: Pixels) -> None:
        for kind, (direction, opacity) in list(enumerate(self.table.kinds))[1:]:
            own = np.where(self.table.stripes == kind, np.uint32(0xFFFFFFFF), np.uint32(0))
            part = own.take(self.codes, mode="wrap", out=out) if kind == 1 else own.take(self.codes, mode="wrap")
            part &= stripes(direction, opacity, self.ratio, self.place, self.layer.size)
            if kind > 1:
                out |= part

    # where a few codes are

    def _places(self, codes: Labels) -> Places:
        """The pixels of these codes."""
        own = np.zeros(self.layer.size, np.bool_)
        for code in codes:
            own |= self.codes == code
        return np.flatnonzero(own)

    def _shared(self, samples: Labels, codes: Labels, at: Places | None = None) -> Places:
        """The columns of samples (n, m) that have one of these codes, or whose pixel is of one."""
        beneath = None if at is None else self.codes.ravel()[at]
        own = np.zeros(samples.shape[1], np.bool_)
        for code in codes:
            for sample in samples:
                own |= sample == code
            if beneath is not None:
                own |= beneath == code
        return np.flatnonzero(own)

    def _fill_at(self, image: QImage | None, at: Places, mixed: Places) -> None:
        if image is not None:
            flat = pixels_of(image).ravel()
            flat[at] = self.table.fill.take(self.codes.ravel()[at])
            flat[self.layer.mixed_at[mixed]] = _mean(self.table.fill, self.layer.mixed[:, mixed])

    def _ink_at(self, image: QImage | None, at: Places, rims: Places) -> None:
        if image is not None:
            flat, rim_at = pixels_of(image).ravel(), self.layer.rim_at[rims]
            flat[at] = self._stripe_at(at)
            above = _mean(self.table.rim, self.layer.rim[:, rims])
            flat[rim_at] = _over(above, self._stripe_at(rim_at)) if self.striped else above

    def _stripe_at(self, at: Places) -> Pixels:
        out = np.zeros(len(at), np.uint32)
        if self.striped:
            kinds = self.table.stripes.take(self.codes.ravel()[at])
            for kind, (direction, opacity) in list(enumerate(self.table.kinds))[1:]:
                own = np.flatnonzero(kinds == kind)
                out[own] = stripes(direction, opacity, self.ratio, self.place, self.layer.size).ravel()[at[own]]
        return out


_LANES = np.uint64(0x00FF00FF00FF00FF)
"""A colour with 16 bits a channel, so that all four are counted at once."""


def _wide(colours: Pixels) -> NDArray[np.uint64]:
    return colours.view(np.uint8).astype(np.uint16).view(np.uint64)


def _narrow(wide: NDArray[np.uint64]) -> Pixels:
    return wide.view(np.uint16).astype(np.uint8).view(np.uint32)


def _mean(table: Pixels, codes: Labels) -> Pixels:
    """Of the colours of the samples (1 or 4, n), each channel for itself; exact to the nearest number."""
    if len(codes) == 1:
        one: Pixels = table.take(codes[0])
        return one
    wide = _wide(table)
    out = wide.take(codes[0])
    for sample in codes[1:]:
        out += wide.take(sample)
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


def pixels_of(image: QImage) -> Pixels:
    """The memory that an image of `image_of` shows; what is written there is seen at once."""
    pixels: Pixels = image.pixels  # type: ignore[attr-defined]
    return pixels


def _as_opaque_as_it_is(image: QImage) -> QImage:
    form = _OPAQUE if int(pixels_of(image).min()) >> 24 == 255 else _CLEAR
    return image if image.format() == form else image_of(pixels_of(image), form)
