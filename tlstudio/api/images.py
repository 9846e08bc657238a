"""Images: the samples, the scan, previews."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tlstudio import places, runs
from tlstudio.api.given import Document, recipe_of
from tlstudio.control import Control, Tell, silent
from tlstudio.errors import InputError
from tlstudio.recipe import Recipe


def sample(task: str = "classification", *, tell: Tell = silent, control: Control | None = None) -> Document:
    """The generated leaves; drawn if they are not there yet. {path, task}: path is what `scan` and recipes take."""
    from tlstudio.data.sample import make

    if task not in ("classification", "segmentation"):
        raise InputError(f"There is no sample for {task}", "", "Take classification or segmentation")
    images = make(places.samples() / "leaves", tell=tell, control=control)
    return {"path": str(images if task == "classification" else images.parent), "task": task}


def open_sample(task: str = "classification", *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Draw the sample and scan it: the `data` document."""
    return scan(sample(task, tell=tell, control=control)["path"], tell=tell, control=control)


def scan(path: str, *, recipe: Recipe | Mapping[str, Any] | None = None, tell: Tell = silent, control: Control | None = None) -> Document:
    """Read every file once; the `data` document, with splits as the recipe's data section says.

    Where the recipe does not say the task, that is found out by looking.
    """
    from tlstudio.data.scan import scan as scan_

    data = recipe_of(recipe or {}).data
    task = data.task if "task" in data.model_fields_set or data.task != "classification" else ""
    return scan_(runs.absolute(path), max_pixels=data.max_pixels, task=task, data=data, tell=tell, control=control).to_json(data)


def previews(
    recipe: Recipe | Mapping[str, Any],
    path: str,
    kind: str,
    *,
    seed: int = 0,
    mask: str = "",
    coding: Mapping[str, Any] | None = None,
    tell: Tell = silent,
    control: Control | None = None,
) -> Document:
    """A picture through the true transforms, as PNG files. kind resize: {images: {crop, pad, squash}}; augment: {images: [9 files]}.

    mask, coding: in segmentation the file of its mask, which is blended in, and how that codes classes (`Coding.to_json`).
    """
    from tlstudio.data.masks import Coding
    from tlstudio.data.previews import augment_previews, resize_previews, saved
    from tlstudio.models import catalogue

    wanted = recipe_of(recipe)
    entry = catalogue.find(wanted.model.name, wanted.data.task)
    size = wanted.data.image_size or entry.input_size
    file, code = Path(mask) if mask else None, Coding.from_json(dict(coding)) if coding else None
    if kind == "resize":
        drawn = resize_previews(Path(path), wanted.data, size, mask=file, coding=code)
    else:
        mean = wanted.data.mean or entry.mean
        views = augment_previews(Path(path), wanted.data, wanted.augment, size, seed, mean=mean, mask=file, coding=code)
        drawn = {str(i): view for i, view in enumerate(views)}
    files = saved(drawn, kind)
    return {"images": files if kind == "resize" else list(files.values())}
