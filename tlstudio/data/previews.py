"""What resizing and augmentation do to a picture, and to its mask, shown with the very pipeline that trains."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tlstudio import places
from tlstudio.data import masks, palettes
from tlstudio.data.images import load_rgb
from tlstudio.data.masks import IGNORE, Coding, Labels
from tlstudio.recipe import Augment, Data
from tlstudio.runs import cannot_write

if TYPE_CHECKING:
    import torch

RESIZES = ("crop", "pad", "squash")
# Only colours corners that a rotation leaves empty; ImageNet's, until a model says its own.
_MEAN = (0.485, 0.456, 0.406)


def resize_previews(path: Path, data: Data, size: int, *, mask: Path | None = None, coding: Coding | None = None) -> dict[str, Image.Image]:
    """The picture brought to (size, size) in each of the three ways, otherwise as the section says. Raises ImageProblem.

    Segmentation: a cropped picture has the shape that views of a data set of such pictures have, and a mask is laid over it.
    """
    shown = _Shown.decoded(path, data, Augment(), size, mask, coding)
    return {resize: shown.view(data.model_copy(update={"resize": resize}), Augment(), size, None, None) for resize in RESIZES}


def augment_previews(
    path: Path,
    data: Data,
    augment: Augment,
    size: int,
    seed: int,
    n: int = 9,
    *,
    mean: Sequence[float] | None = None,
    mask: Path | None = None,
    coding: Coding | None = None,
) -> list[Image.Image]:
    """n augmented views of the picture, RGB (size, size): the same for the same seed. mean: the model's, 0..1. Raises ImageProblem.

    Segmentation: as in `resize_previews`.
    """
    shown = _Shown.decoded(path, data, augment, size, mask, coding)
    return [shown.view(data, augment, size, mean, (seed, i, 0)) for i in range(n)]


@dataclass(frozen=True)
class _Shown:
    """A decoded picture. labels: its mask, in segmentation. clear: labels of classes that are left as they are."""

    image: Image.Image
    labels: Labels | None
    clear: frozenset[int]

    @classmethod
    def decoded(cls, path: Path, data: Data, augment: Augment, size: int, mask: Path | None, coding: Coding | None) -> _Shown:
        from tlstudio.data import mask_pipeline, transforms

        if data.task == "classification":
            return cls(load_rgb(path, max_pixels=data.max_pixels, at_least=transforms.decode_size(size, augment)), None, frozenset())
        at_least = mask_pipeline.decode_size(size, augment)
        image = load_rgb(path, max_pixels=data.max_pixels, at_least=at_least)
        if mask is None or coding is None:
            return cls(image, np.full((image.height, image.width), IGNORE, np.uint8), frozenset())
        return cls(image, masks.read(mask, coding, max_pixels=data.max_pixels), palettes.left_clear(coding.names))

    def view(self, data: Data, augment: Augment, size: int, mean: Sequence[float] | None, seed: tuple[int, ...] | None) -> Image.Image:
        """As the pipeline makes it: plain, or augmented with the seed."""
        from tlstudio.data.mask_pipeline import MaskPipeline, common_shape
        from tlstudio.data.transforms import Pipeline

        mean = data.mean or mean or _MEAN
        if self.labels is None:
            pipeline = Pipeline(data, augment, size=size, mean=mean, std=(1.0, 1.0, 1.0))
            return _as_image(pipeline.plain(self.image) if seed is None else pipeline.augmented(self.image, seed))
        height, width = self.labels.shape
        joint = MaskPipeline(data, augment, size=size, shape=common_shape([(width, height)], data, size), mean=mean, std=(1.0, 1.0, 1.0))
        pixels, under = joint.plain(self.image, self.labels) if seed is None else joint.augmented(self.image, self.labels, seed)
        return _laid_over(_as_image(pixels), under.numpy(), self.clear)


def _laid_over(image: Image.Image, labels: Labels, clear: frozenset[int]) -> Image.Image:
    """Half the picture and half the colours of its classes (H, W)."""
    colours = np.array(palettes.OKABE_ITO, np.uint16)
    pixels = np.array(image)
    shown = ~np.isin(labels, [IGNORE, *clear])
    pixels[shown] = (pixels[shown] + colours[labels[shown] % len(colours)] + 1) // 2
    return Image.fromarray(pixels)


def _as_image(view: torch.Tensor) -> Image.Image:
    return Image.fromarray(view.permute(1, 2, 0).numpy())


def saved(images: Mapping[str, Image.Image], kind: str) -> dict[str, str]:
    """Write the pictures as PNG into the cache, in place of the last ones of that kind: {name: absolute path}. Raises StudioError."""
    folder = places.cache() / "previews" / kind
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, image in images.items():
            image.save(folder / f"{name}.png", compress_level=1)
    except OSError as error:
        raise cannot_write(folder, error) from None
    return {name: str(folder / f"{name}.png") for name in images}
