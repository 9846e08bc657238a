"""A part of a picture placed in a view of it: the one description by which image and mask are both drawn, so that they stay aligned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from tlstudio.data.masks import IGNORE, Labels
from tlstudio.data.pixels import as_image, as_pixels, filled, resized

_EXACT = 1e-6  # of a pixel

Size = tuple[int, int]
"""Height and width in pixels."""


@dataclass(frozen=True, slots=True)
class Side:
    """Along one axis: pixels first..last of the view show begin..end of the picture, in its pixels, of which fractions count."""

    first: int
    last: int
    begin: float
    end: float

    @classmethod
    def of_part(cls, start: int, length: int, side: int, whole: int) -> Side:
        """A part of `length` from `start`, brought to `side`; where it reaches beyond the picture are bars."""
        step = length / side
        first = max(0, math.ceil(-start / step - 0.5))
        last = max(first, min(side, math.ceil((whole - start) / step - 0.5)))
        return cls(first, last, max(0.0, start + first * step), min(float(whole), start + last * step))


@dataclass(frozen=True, slots=True)
class Placed:
    """A part of a picture, placed in a view. original, view: heights and widths."""

    original: Size
    view: Size
    down: Side
    across: Side

    @property
    def _nothing(self) -> bool:
        return self.down.first == self.down.last or self.across.first == self.across.last

    def pixels(self, pixels: torch.Tensor, interpolation: str, empty: Sequence[int]) -> torch.Tensor:
        """The view of the picture, uint8 (3, h, w); pixels: of the picture, which may have been brought to a reduced scale."""
        if self._nothing:
            return filled(*self.view, empty)
        high, wide = pixels.shape[1:]
        x, y = _reduction(wide, self.original[1]), _reduction(high, self.original[0])
        box = (self.across.begin * x, self.down.begin * y, min(wide, self.across.end * x), min(high, self.down.end * y))
        part = _resized_part(pixels, box, (self.down.last - self.down.first, self.across.last - self.across.first), interpolation)
        if part.shape[1:] == self.view:
            return part
        out = filled(*self.view, empty)
        out[:, self.down.first : self.down.last, self.across.first : self.across.last] = part
        return out

    def labels(self, labels: Labels) -> Labels:
        """The mask of the view."""
        out = np.full(self.view, IGNORE, np.uint8)
        if not self._nothing:
            d, a = self.down, self.across
            rows = nearest(d.begin, d.end, d.last - d.first, labels.shape[0])
            columns = nearest(a.begin, a.end, a.last - a.first, labels.shape[1])
            out[d.first : d.last, a.first : a.last] = labels[rows][:, columns]
        return out


def nearest(start: float, stop: float, n: int, limit: int) -> NDArray[np.intp]:
    """Which of `limit` source pixels lies under the centre of each of n pixels that share out start..stop evenly: (n,)."""
    centres = start + (np.arange(n) + 0.5) * ((stop - start) / n)
    return centres.astype(np.intp).clip(0, limit - 1)


def _resized_part(pixels: torch.Tensor, box: tuple[float, float, float, float], size: Size, interpolation: str) -> torch.Tensor:
    """The part of a picture within (left, top, right, bottom), brought to a size. Parts of pixels count with Pillow, which is slower."""
    left, top, right, bottom = (round(edge) for edge in box)
    whole = all(abs(edge - place) < _EXACT for edge, place in zip(box, (left, top, right, bottom), strict=True))
    if whole and interpolation != "nearest":  # nearest as for labels, where a pixel lies exactly between two as well
        return resized(pixels[:, top:bottom, left:right], *size, interpolation)
    return as_pixels(as_image(pixels).resize(size[::-1], Image.Resampling[interpolation.upper()], box))


def _reduction(reduced: int, full: int) -> float:
    """Pixels of an image for one of the picture. A JPEG decoded at 1/8 has 1/8, though its last pixel may stand for less than 8."""
    times = round(full / reduced)
    return 1 / times if times and reduced == -(-full // times) else reduced / full
