"""Which pixels a stroke, a polygon or a fill takes. Pure functions on small numbers and arrays; no widget, no Qt.

A pixel (x, y) covers x to x + 1 and y to y + 1. What it is counted by is its centre.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tlstudio.data import polygons

Point = tuple[float, float]


class Region(NamedTuple):
    """Pixels of a picture: those at x, y and on where `inside` (h, w), bool, is true. May be empty, never reaches out of the picture."""

    x: int
    y: int
    inside: NDArray[np.bool_]


def stroke(start: Point, end: Point, radius: int, width: int, height: int) -> Region:
    """What a round brush covers on its straight way from start to end, in a picture of width x height.

    The brush sits on the pixel that the pointer is in. radius: at least 1, which is that one pixel; it covers 2 radius - 1 pixels across.
    """
    (x0, y0), (x1, y1) = ((np.floor(x) + 0.5, np.floor(y) + 0.5) for x, y in (start, end))
    reach = radius - 0.5
    left, top = max(0, int(min(x0, x1) - reach)), max(0, int(min(y0, y1) - reach))
    right, bottom = min(width, int(max(x0, x1) + reach)), min(height, int(max(y0, y1) + reach))
    x = np.arange(left, max(left, right))[None, :] + 0.5
    y = np.arange(top, max(top, bottom))[:, None] + 0.5
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    along = np.clip(((x - x0) * dx + (y - y0) * dy) / length, 0, 1) if length else 0.0
    inside = (x - x0 - along * dx) ** 2 + (y - y0 - along * dy) ** 2 <= reach * reach
    return Region(left, top, inside)


def polygon(points: Sequence[Point], width: int, height: int) -> Region:
    """The pixels of a picture of width x height whose centres lie in a closed polygon; where it crosses itself, by the even-odd rule.

    A centre right on an edge counts at the left of the polygon, not at its right.
    """
    if len(points) < 3:
        return Region(0, 0, np.zeros((0, 0), bool))
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    left, top = max(0, math.floor(min(xs))), max(0, math.floor(min(ys)))
    right, bottom = max(left, min(width, math.ceil(max(xs)))), max(top, min(height, math.ceil(max(ys))))
    target = np.zeros((bottom - top, right - left), np.uint8)
    polygons.fill(target, [side for x, y in points for side in (x - left, y - top)], 1)
    return Region(left, top, target.astype(bool))


def connected(labels: NDArray[np.uint8], x: int, y: int) -> Region:
    """The pixels that have the label of pixel (x, y) and hang together with it over their sides, not over corners."""
    height, width = labels.shape
    same = np.zeros((height, width + 2), np.int8)  # a border at either side, so that no run goes on in the next row
    same[:, 1:-1] = labels == labels[y, x]
    steps = np.diff(same.ravel())
    start, end = np.flatnonzero(steps == 1) + 1, np.flatnonzero(steps == -1) + 1  # runs of such pixels, from left to right and down
    seed = int(np.searchsorted(start, y * (width + 2) + x + 1, "right")) - 1
    component = _component(len(start), *_neighbours(start, end, width + 2))
    belongs = component == component[seed]
    start, end = start[belongs], end[belongs]
    row, first, last = start // (width + 2), start % (width + 2) - 1, end - start // (width + 2) * (width + 2) - 1
    top, left, right = int(row[0]), int(first.min()), int(last.max())
    changes = np.zeros((int(row[-1]) + 1 - top, right + 1 - left), np.int8)
    changes[row - top, first - left] = 1
    changes[row - top, last - left] -= 1
    return Region(left, top, np.cumsum(changes, 1, dtype=np.int8)[:, :-1].astype(bool))


def _neighbours(start: NDArray[np.int64], end: NDArray[np.int64], stride: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of runs that touch, one above the other."""
    first = np.searchsorted(end, start - stride, "right")  # the first run that ends after the place above a run's start
    count = np.maximum(np.searchsorted(start, end - stride, "left") - first, 0)
    lower = np.repeat(np.arange(len(start)), count)
    upper = np.repeat(first, count) + np.arange(len(lower)) - np.repeat(np.cumsum(count) - count, count)
    return upper, lower


def _component(n: int, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """For n things of which a[i] and b[i] hang together: the smallest number in the component of each.

    Each round hooks the root of one end below that of the other and then shortens all ways to the roots, so that a chain of
    thousands takes a dozen rounds (Shiloach and Vishkin, 1982).
    """
    root = np.arange(n)
    while len(a):
        lowest = np.minimum(root[a], root[b])
        np.minimum.at(root, root[a], lowest)
        np.minimum.at(root, root[b], lowest)
        while not np.array_equal(shorter := root[root], root):
            root = shorter
        apart = root[a] != root[b]
        a, b = a[apart], b[apart]
    return root
