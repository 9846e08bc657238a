"""A picture at all halves of its size, so that far away views are as quick to draw, and as fine, as near ones."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtGui import QImage

Pixels = NDArray[np.uint32]
_SMALLEST = 192
"""Longer side of the last level: about what a minimap shows."""


class Pyramid:
    """levels[k]: (ceil(H / 2^k), ceil(W / 2^k)) uint32, 0xffRRGGBB, each pixel the average of four below. Level 0 is the picture itself.

    Making one costs nothing for an RGB32 image, whose memory it shares; `build` makes the other levels, in any thread, 2 ms a megapixel.
    """

    def __init__(self, image: QImage) -> None:
        self._image = image if image.format() == QImage.Format.Format_RGB32 else image.convertToFormat(QImage.Format.Format_RGB32)
        height, width = self._image.height(), self._image.width()
        whole = np.frombuffer(self._image.constBits(), np.uint32).reshape(height, self._image.bytesPerLine() // 4)[:, :width]
        self.levels: list[Pixels] = [whole]
        self.complete = max(height, width) <= _SMALLEST

    def build(self) -> Pyramid:
        """All levels. Safe to call again, and from several threads at once."""
        if self.complete:
            return self
        levels = [self.levels[0]]
        while max(levels[-1].shape) > _SMALLEST:
            levels.append(halved(levels[-1]))
        self.levels = levels
        self.complete = True
        return self

    def scaled(self, zoom: float, box: tuple[int, int, int, int]) -> Pixels:
        """A rectangle (left, top, width, height) of the picture at that zoom, drawn from the nearest level that is not smaller.

        It lies within the picture. What is beside it counts, so that tiles fit together without a seam.
        """
        level = min(len(self.levels) - 1, max(0, math.floor(-math.log2(zoom) + 1e-9)))
        pixels, scale = self.levels[level], zoom * 2**level
        left, top, width, height = box
        edges = left / scale, top / scale, (left + width) / scale, (top + height) / scale
        edges = edges[0], edges[1], min(edges[2], pixels.shape[1]), min(edges[3], pixels.shape[0])
        way = Image.Resampling.HAMMING if scale <= 1 else Image.Resampling.BICUBIC
        return _array(_image(pixels).resize((width, height), way, edges))


def halved(pixels: Pixels) -> Pixels:
    """Half the size, each pixel the average of four."""
    return _array(_image(pixels).reduce(2))


def _image(pixels: Pixels) -> Image.Image:
    """Shares the memory. The order of the channels does not matter to what is done here."""
    height, width = pixels.shape
    return Image.frombuffer("RGBX", (width, height), np.ascontiguousarray(pixels), "raw", "RGBX", 0, 1)


def _array(image: Image.Image) -> Pixels:
    return np.frombuffer(image.tobytes(), np.uint32).reshape(image.height, image.width)


class Values:
    """The same for a map of values, uint8 (H, W); its levels are made when they are asked for."""

    def __init__(self, values: NDArray[np.uint8]) -> None:
        self.levels = [values]

    def at(self, zoom: float) -> tuple[NDArray[np.uint8], int]:
        """(the map, by what it is smaller than the picture) to draw at that zoom."""
        wanted = max(0, math.floor(-math.log2(zoom) + 1e-9))
        while len(self.levels) <= wanted and max(self.levels[-1].shape) > 1:
            self.levels.append(np.asarray(Image.fromarray(self.levels[-1]).reduce(2)))
        level = min(wanted, len(self.levels) - 1)
        return self.levels[level], 2**level
