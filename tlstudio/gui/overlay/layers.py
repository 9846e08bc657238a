"""A tile of a mask, ready to be coloured: what is one colour, what is mixed at borders, what is rim.

Colours change often (opacity, classes shown and hidden, palettes), labels do not; so all that costs time is done here, before any colour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from tlstudio.gui.overlay.distinct import Distinct, Places, Words
from tlstudio.gui.overlay.picture import Labels

if TYPE_CHECKING:
    from tlstudio.gui.overlay.stripes import Under

NOTHING = 255
"""The code that is never drawn; as a label: the ignored one."""

RIGHT, FALSE_ALARM, MISSED = 0, 1, 2
"""The codes of a difference."""


@dataclass(frozen=True, eq=False)
class Painted:
    """What a layer looks like by a table: fill and ink (see paint.py), None where nothing is drawn."""

    table: object
    fill: QImage | None
    ink: QImage | None


@dataclass(eq=False)
class Layer:
    """A tile of h x w screen pixels. Codes are labels, or what a mode makes of them; uint8, 255 is not drawn.

    codes: (h, w), or one number where all are the same. mixed: the codes of the n pixels at `mixed_at` (places in the flat tile) that
    several codes share. rim: likewise the codes whose border is near, NOTHING where none is. words: after `group`, the codes, four
    neighbours at a time. painted: how it looks by the last table. under: what its rims lie on. stale: a part of what is painted is newer
    than the rest of this (see mending.py).
    """

    codes: Labels | int
    size: tuple[int, int]
    mixed_at: Places
    mixed: Distinct
    rim_at: Places
    rim: Distinct
    words: Distinct | None = field(default=None)
    painted: Painted | None = field(default=None)
    under: Under | None = field(default=None)
    stale: bool = False

    @property
    def grouped(self) -> bool:
        """Whether there is nothing for `group` to do."""
        return isinstance(self.codes, int) or self.words is not None or self.codes.size % 4 != 0

    def group(self) -> None:
        """Find equal groups of pixels, so that other colours take half the time; to find them takes as long as colouring once."""
        if not isinstance(self.codes, int) and not self.grouped:
            self.words = Distinct.of(self.codes.reshape(-1).view(np.uint32))
            self.mixed, self.rim = self.mixed.found(), self.rim.found()
            self.__dict__.pop("present", None)

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """(256,): the codes that there may be in it; all, as long as that was not looked for."""
        there = np.zeros(256, np.bool_)
        if isinstance(self.codes, int):
            there[self.codes] = True
        elif self.words is None:
            there[:] = True
        else:
            for groups in (self.words, self.mixed, self.rim):
                there[groups.codes] = True
        return there

    @property
    def nbytes(self) -> int:
        """With the images and what colouring keeps."""
        pixels, few = self.size[0] * self.size[1], len(self.mixed_at) + len(self.rim_at)
        codes = 0 if isinstance(self.codes, int) else 3 * self.codes.nbytes
        return codes + 8 * pixels + 32 * few + self.mixed.nbytes + self.rim.nbytes


def plain(codes: Labels | int, size: tuple[int, int]) -> Layer:
    """A layer of one code a pixel, with no rims: maps of values. size: (height, width)."""
    none, nothing = np.zeros(0, np.intp), Distinct.as_they_are(np.zeros(0, np.uint32))
    return Layer(codes, size, none, nothing, none, nothing)


def layer(samples: Labels | int, size: tuple[int, int], *, per: int, margin: int, rim: float) -> Layer:
    """From samples ((h + 2 margin) per, (w + 2 margin) per), per 1 or 2; size (h, w); rim: its width in screen pixels (< margin)."""
    if isinstance(samples, int):
        return plain(samples, size)
    skip = margin * per
    inner = np.ascontiguousarray(samples[skip : samples.shape[0] - skip, skip : samples.shape[1] - skip])
    near = border(samples, rim * per)[skip : samples.shape[0] - skip, skip : samples.shape[1] - skip]
    if per == 1:
        rim_at = np.flatnonzero(near)
        none, nothing = np.zeros(0, np.intp), Distinct.as_they_are(np.zeros(0, np.uint32))
        return Layer(inner, size, none, nothing, rim_at, Distinct(inner.ravel().take(rim_at)[:, None], None))
    rims = inner | (near.view(np.uint8) - np.uint8(1))  # 255 where no border is near
    upper, lower = (inner.view(np.uint16)[i::2] for i in (0, 1))  # two samples in one number: half the work
    rim_upper, rim_lower = (rims.view(np.uint16)[i::2] for i in (0, 1))
    same = (upper == lower) & ((upper >> 8) == (upper & 255))
    mixed_at = np.flatnonzero(~same)
    rim_at = np.flatnonzero((rim_upper & rim_lower) != 0xFFFF)
    mixed, rim_codes = (Distinct.as_they_are(words) for words in (_quads(upper, lower, mixed_at), _quads(rim_upper, rim_lower, rim_at)))
    return Layer(inner[::2, ::2].copy(), size, mixed_at, mixed, rim_at, rim_codes)


def _quads(upper: NDArray[np.uint16], lower: NDArray[np.uint16], at: Places) -> Words:
    """(n,): the four samples of each of those pixels."""
    words: Words = upper.ravel().take(at).astype(np.uint32)
    words |= lower.ravel().take(at).astype(np.uint32) << np.uint32(16)
    return words


def border(codes: Labels, reach: float) -> NDArray[np.bool_]:
    """Where another code is less than `reach` samples away, as the crow flies; reach 1: the samples right at a border."""
    near = np.zeros(codes.shape, np.bool_)
    if reach <= 0:
        return near
    across, down = codes[:, 1:] != codes[:, :-1], codes[1:] != codes[:-1]
    near[:, 1:] |= across
    near[:, :-1] |= across
    near[1:] |= down
    near[:-1] |= down
    radius = reach - 1
    if radius < 1:
        return near
    limit = (radius + 0.2) ** 2  # the rounding that makes small discs round
    widths = [math.isqrt(int(limit - dy * dy)) for dy in range(int(math.sqrt(limit)) + 1)]
    out, wide, done = near.copy(), near.copy(), 0
    for dy in range(len(widths) - 1, -1, -1):  # from the narrow ends of the disc to its middle
        while done < widths[dy]:
            done += 1
            if done < codes.shape[1]:
                wide[:, done:] |= near[:, :-done]
                wide[:, :-done] |= near[:, done:]
        if dy == 0:
            out |= wide
        elif dy < codes.shape[0]:
            out[dy:] |= wide[:-dy]
            out[:-dy] |= wide[dy:]
    return out


def difference(said: Labels | int, true: Labels | int, solo: int | None) -> Labels | int:
    """Prediction against truth: RIGHT, FALSE_ALARM, MISSED, or NOTHING where there is nothing to say. solo: for one class; None: for all.

    Over all classes each mistake is a FALSE_ALARM of one class and misses another; it is shown as the former. Where the truth says nothing
    there are no mistakes.
    """
    if isinstance(said, int) and isinstance(true, int):
        said_array, true_array = np.array([said], np.uint8), np.array([true], np.uint8)
        return int(_difference(said_array, true_array, solo)[0])
    shape = said.shape if not isinstance(said, int) else true.shape  # type: ignore[union-attr]
    codes = _difference(np.broadcast_to(np.asarray(said, np.uint8), shape), np.broadcast_to(np.asarray(true, np.uint8), shape), solo)
    first = int(codes[0, 0])
    return first if bool((codes == first).all()) else codes


def _difference(said: Labels, true: Labels, solo: int | None) -> Labels:
    known = true != NOTHING
    if solo is None:
        codes: Labels = (said != true).view(np.uint8)  # FALSE_ALARM is 1, RIGHT is 0
        codes |= known.view(np.uint8) - np.uint8(1)
        return codes
    answered, was = (said == solo) & known, true == solo
    # none of both: 255; answered alone: 1; was alone: 2; both: 0
    table = np.array([NOTHING, FALSE_ALARM, MISSED, RIGHT], np.uint8)
    out: Labels = table.take(answered.view(np.uint8) + 2 * was.view(np.uint8))
    return out
