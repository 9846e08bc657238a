"""From a picture and its mask to what the network sees: both resized, cut, mirrored and turned as one.

What `transforms` is for classes of whole pictures. A mask is never interpolated: each pixel of a view takes the label under its centre,
from the mask at its full size. Bars, and corners that a rotation leaves empty, are IGNORE.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from tlstudio.data.mask_geometry import Geometry
from tlstudio.data.mask_placement import Placed, Side, Size
from tlstudio.data.masks import IGNORE, Labels
from tlstudio.data.pixels import as_pixels, mirrored, normalised, resized
from tlstudio.data.transforms import Chances, crop_box, empty_colour, facts, generator, turn_mode, turned_nearest, varied
from tlstudio.recipe import Augment, Data

__all__ = ["Geometry", "MaskPipeline", "common_shape"]

_MULTIPLE = 32  # of most networks' coarsest maps
_LONGEST = 4  # times the shorter side
_MIDDLE = 0.8  # share of a crop, along each side, in which the pixel of a rare class is placed


def common_shape(sizes: Sequence[tuple[int, int]], data: Data, size: int) -> Size:
    """(H, W) of the views of a data set, which have to be of one shape to be stacked. sizes: (width, height) of its pictures.

    Padded and squashed pictures are square. Cropped ones have the shorter side `size` and the median ratio of the pictures that lie
    as most of them do, at most 4:1. Sides are multiples of 32.
    """
    side = _rounded(size)
    if data.resize != "crop" or not sizes:
        return side, side
    across = [width / height for width, height in sizes if width >= height]
    upright = [height / width for width, height in sizes if width < height]
    longer = min(_LONGEST * side, _rounded(size * float(np.median(max(across, upright, key=len)))))
    return (side, longer) if len(across) >= len(upright) else (longer, side)


def _rounded(side: float) -> int:
    return max(_MULTIPLE, int(side / _MULTIPLE + 0.5) * _MULTIPLE)


def decode_size(size: int, augment: Augment) -> int:
    """Twice the size, or more where crops may be small, so that decoding at a reduced scale does not show in a view."""
    smallest = math.sqrt(augment.scale[0]) if augment.enabled and augment.random_crop else 1.0
    return math.ceil(_rounded(size) * max(2.0, 1 / smallest))


class MaskPipeline:
    """The phases' joint transforms of pictures and masks. Immutable, and safe to share between threads.

    size: of the shorter side of a cropped picture, the longer one of a padded one, both of a squashed one; as `common_shape` rounds it.
    shape: (H, W) of the views to train with, see `common_shape`. mean, std: per channel, of values 0..1.
    """

    def __init__(self, data: Data, augment: Augment, *, size: int, shape: Size, mean: Sequence[float], std: Sequence[float]) -> None:
        self._data, self._augment, self.size, self.shape = data, augment, _rounded(size), shape
        self.mean, self.std = tuple(mean), tuple(std)
        self._empty = empty_colour(data, self.mean)

    @property
    def decode_size(self) -> int:
        """What `load_rgb` needs as at_least, see `decode_size`."""
        return decode_size(self.size, self._augment)

    @property
    def source_facts(self) -> dict[str, Any]:
        """JSON that tells all on which `source` depends, but for the picture."""
        return {"view": "mask source", "side": self.decode_size, **facts(self._data)}

    @property
    def plain_facts(self) -> dict[str, Any]:
        """JSON that tells all on which the picture of `plain` depends, but for the picture."""
        return {"view": "mask plain", "shape": list(self.shape), "decoded": self.decode_size, **facts(self._data), "empty": self._empty}

    @property
    def whole_facts(self) -> dict[str, Any]:
        """JSON that tells all on which the picture of `whole` depends, but for the picture."""
        return {"view": "mask whole", "size": self.size, "decoded": self.decode_size, **facts(self._data), "empty": self._empty}

    def source(self, image: Image.Image) -> torch.Tensor:
        """What views are made from, uint8 (3, h, w): the picture, not larger than it needs to be for them."""
        pixels = as_pixels(image)
        height, width = pixels.shape[1:]
        scale = min(1.0, self.decode_size / min(height, width))
        return resized(pixels, max(1, round(height * scale)), max(1, round(width * scale)), self._data.interpolation)

    def plain(self, image: Image.Image, labels: Labels) -> tuple[torch.Tensor, torch.Tensor]:
        """The one view without chance: uint8 (3, H, W) and its mask uint8 (H, W).

        image: PIL RGB, at the size of the labels (h0, w0) or decoded at a reduced scale.
        """
        placed = self._plain(*labels.shape)
        return self._placed(placed, as_pixels(image)), torch.from_numpy(placed.labels(labels))

    def plain_mask(self, labels: Labels) -> torch.Tensor:
        """The mask of `plain` alone."""
        return torch.from_numpy(self._plain(*labels.shape).labels(labels))

    def augmented(
        self, image: Image.Image, labels: Labels, seed: tuple[int, ...], rare: Sequence[float] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """A random view, the same for the same seed: uint8 (3, H, W) and its mask uint8 (H, W). image, labels: as for `plain`.

        rare: see `view`.
        """
        return self.view(self.source(image), labels, seed, rare)

    def view(
        self, source: torch.Tensor, labels: Labels, seed: tuple[int, ...], rare: Sequence[float] | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """A random view of a picture's `source` and its mask at full size, the same for the same seed: as `augmented`.

        rare: how much each class is to be favoured, 0 or more. Random crops are then, as often as the recipe says, placed on a pixel of
        a class drawn with those weights from the classes of this picture.
        """
        a, random = self._augment, generator(seed)
        chances, on_rare = Chances.drawn(random), random.random(5)
        height, width = labels.shape
        if a.random_crop:
            spot = _spot(labels, rare, on_rare[1], on_rare[2]) if rare is not None and on_rare[0] < a.rare_crop else None
            placed = self._cropped(height, width, chances.crop, spot, on_rare[3:])
        else:
            placed = self._plain(height, width)
        view = varied(self._placed(placed, source), a, chances, turn_mode(self._data), self._empty)
        mask = mirrored(torch.from_numpy(placed.labels(labels)), chances.flips[0] < a.hflip, chances.flips[1] < a.vflip)
        if angle := chances.angle * a.rotation:
            mask = torch.from_numpy(np.array(turned_nearest(Image.fromarray(mask.numpy()), angle, [IGNORE])))
        return view, mask

    def whole(self, image: Image.Image, original: Size | None = None) -> tuple[torch.Tensor, Geometry]:
        """The whole picture to be judged, at the scale that was trained with: uint8 (3, h, w), and where in it the picture is.

        Only "squash" changes its shape. h and w are multiples of 32, reached by padding. A long picture is not enlarged beyond four
        times the size. original: (h0, w0) of the picture where the image was decoded at a reduced scale.
        """
        geometry = self.geometry(*(original or (image.height, image.width)))
        (height, width), inner = geometry.original, geometry.inner
        placed = Placed((height, width), geometry.view, Side(0, inner[0], 0, height), Side(0, inner[1], 0, width))
        return self._placed(placed, as_pixels(image)), geometry

    def geometry(self, height: int, width: int) -> Geometry:
        """Where a picture of that size comes to lie in its view to be judged."""
        if self._data.resize == "squash":
            inner = (self.size, self.size)
        else:
            shorter, longer = sorted((height, width))
            scale = self.size / (longer if self._data.resize == "pad" else shorter)
            scale = min(scale, max(1.0, _LONGEST * self.size / longer))
            inner = (max(1, round(height * scale)), max(1, round(width * scale)))
        view = (math.ceil(inner[0] / _MULTIPLE) * _MULTIPLE, math.ceil(inner[1] / _MULTIPLE) * _MULTIPLE)
        return Geometry((height, width), view, inner)

    def normalise(self, batch: torch.Tensor) -> torch.Tensor:
        """uint8 (B, 3, H, W) as float32 (B, 3, H, W), channels last, on the same device: (x / 255 - mean) / std."""
        return normalised(batch, self.mean, self.std)

    def _placed(self, placed: Placed, pixels: torch.Tensor) -> torch.Tensor:
        return placed.pixels(pixels, self._data.interpolation, self._empty)

    def _plain(self, height: int, width: int) -> Placed:
        rows, columns = self.shape
        down, across = Side(0, rows, 0, height), Side(0, columns, 0, width)
        if self._data.resize == "pad":
            scale = min(rows / height, columns / width)
            down = self._between_bars(rows, max(1, round(height * scale)), height)
            across = self._between_bars(columns, max(1, round(width * scale)), width)
        elif self._data.resize == "crop":  # the largest part in the middle that has the shape of the view
            scale = min(height / rows, width / columns)
            down = Side(0, rows, (height - rows * scale) / 2, (height + rows * scale) / 2)
            across = Side(0, columns, (width - columns * scale) / 2, (width + columns * scale) / 2)
        return Placed((height, width), self.shape, down, across)

    def _between_bars(self, side: int, inner: int, whole: int) -> Side:
        first = 0 if self._data.pad_place == "corner" else (side - inner) // 2
        return Side(first, first + inner, 0, whole)

    def _cropped(
        self, height: int, width: int, chance: NDArray[np.float64], spot: tuple[int, int] | None, place: NDArray[np.float64]
    ) -> Placed:
        """A random part; with bars a part of the padded picture. spot: row and column of a pixel that has to be in it."""
        rows, columns = self.shape
        ratio, high, wide, above, before = columns / rows, height, width, 0, 0
        if self._data.resize == "squash":
            ratio = width / height
        elif self._data.resize == "pad":
            high, wide = max(height, round(width / ratio)), max(width, round(height * ratio))
            if self._data.pad_place == "centre":
                above, before = (high - height) // 2, (wide - width) // 2
        left, top, w, h = crop_box(wide, high, self._augment.scale, chance, ratio)
        if spot is not None:
            top = _start_around(spot[0] + above, h, high, place[0])
            left = _start_around(spot[1] + before, w, wide, place[1])
        return Placed(
            (height, width), self.shape, Side.of_part(top - above, h, rows, height), Side.of_part(left - before, w, columns, width)
        )


def _spot(labels: Labels, weights: Sequence[float], which: float, where: float) -> tuple[int, int] | None:
    """Row and column of a pixel of a class drawn with those weights; None where no class that has a weight is in the mask."""
    counts = np.array(Image.fromarray(labels).histogram()[: len(weights)])
    shares = np.cumsum(np.where(counts > 0, weights, 0.0))
    if not shares[-1] > 0:
        return None
    label = int(np.searchsorted(shares, which * shares[-1], side="right"))
    row, column = divmod(int(np.flatnonzero(labels == label)[int(where * counts[label])]), labels.shape[1])
    return row, column


def _start_around(pixel: int, length: int, whole: int, place: float) -> int:
    """Where a part of that length begins so that it contains the pixel; place 0..1: where in it. Never beyond the whole."""
    start = math.floor(pixel + 0.5 - length * ((1 - _MIDDLE) / 2 + _MIDDLE * place))
    start = min(max(start, pixel - length + 1), pixel)
    return min(max(start, 0), whole - length)
