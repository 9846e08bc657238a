"""The outlines of what hangs together in a mask, along the sides of its pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tlstudio.data.masks import Labels

_Corners = NDArray[np.int64]


class Outline(NamedTuple):
    """label: of the patch; area: pixels within the outline, holes included; corners: (N, 2) x and y in pixels, clockwise on the screen."""

    label: int
    area: int
    corners: _Corners


def outlines(labels: Labels) -> list[Outline]:
    """The outer outline of every patch of pixels of one label that hang together over their sides; the largest first.

    What lies in a hole of a patch comes after it, as it is smaller: filled one after the other, by pixel centres and the even-odd
    rule, they give the labels back, every pixel of them.
    """
    out = []
    for label in np.flatnonzero(np.bincount(labels.ravel(), minlength=256)).tolist():
        inside = labels == label
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        top, left = int(rows[0]), int(columns[0])
        for ring in _rings(inside[top : rows[-1] + 1, left : columns[-1] + 1]):
            area = _area(ring)
            if area > 0:  # those of holes run the other way
                out.append(Outline(label, area, ring + np.array([left, top])))
    return sorted(out, key=lambda one: -one.area)


class _Lines(NamedTuple):
    """Straight lines along sides of pixels, with the inside at their right hand. forward: to the right, or down."""

    start: _Corners
    end: _Corners
    forward: NDArray[np.bool_]

    @classmethod
    def of(cls, forward: NDArray[np.bool_], back: NDArray[np.bool_], line: int, place: int) -> _Lines:
        """From the sides, (lines, places), of either direction; a corner's number is that of its line and place by these factors."""
        (a, b), (c, d) = _runs(forward, line, place), _runs(back, line, place)
        return cls(np.concatenate([a, d]), np.concatenate([b, c]), np.repeat([True, False], [len(a), len(c)]))

    def leaving(self, corners: _Corners, forward: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The line that begins at each corner, of two that in this direction."""
        keys = 2 * self.start + self.forward
        order = np.argsort(keys)
        wanted = 2 * corners + forward
        found = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
        other = order[np.minimum(np.searchsorted(keys, wanted ^ 1, sorter=order), len(keys) - 1)]
        return np.where(keys[found] == wanted, found, other)


def _rings(inside: NDArray[np.bool_]) -> Iterator[_Corners]:
    """Every closed line between inside and outside; around holes it runs against the clock.

    Where two pixels meet at a corner only, the line turns right, and so keeps them apart.
    """
    padded = np.pad(inside, 1)
    across = inside.shape[1] + 1  # corner (x, y) has the number y * across + x
    above, below = padded[:-1, 1:-1], padded[1:, 1:-1]
    before, after = padded[1:-1, :-1].T, padded[1:-1, 1:].T
    rows = _Lines.of(below & ~above, above & ~below, across, 1)  # upper sides run to the right, lower ones back
    columns = _Lines.of(before & ~after, after & ~before, 1, across)  # right sides run down, left ones up
    turned = columns.leaving(rows.end, rows.forward)
    following = rows.leaving(columns.end, ~columns.forward)[turned].tolist()
    corners = np.stack([rows.start, rows.end], axis=1)
    left = bytearray(b"\1") * len(following)
    for first in range(len(following)):
        ring = []
        while left[first]:
            left[first] = 0
            ring.append(first)
            first = following[first]
        if ring:
            numbers = corners[ring].ravel()
            yield np.stack([numbers % across, numbers // across], axis=1)


def _runs(sides: NDArray[np.bool_], line: int, place: int) -> tuple[_Corners, _Corners]:
    """First and last corner of each unbroken run in the lines of `sides`."""
    wide = np.zeros((sides.shape[0], sides.shape[1] + 2), bool)
    wide[:, 1:-1] = sides
    lines, places = np.divmod(np.flatnonzero(wide[:, 1:] != wide[:, :-1]), sides.shape[1] + 1)
    corners = lines * line + places * place
    return corners[::2], corners[1::2]


def _area(ring: _Corners) -> int:
    """Pixels within a ring that runs clockwise on the screen; less than 0 for one that runs the other way."""
    x, y = ring[:, 0], ring[:, 1]
    return int(x @ np.roll(y, -1) - y @ np.roll(x, -1)) // 2
