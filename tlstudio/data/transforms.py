"""From a picture to what the network sees: resize, augment, normalise. Every random choice follows from a seed given with the picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import PIL
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from tlstudio.data.pixels import (
    as_image,
    as_pixels,
    colour_change,
    filled,
    mirrored,
    normalised,
    resized,
    turned_and_recoloured,
)
from tlstudio.recipe import Augment, Data

VERSION = 1  # of what `plain` and `source` make of a picture; raised with every change of it, or old ones would be found on the disk
# As models are evaluated on ImageNet: the shorter side is brought to 1/0.875 of the crop (256 for 224).
CROP_SHARE = 0.875
# A picture longer than this many times its width is first cut, or the resized one would be huge for a crop of its middle.
_LONGEST = 4
_RATIO = (3 / 4, 4 / 3)  # of a random crop's width to its height, as in torchvision's RandomResizedCrop
_TRIES = 10
_LARGEST_SOURCE = 3.0  # times the size


class Chances(NamedTuple):
    """What is drawn for one view. crop: (tries, 4) of 0..1, for `crop_box`; flips: two of 0..1; the others -1..1."""

    crop: NDArray[np.float64]
    flips: NDArray[np.float64]
    angle: float
    brightness: float
    contrast: float
    saturation: float
    hue: float

    @classmethod
    def drawn(cls, chance: np.random.Generator) -> Chances:
        """All of them in a fixed order, whether used or not, so that switching one change off leaves the others as they were."""
        return cls(chance.random((_TRIES, 4)), chance.random(2), *(float(value) for value in chance.uniform(-1, 1, 5)))


def generator(seed: tuple[int, ...]) -> np.random.Generator:
    """Random numbers that follow from non-negative integers alone."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed)))


