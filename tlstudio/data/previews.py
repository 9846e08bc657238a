"""What resizing and augmentation do to a picture, shown with the very pipeline that trains."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tlstudio import places
from tlstudio.data.images import load_rgb
from tlstudio.recipe import Augment, Data
from tlstudio.runs import cannot_write

if TYPE_CHECKING:
    import torch

    from tlstudio.data.transforms import Pipeline

RESIZES = ("crop", "pad", "squash")
# Only colours corners that a rotation leaves empty; ImageNet's, until a model says its own.
_MEAN = (0.485, 0.456, 0.406)


def resize_previews(path: Path, data: Data, size: int) -> dict[str, Image.Image]:
    """The picture brought to (size, size) in each of the three ways, otherwise as the section says. Raises ImageProblem."""
    out = {}
    for resize in RESIZES:
        pipeline = _pipeline(data.model_copy(update={"resize": resize}), Augment(), size, None)
        image = load_rgb(path, max_pixels=data.max_pixels, at_least=pipeline.decode_size)
        out[resize] = _as_image(pipeline.plain(image))
    return out


def augment_previews(
    path: Path, data: Data, augment: Augment, size: int, seed: int, n: int = 9, *, mean: Sequence[float] | None = None
) -> list[Image.Image]:
    """n augmented views of the picture, RGB (size, size): the same for the same seed. mean: the model's, 0..1. Raises ImageProblem."""
    pipeline = _pipeline(data, augment, size, mean)
    image = load_rgb(path, max_pixels=data.max_pixels, at_least=pipeline.decode_size)
    return [_as_image(pipeline.augmented(image, (seed, view, 0))) for view in range(n)]


def _pipeline(data: Data, augment: Augment, size: int, mean: Sequence[float] | None) -> Pipeline:
    from tlstudio.data.transforms import Pipeline

    return Pipeline(data, augment, size=size, mean=data.mean or mean or _MEAN, std=(1.0, 1.0, 1.0))


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
