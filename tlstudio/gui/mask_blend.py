"""A mask laid over its picture, for small pictures everywhere in the window. Numpy only; safe in any thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from tlstudio.data import masks, palettes
from tlstudio.data.masks import IGNORE, Coding
from tlstudio.gui import theme

SHARE = 0.5  # of the class's colour in a pixel
_STRIPE = 3  # pixels; from the eighth class on stripes tell it from the one of the same colour


@dataclass(frozen=True)
class Mask:
    """A file of a mask, and how it codes classes.

    solo: the only class that is shown, -1 for all. stamp: tells a file that was written anew from what it held before.
    """

    path: str
    coding: Coding
    solo: int = -1
    stamp: int = 0

    @classmethod
    def own(cls, path: str, names: list[str]) -> Mask:
        """One that this program wrote of a prediction."""
        colours = [theme.class_colour(i) for i in range(len(names))]
        try:
            stamp = Path(path).stat().st_mtime_ns
        except OSError:
            stamp = 0
        return cls(path, masks.own(names, [(c.red(), c.green(), c.blue()) for c in colours]), -1, stamp)

    @classmethod
    def of_json(cls, path: str, coding: dict[str, Any]) -> Mask:
        """coding: as `Coding.to_json` gave it."""
        return cls(path, Coding.from_json(coding))


def blended(image: QImage, mask: Mask) -> QImage | None:
    """The picture (at any size, upright) with its mask over it, RGB32; background stays clear.

    None where the mask cannot be read. Raises nothing that a damaged file could be the reason for.
    """
    from tlstudio.errors import StudioError

    try:
        labels = masks.read(Path(mask.path), mask.coding)
    except (StudioError, OSError):
        return None
    return laid_over(image, labels, mask.coding.names, mask.solo)


def laid_over(image: QImage, labels: NDArray[np.uint8], names: list[str], solo: int = -1) -> QImage:
    """labels: (H, W) class indices of the whole picture at any size, IGNORE where nothing is said."""
    width, height = image.width(), image.height()
    out = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = ((np.arange(height) + 0.5) * labels.shape[0] / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * labels.shape[1] / width).astype(np.intp)
    small = labels[rows[:, None], columns]
    pixels = np.ndarray((height, width, 4), np.uint8, out.bits(), strides=(out.bytesPerLine(), 4, 1))
    colours, weight = _table(names, solo)
    over = colours[small].astype(np.uint16)
    again = small >= len(theme.current().classes)
    if again.any():
        stripes = (np.add.outer(np.arange(height), np.arange(width)) // _STRIPE) % 2 == 0
        over[stripes & again & (small != IGNORE)] //= 3
    share = weight[small][..., None]
    pixels[..., :3] = ((pixels[..., :3].astype(np.uint16) * (256 - share) + over * share) >> 8).astype(np.uint8)
    return out


def _table(names: list[str], solo: int) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Of each label its colour, (256, 3) in the order blue, green, red of a QImage, and its weight out of 256, (256,)."""
    colours, weight = np.zeros((256, 3), np.uint8), np.zeros(256, np.uint16)
    clear = palettes.left_clear(names)
    for label in range(len(names[:IGNORE])):
        said: QColor = theme.class_colour(label)
        colours[label] = said.blue(), said.green(), said.red()
        weight[label] = round(256 * SHARE) if (label == solo if solo >= 0 else label not in clear) else 0
    return colours, weight