class Pipeline:
    """The phases' transforms for one image size. Immutable, and safe to share between threads.

    size: side S of the square in pixels. mean, std: per channel, of values 0..1.
    """

    def __init__(self, data: Data, augment: Augment, *, size: int, mean: Sequence[float], std: Sequence[float]) -> None:
        self._data, self._augment, self.size = data, augment, size
        self.mean, self.std = tuple(mean), tuple(std)
        self._corner = empty_colour(data, self.mean)
        self._side = source_side(size, augment)

    @property
    def decode_size(self) -> int:
        """What `load_rgb` needs as at_least, see `decode_size`."""
        return decode_size(self.size, self._augment)

    @property
    def crops(self) -> bool:
        """Whether augmented views are parts of a larger picture, see `source`; else they are made from plain views."""
        return self._augment.random_crop

    @property
    def plain_facts(self) -> dict[str, Any]:
        """JSON that tells all on which `plain` depends, but for the picture."""
        return {"view": "plain", "size": self.size, "decoded": self.decode_size, **facts(self._data)}

    @property
    def source_facts(self) -> dict[str, Any]:
        """JSON that tells all on which `source` depends, but for the picture."""
        if not self.crops:
            return self.plain_facts
        return {"view": "source", "size": self.size, "side": self._side, "decoded": self.decode_size, **facts(self._data)}

    def plain(self, image: Image.Image) -> torch.Tensor:
        """The one view without chance: PIL RGB of any size as uint8 (3, S, S)."""
        if self._data.resize == "squash":
            return self._resized(as_pixels(image), self.size, self.size)
        if self._data.resize == "pad":
            return self._padded(image, self.size)
        shown = as_pixels(_not_too_long(image))
        height, width = shown.shape[1:]
        shorter, side = min(height, width), round(self.size / CROP_SHARE)
        shown = self._resized(shown, side * height // shorter, side * width // shorter)
        top, left = (round((n - self.size) / 2) for n in shown.shape[1:])
        return _apart(shown[:, top : top + self.size, left : left + self.size])

    def source(self, image: Image.Image) -> torch.Tensor:
        """What all augmented views of a picture are made from: uint8 (3, h, w).

        The picture at a size at which the smallest crops are hardly enlarged; not larger than it is. With bars where there are to be
        bars, squashed where it is to be squashed. Without random crops the plain view.
        """
        if not self.crops:
            return self.plain(image)
        side = max(self.size, min(self._side, max(image.size)))
        if self._data.resize == "pad":
            return self._padded(image, side)
        if self._data.resize == "squash":
            return self._resized(as_pixels(image), side, side)
        pixels = as_pixels(image)
        height, width = pixels.shape[1:]
        scale = min(1.0, self._side / min(height, width))
        return self._resized(pixels, max(1, round(height * scale)), max(1, round(width * scale)))

    def view(self, source: torch.Tensor, seed: tuple[int, ...]) -> torch.Tensor:
        """A random view of a picture's `source`, the same for the same seed (non-negative integers): uint8 (3, S, S)."""
        a, chances = self._augment, Chances.drawn(generator(seed))
        if a.random_crop:
            height, width = source.shape[1:]
            left, top, w, h = crop_box(width, height, a.scale, chances.crop, 1.0)
            source = self._resized(source[:, top : top + h, left : left + w], self.size, self.size)
        return varied(source, a, chances, turn_mode(self._data), self._corner)

    def augmented(self, image: Image.Image, seed: tuple[int, ...]) -> torch.Tensor:
        """A random view, the same for the same seed (non-negative integers): PIL RGB of any size as uint8 (3, S, S)."""
        return self.view(self.source(image), seed)

    def normalise(self, batch: torch.Tensor) -> torch.Tensor:
        """uint8 (B, 3, S, S) as float32 (B, 3, S, S), channels last, on the same device: (x / 255 - mean) / std."""
        return normalised(batch, self.mean, self.std)

    def _resized(self, pixels: torch.Tensor, height: int, width: int) -> torch.Tensor:
        return resized(pixels, height, width, self._data.interpolation)

    def _padded(self, image: Image.Image, side: int) -> torch.Tensor:
        """The whole picture in a square of that side, with bars."""
        scale = side / max(image.size)
        width, height = (max(1, round(n * scale)) for n in image.size)
        out = filled(side, side, self._data.pad_colour)
        left, top = (0, 0) if self._data.pad_place == "corner" else ((side - width) // 2, (side - height) // 2)
        out[:, top : top + height, left : left + width] = self._resized(as_pixels(image), height, width)
        return out


def source_side(size: int, augment: Augment) -> int:
    """Of the shorter side of what crops are taken from: such that the smallest, of the narrowest shape, are as large as the view.

    At most three times the size, for the few crops that are then enlarged are not worth the time and room of all others.
    """
    return math.ceil(size * min(_LARGEST_SOURCE, max(1 / CROP_SHARE, 1 / math.sqrt(augment.scale[0] * _RATIO[0]))))


def decode_size(size: int, augment: Augment) -> int:
    """Twice the size of the view, or more where crops may be small, so that decoding at a reduced scale does not show in it."""
    return max(2 * size, source_side(size, augment) if augment.enabled and augment.random_crop else 0)


def facts(data: Data) -> dict[str, Any]:
    """What of the section, and of the code, makes a difference to how a picture is brought to a size."""
    said = data.model_dump(mode="json", include={"resize", "pad_colour", "pad_place", "interpolation"})
    return {**said, "version": VERSION, "pillow": PIL.__version__, "torch": torch.__version__}


def empty_colour(data: Data, mean: Sequence[float]) -> tuple[int, ...]:
    """Of corners that a rotation leaves empty: that of the bars where there are bars, else one that says nothing to the network."""
    return data.pad_colour if data.resize == "pad" else tuple(round(255 * m) for m in mean)


def turn_mode(data: Data) -> InterpolationMode:
    """How a rotation makes up pixels."""
    return InterpolationMode.NEAREST if data.interpolation == "nearest" else InterpolationMode.BILINEAR


def varied(pixels: torch.Tensor, augment: Augment, chances: Chances, mode: InterpolationMode, empty: Sequence[int]) -> torch.Tensor:
    """A view mirrored, turned and recoloured as drawn: uint8 (3, H, W). empty: RGB of the corners that the turn leaves."""
    pixels = mirrored(pixels, chances.flips[0] < augment.hflip, chances.flips[1] < augment.vflip)
    angle = chances.angle * augment.rotation
    if angle and mode is InterpolationMode.NEAREST:
        pixels, angle = as_pixels(turned_nearest(as_image(pixels), angle, empty)), 0.0
    colour = colour_change(
        brightness=1 + chances.brightness * augment.brightness,
        contrast=1 + chances.contrast * augment.contrast,
        saturation=1 + chances.saturation * augment.saturation,
        hue=chances.hue * augment.hue,
    )
    return turned_and_recoloured(pixels, angle, empty, colour)


def turned_nearest(image: Image.Image, angle: float, empty: Sequence[int]) -> Image.Image:
    """Turned about the middle by degrees (counterclockwise) without blending pixels. empty: of the corners, one value a band."""
    out: Image.Image = functional.rotate(image, angle, interpolation=InterpolationMode.NEAREST, fill=list(empty))
    return out


def crop_box(width: int, height: int, scale: tuple[float, float], chance: NDArray[np.float64], shape: float) -> tuple[int, int, int, int]:
    """(left, top, width, height) of a random part, as torchvision's RandomResizedCrop draws it (Szegedy et al. 2014).

    chance: (tries, 4) of 0..1 for area, ratio, left and top. shape: factor on the ratio of width to height, 1 for a square view.
    """
    low, high = math.log(_RATIO[0]), math.log(_RATIO[1])
    for area, ratio, x, y in chance:
        pixels = width * height * (scale[0] + (scale[1] - scale[0]) * area)
        wanted = math.exp(low + (high - low) * ratio) * shape
        w, h = max(1, round(math.sqrt(pixels * wanted))), max(1, round(math.sqrt(pixels / wanted)))
        if w <= width and h <= height:
            return int(x * (width - w + 1)), int(y * (height - h + 1)), w, h
    # None fitted (a long picture): the largest middle part of an allowed ratio.
    ratio = min(max(width / height, _RATIO[0] * shape), _RATIO[1] * shape)
    w, h = min(width, max(1, round(height * ratio))), min(height, max(1, round(width / ratio)))
    return (width - w) // 2, (height - h) // 2, w, h


def _apart(pixels: torch.Tensor) -> torch.Tensor:
    """A part on its own, so that it does not keep the whole in memory."""
    return pixels.permute(1, 2, 0).clone(memory_format=torch.contiguous_format).permute(2, 0, 1)


def _not_too_long(image: Image.Image) -> Image.Image:
    """The middle of a very long picture, with room around the square that is looked at."""
    shorter, longer = sorted(image.size)
    if longer <= _LONGEST * shorter:
        return image
    cut = (longer - 2 * shorter) // 2
    across = image.width > image.height
    return image.crop((cut, 0, image.width - cut, image.height) if across else (0, cut, image.width, image.height - cut))
