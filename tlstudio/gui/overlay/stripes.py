"""The stripes by which classes of one colour are told apart: a pattern that goes on from tile to tile, and what of it lies under rims."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from tlstudio.gui.overlay.colour_tables import FALLING, RISING, Pixels, Table, premultiplied
from tlstudio.gui.overlay.distinct import Places
from tlstudio.gui.overlay.picture import Labels

STRIPE = 0.62
PERIOD, WIDTH = 8.0, 2.6
"""Of stripes, along a row, in screen pixels at a device pixel ratio of 1."""
_COLOUR = QColor("#10141A")
_LARGE = 2**17  # pixels of a pattern that is not worth keeping


def stripes(direction: int, opacity: float, ratio: float, place: tuple[int, int], size: tuple[int, int]) -> Pixels:
    """(height, width) of the pattern, from that place of the plane on. ratio: screen pixels per pixel of the desktop."""
    shift = _shift(direction, ratio, place)
    if size[0] * size[1] > _LARGE:
        return _slanted(direction, opacity, ratio, shift, size)
    return _tile(direction, opacity, ratio, shift, size)


class Under:
    """What the n rims of a tile lie on: the code of each, and by a table the stripe there."""

    def __init__(self, codes: Labels, at: Places, place: tuple[int, int], ratio: float) -> None:
        """codes: (h, w) of the tile. at: places in the flat tile. place: of the tile's corner in the plane."""
        self.codes = codes.ravel().take(at).astype(np.intp)
        self._height, self._width = codes.shape
        self._at, self._place, self._ratio = at, place, ratio
        period = PERIOD * ratio
        self._period = round(period) if abs(period - round(period)) < 1e-9 else 0
        self._long = self._period or self._width + self._height - 1
        self._along: dict[int, Places] = {}

    def stripes(self, table: Table) -> tuple[Places, Pixels]:
        """(n,) which of the colours lies under each, and (m,) these colours; 0 where there are no stripes."""
        kinds = table.stripes.astype(np.intp)
        colours = [np.zeros(self._long, np.uint32), *(self._line(*kind) for kind in table.kinds[1:])]
        which = (kinds * self._long).take(self.codes)
        directions = {direction for direction, _ in table.kinds[1:]}
        if len(directions) == 1:
            which += self._places(directions.pop())
        elif directions:
            falls = np.array([direction == FALLING for direction, _ in table.kinds]).take(kinds)
            which += np.where(falls.take(self.codes), self._places(FALLING), self._places(RISING))
        return which, np.concatenate(colours)

    def _places(self, direction: int) -> Places:
        """(n,): where on a line of the pattern each rim lies."""
        if direction not in self._along:
            y = self._at // self._width
            x = self._at - y * self._width
            across = (x + y if direction == RISING else x - y) + (_shift(direction, self._ratio, self._place) if self._period else 0)
            if self._period:
                across -= across // self._period * self._period
            elif direction == FALLING:
                across += self._height - 1
            self._along[direction] = across
        return self._along[direction]

    def _line(self, direction: int, opacity: float) -> Pixels:
        """The pattern along the places: one period of it; where that is no whole number, all that the tile has."""
        if self._period:
            return _line(opacity, self._ratio, 0, self._long)
        first = _shift(direction, self._ratio, self._place) - (self._height - 1 if direction == FALLING else 0)
        return _line(opacity, self._ratio, first, self._long)


def _shift(direction: int, ratio: float, place: tuple[int, int]) -> int:
    across = place[0] + place[1] if direction == RISING else place[0] - place[1]
    return round(across % (PERIOD * ratio * 4))


@lru_cache(maxsize=32)
def _tile(direction: int, opacity: float, ratio: float, shift: int, size: tuple[int, int]) -> Pixels:
    return np.ascontiguousarray(_slanted(direction, opacity, ratio, shift, size))


def _slanted(direction: int, opacity: float, ratio: float, shift: int, size: tuple[int, int]) -> Pixels:
    """The pattern as a view of one line, each row a pixel further on it; not to be written to."""
    height, width = size
    first, step = (shift, 1) if direction == RISING else (shift - (height - 1), -1)
    line = _line(opacity, ratio, first, width + height - 1)
    begin = line if direction == RISING else line[height - 1 :]
    return np.lib.stride_tricks.as_strided(begin, size, (step * line.itemsize, line.itemsize), writeable=False)


@lru_cache(maxsize=64)
def _line(opacity: float, ratio: float, first: int, n: int) -> Pixels:
    return _tones(first + np.arange(n), opacity, ratio)


def _tones(across: Places, opacity: float, ratio: float) -> Pixels:
    """across: pixels along a row, from where the pattern begins."""
    period, width = PERIOD * ratio, WIDTH * ratio
    off = np.abs((across + 0.5) % period - period / 2)  # from the middle of a stripe
    cover = np.clip((width / 2 - off) + 0.5, 0, 1)
    out: Pixels = _strengths(opacity)[np.round(255 * cover).astype(np.intp)]
    return out


@lru_cache(maxsize=64)
def _strengths(opacity: float) -> NDArray[np.uint32]:
    """(256,): the stripe's colour from nothing to all of it."""
    return np.array([premultiplied(_COLOUR, STRIPE * opacity * step / 255) for step in range(256)], np.uint32)
