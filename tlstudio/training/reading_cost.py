"""How long it takes to read a picture and its mask from the disk, tried on a few of them."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tlstudio.control import Control
from tlstudio.data import masks
from tlstudio.data.images import load_rgb
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.data.masks import Coding
from tlstudio.data.transforms import Pipeline
from tlstudio.errors import InputError
from tlstudio.recipe import Recipe

SAMPLES = 6  # files that are tried


def of_pictures(recipe: Recipe, pipeline: Pipeline | MaskPipeline, samples: Sequence[str], control: Control) -> float:
    """Seconds of one thread for one picture, from file to tensor, without its mask; 0 where there is none to try. Raises Cancelled."""

    def read(path: Path) -> None:
        image = load_rgb(path, max_pixels=recipe.data.max_pixels, at_least=pipeline.decode_size)
        if isinstance(pipeline, MaskPipeline):
            labels = np.zeros((image.height, image.width), np.uint8)
            _ = pipeline.augmented(image, labels, (0, 0, 0)) if recipe.augment.enabled else pipeline.plain(image, labels)
        else:
            _ = pipeline.augmented(image, (0, 0, 0)) if recipe.augment.enabled else pipeline.plain(image)

    return _median(read, samples, control)


def of_masks(recipe: Recipe, files: Sequence[str], coding: Mapping[str, Any] | None, control: Control) -> float:
    """Seconds of one thread for one mask, from file to labels; 0 where there is none to try. coding: `Coding.to_json`.

    Raises InputError where that says nothing, Cancelled.
    """
    if coding is None or not files:
        return 0.0
    try:
        known = Coding.from_json(dict(coding))
    except (KeyError, TypeError, ValueError):
        raise InputError("It cannot be told how the masks are coded", "", "Give the coding of the data document") from None
    return _median(lambda path: masks.read(path, known, max_pixels=recipe.data.max_pixels), files, control)


def _median(read: Callable[[Path], Any], files: Iterable[str], control: Control) -> float:
    seconds = []
    for path in list(files)[:SAMPLES]:
        control.check()
        began = time.perf_counter()
        with contextlib.suppress(InputError):  # a broken file is the scan's business
            read(Path(path))
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) if seconds else 0.0
