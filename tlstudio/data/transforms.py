"""From a picture to what the network sees: resize, augment, normalise. Every random choice follows from a seed given with the picture."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from tlstudio.recipe import Augment, Data

# As models are evaluated on ImageNet: the shorter side is brought to 1/0.875 of the crop (256 for 224).
CROP_SHARE = 0.875
# A picture longer than this many times its width is first cut, or the resized one would be huge for a crop of its middle.
_LONGEST = 4
_RATIO = (3 / 4, 4 / 3)  # of a random crop's width to its height, as in torchvision's RandomResizedCrop
_TRIES = 10


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
        self._interpolation = InterpolationMode(data.interpolation)
        self._corner = empty_colour(data, self.mean)

    @property
    def decode_size(self) -> int:
        """What `load_rgb` needs as at_least, see `decode_size`."""
        return decode_size(self.size)

    def plain(self, image: Image.Image) -> torch.Tensor:
        """The one view without chance: PIL RGB of any size as uint8 (3, S, S)."""
        return as_tensor(self._plain(image))

    def augmented(self, image: Image.Image, seed: tuple[int, ...]) -> torch.Tensor:
        """A random view, the same for the same seed (non-negative integers): PIL RGB of any size as uint8 (3, S, S)."""
        a, chances = self._augment, Chances.drawn(generator(seed))
        out = self._cropped(image, chances.crop) if a.random_crop else self._plain(image)
        out = flipped_and_turned(out, a, chances, turn_mode(self._data), self._corner)
        return as_tensor(recoloured(out, a, chances))

    def normalise(self, batch: torch.Tensor) -> torch.Tensor:
        """uint8 (B, 3, S, S) as float32 (B, 3, S, S) on the same device: (x / 255 - mean) / std."""
        return normalised(batch, self.mean, self.std)

    def _plain(self, image: Image.Image) -> Image.Image:
        if self._data.resize == "squash":
            return self._resized(image, self.size, self.size)
        if self._data.resize == "pad":
            return self._padded(image, self.size)
        out = functional.resize(_not_too_long(image), [round(self.size / CROP_SHARE)], interpolation=self._interpolation)
        cropped: Image.Image = functional.center_crop(out, [self.size, self.size])
        return cropped

    def _resized(self, image: Image.Image, width: int, height: int) -> Image.Image:
        out: Image.Image = functional.resize(image, [height, width], interpolation=self._interpolation)
        return out

    def _padded(self, image: Image.Image, side: int) -> Image.Image:
        """The whole picture in a square of that side, with bars."""
        scale = side / max(image.size)
        width, height = (max(1, round(n * scale)) for n in image.size)
        out = Image.new("RGB", (side, side), self._data.pad_colour)
        corner = (0, 0) if self._data.pad_place == "corner" else ((side - width) // 2, (side - height) // 2)
        out.paste(self._resized(image, width, height), corner)
        return out

    def _cropped(self, image: Image.Image, chance: NDArray[np.float64]) -> Image.Image:
        """A random part, resized to the square. With bars: of the padded picture; squashed: of what is squashed."""
        if self._data.resize == "pad":
            image = self._padded(image, max(self.size, min(self.decode_size, max(image.size))))
        width, height = image.size
        squash = width / height if self._data.resize == "squash" else 1.0
        left, top, w, h = crop_box(width, height, self._augment.scale, chance, squash)
        out: Image.Image = functional.resized_crop(image, top, left, h, w, [self.size, self.size], interpolation=self._interpolation)
        return out


def decode_size(size: int) -> int:
    """Twice the size of the view, so that decoding at a reduced scale does not show in it."""
    return 2 * size


def empty_colour(data: Data, mean: Sequence[float]) -> tuple[int, ...]:
    """Of corners that a rotation leaves empty: that of the bars where there are bars, else one that says nothing to the network."""
    return data.pad_colour if data.resize == "pad" else tuple(round(255 * m) for m in mean)


def turn_mode(data: Data) -> InterpolationMode:
    """How a rotation makes up pixels."""
    return InterpolationMode.NEAREST if data.interpolation == "nearest" else InterpolationMode.BILINEAR


def flipped_and_turned(
    image: Image.Image, augment: Augment, chances: Chances, mode: InterpolationMode, empty: Sequence[int]
) -> Image.Image:
    """Mirrored and rotated as drawn, at the same size. empty: colour of the corners that the rotation leaves, one value a band."""
    if chances.flips[0] < augment.hflip:
        image = functional.horizontal_flip(image)
    if chances.flips[1] < augment.vflip:
        image = functional.vertical_flip(image)
    if augment.rotation:
        image = functional.rotate(image, chances.angle * augment.rotation, interpolation=mode, fill=list(empty))
    return image


def recoloured(image: Image.Image, augment: Augment, chances: Chances) -> Image.Image:
    """Brightness, contrast, saturation and hue as drawn."""
    if augment.brightness:
        image = functional.adjust_brightness(image, 1 + chances.brightness * augment.brightness)
    if augment.contrast:
        image = functional.adjust_contrast(image, 1 + chances.contrast * augment.contrast)
    if augment.saturation:
        image = functional.adjust_saturation(image, 1 + chances.saturation * augment.saturation)
    if augment.hue:
        image = functional.adjust_hue(image, chances.hue * augment.hue)
    return image


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


def normalised(batch: torch.Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> torch.Tensor:
    """uint8 (B, 3, H, W) as float32 (B, 3, H, W) on the same device: (x / 255 - mean) / std."""
    out = batch.to(torch.float32).div_(255)
    return out.sub_(_channels(mean, batch.device)).div_(_channels(std, batch.device))


@functools.lru_cache(maxsize=16)
def _channels(values: tuple[float, ...], device: torch.device) -> torch.Tensor:
    """One value a channel as float32 (1, 3, 1, 1) on the device; kept, for to bring it there waits for all steps before."""
    with torch.inference_mode(False):
        return torch.tensor(values, dtype=torch.float32, device=device).view(1, 3, 1, 1)


def as_tensor(image: Image.Image) -> torch.Tensor:
    """PIL RGB as uint8 (3, H, W)."""
    out: torch.Tensor = functional.pil_to_tensor(image)
    return out


def _not_too_long(image: Image.Image) -> Image.Image:
    """The middle of a very long picture, with room around the square that is looked at."""
    shorter, longer = sorted(image.size)
    if longer <= _LONGEST * shorter:
        return image
    cut = (longer - 2 * shorter) // 2
    across = image.width > image.height
    return image.crop((cut, 0, image.width - cut, image.height) if across else (0, cut, image.width, image.height - cut))
