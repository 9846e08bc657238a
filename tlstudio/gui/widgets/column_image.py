"""Stacked columns as pixels: ten thousand images of a thousand classes in a blink, because it is one array, not ten million boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from tlstudio.gui import theme
from tlstudio.gui.predictions import Predictions
from tlstudio.gui.widgets.parts import colour

GAP_FROM = 5  # device pixels of a column from which on a pixel parts it from the next
HATCH = 6  # period of the hatch, logical pixels


def columns(said: Predictions, order: NDArray[np.int64], wide: int) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """What each of `wide` pixel columns shows: probabilities (wide, C) float32, the mean of its images where there are several;
    its truth (wide,) int64, that of its first image; the place in `order` of its first image (wide,) int64."""
    n = len(order)
    edges = (np.arange(wide + 1, dtype=np.int64) * n) // wide
    first = edges[:-1]
    if n <= wide:
        return said.probabilities[order[first]], said.truth[order[first]], first
    total = np.add.reduceat(said.probabilities[order], first, axis=0)
    return (total / np.diff(edges)[:, None]).astype(np.float32), said.truth[order[first]], first


def classes_of_pixels(shares: NDArray[np.float32], truth: NDArray[np.int64], tall: int) -> NDArray[np.int32]:
    """(tall, wide) int32 class of each pixel, top line first. The truth stands at the bottom, the others above it in their order."""
    wide, n = shares.shape
    lines = np.arange(wide)
    own = shares[lines, truth]
    others = shares.copy()
    others[lines, truth] = 0.0
    ends = own[:, None] + np.cumsum(others, axis=1, dtype=np.float64)
    heights = (np.arange(tall)[::-1] + 0.5) / tall
    out = np.empty((tall, wide), np.int32)
    for x in range(wide):
        # The last end is 1 but for rounding; a class without share has no width between its neighbours' ends.
        out[:, x] = np.minimum(np.searchsorted(ends[x], heights, side="right"), n - 1)
        out[heights < own[x], x] = truth[x]
    return out


def paint_columns(said: Predictions, order: NDArray[np.int64], wide: int, tall: int, ratio: float) -> QImage:
    """The picture, wide x tall device pixels (ratio of them a logical pixel)."""
    shares, truth, first = columns(said, order, wide)
    index = classes_of_pixels(shares, truth, tall)
    palette = np.asarray([_rgb(theme.class_colour(i).rgb()) for i in range(len(theme.current().classes))], np.uint8)
    surface = np.asarray(_rgb(colour("surface").rgb()), np.uint8)
    pixels = palette[index % len(palette)]
    again = index // len(palette)
    if again.any():
        y, x = np.indices(index.shape)
        period = max(2, round(HATCH * ratio))
        slant = np.where(again % 2 == 1, x + y, x - y) % (period * (1 + (again - 1) // 2 % 3))
        pixels[(again > 0) & (slant < max(1, round(1.6 * ratio)))] = surface
    if wide / max(1, len(order)) >= GAP_FROM * ratio:
        pixels[:, np.flatnonzero(np.diff(first)) + 1] = surface
    rgb = np.ascontiguousarray(pixels)
    return QImage(rgb.data, wide, tall, 3 * wide, QImage.Format.Format_RGB888).copy()


def _rgb(value: int) -> tuple[int, int, int]:
    return (value >> 16) & 255, (value >> 8) & 255, value & 255
