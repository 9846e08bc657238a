"""Masks that tests make for themselves, with all that is hard about masks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tlstudio.data import masks
from tlstudio.data.masks import IGNORE, Labels

NAMES = ("background", "sky", "road, wet", "tree")
COLOURS = ((0, 0, 0), (230, 159, 0), (86, 180, 233), (230, 159, 0))
CODING = masks.own(NAMES, COLOURS)


def labels_of(seed: int, width: int = 48, height: int = 40) -> Labels:
    """Patches, holes in patches, single pixels, pixels that touch at corners only, and a part of which nothing is said."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((height, width), np.uint8)
    labels[3:30, 4:40] = 1
    labels[8:25, 10:30] = 2
    labels[12:18, 14:22] = 0
    labels[14:16, 16:20] = 3
    labels[30:36, 0:12] = IGNORE
    labels[10:12, 12:14] = IGNORE
    noise = rng.integers(0, 4, (8, 10)).astype(np.uint8)
    labels[height - 8 :, width - 10 :] = noise
    return labels


Made = Callable[..., dict[str, Any]]


def grey(path: Path) -> np.ndarray[Any, Any]:
    with Image.open(path) as image:
        assert image.mode in ("L", "P")
        return np.asarray(image)
