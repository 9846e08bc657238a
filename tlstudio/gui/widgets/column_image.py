"""Stacked columns as pixels: ten thousand images of a thousand classes in a blink, because it is one array, not ten million boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from tlstudio.gui import theme
from tlstudio.gui.predictions import Predictions
from tlstudio.gui.widgets.parts import colour

GAP_FROM = 5  # device pixels of a column from which on a pixel parts it from the next
HATCH = 6  # period of the hatch, logical pixels
MOST = 49  # classes that colours and hatches can tell apart; of more, only the truth's share is drawn


def _places(n: int, wide: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each of `wide` pixel columns the first of its images, and how many it has (0: it repeats its neighbour's)."""
    edges = (np.arange(wide + 1, dtype=np.int64) * n) // wide
    return edges[:-1], np.diff(edges)


def columns(said: Predictions, order: NDArray[np.int64], wide: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """What each of `wide` pixel columns shows: probabilities (wide, C) float32, the mean of its images where there are several;
    its truth (wide,) int64, that of its first image."""
    first, counts = _places(len(order), wide)
    truth = said.truth[order[first]]
    if len(order) <= wide:
        return said.probabilities[order[first]], truth
    total = np.add.reduceat(said.probabilities[order], first, axis=0)
    return (total / counts[:, None]).astype(np.float32), truth


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
    surface = np.asarray(_rgb(colour("surface").rgb()), np.uint8)
    first, counts = _places(len(order), wide)
    if len(said.classes) > MOST:
        own = said.of_truth[order]
        pixels = _truth_alone(own[first] if len(order) <= wide else np.add.reduceat(own, first) / counts, tall)
    else:
        shares, truth = columns(said, order, wide)
        pixels = _classes(classes_of_pixels(shares, truth, tall), surface, ratio)
    if wide / max(1, len(order)) >= GAP_FROM * ratio:
        pixels[:, np.flatnonzero(np.diff(first)) + 1] = surface
    rgb = np.ascontiguousarray(pixels)
    return QImage(rgb.data, wide, tall, 3 * wide, QImage.Format.Format_RGB888).copy()


def _truth_alone(own: NDArray[np.floating[Any]], tall: int) -> NDArray[np.uint8]:
    heights = (np.arange(tall)[::-1] + 0.5) / tall
    palette = np.asarray([_rgb(colour("line").rgb()), _rgb(colour("accent").rgb())], np.uint8)
    return palette[(heights[:, None] < own[None, :]).astype(np.int8)]


def _classes(index: NDArray[np.int32], surface: NDArray[np.uint8], ratio: float) -> NDArray[np.uint8]:
    palette = np.asarray([_rgb(theme.class_colour(i).rgb()) for i in range(len(theme.current().classes))], np.uint8)
    pixels = palette[index % len(palette)]
    again = index // len(palette)
    if again.any():
        y, x = np.indices(index.shape)
        period = max(2, round(HATCH * ratio))
        slant = np.where(again % 2 == 1, x + y, x - y) % (period * (1 + (again - 1) // 2 % 3))
        pixels[(again > 0) & (slant < max(1, round(1.6 * ratio)))] = surface
    return pixels


def _rgb(value: int) -> tuple[int, int, int]:
    return (value >> 16) & 255, (value >> 8) & 255, value & 255
