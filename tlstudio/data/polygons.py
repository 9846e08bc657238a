"""Which pixels an outline covers: those whose centre lies inside, so that outlines of neighbours share no pixel and leave none out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FAR = 1e9
"""Pixels. A corner as far from the picture as that, or a corner that is no number, says that an outline is damaged."""

Ring = Sequence[float]
"""x0, y0, x1, y1, ...: corners in pixels, (0, 0) the upper left corner of the first pixel."""


def fill(target: NDArray[np.uint8], ring: Ring, label: int) -> None:
    """Write a label into all pixels of target (H, W) within one ring; where it crosses itself, by the even-odd rule."""
    height, width = target.shape
    corners = np.asarray(ring, np.float64).reshape(-1, 2)
    if len(corners) < 3 or not (np.abs(corners) < FAR).all():
        return
    ends = np.roll(corners, -1, axis=0)
    upper, lower = np.minimum(corners[:, 1], ends[:, 1]), np.maximum(corners[:, 1], ends[:, 1])
    # Rows y whose centre y + 0.5 lies in [upper, lower).
    first = np.clip(np.ceil(upper - 0.5), 0, height).astype(np.int64)
    last = np.clip(np.ceil(lower - 0.5), 0, height).astype(np.int64)
    rows_of_edge = last - first
    edge = np.repeat(np.arange(len(corners)), rows_of_edge)
    if not len(edge):
        return
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(rows_of_edge) - rows_of_edge, rows_of_edge) + first[edge]
    start, end = corners[edge], ends[edge]
    x = start[:, 0] + (rows + 0.5 - start[:, 1]) * (end[:, 0] - start[:, 0]) / (end[:, 1] - start[:, 1])
    columns = np.clip(np.ceil(x - 0.5), 0, width).astype(np.int64)
    top, left = int(rows.min()), int(columns.min())
    shape = (int(rows.max()) + 1 - top, int(columns.max()) + 1 - left)
    crossings = np.zeros(shape, np.int32)
    np.add.at(crossings, (rows - top, columns - left), 1)
    inside = np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1
    target[top : top + shape[0], left : left + shape[1] - 1][inside] = label


def circle(x: float, y: float, radius: float) -> list[float]:
    """A ring around a centre, as round as its pixels can show: no side is more than an eighth of a pixel off. Up to a radius of 10,000."""
    n = math.ceil(2 * math.pi * math.sqrt(min(max(radius, 4.0), 10_000.0)))
    turns = np.arange(n) * (2 * math.pi / n)
    ring: list[float] = np.stack([x + radius * np.cos(turns), y + radius * np.sin(turns)], axis=1).ravel().tolist()
    return ring
