"""Outlines and run lengths drawn into a mask file, once, under the cache."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tlstudio import places
from tlstudio.data import polygons, rle
from tlstudio.data.masks import Coding, Labels, write
from tlstudio.runs import cannot_write

_VERSION = 2  # counts up when the same shapes would be drawn otherwise
_LONGEST = 160  # bytes of a picture's name in that of its mask


@dataclass(frozen=True, slots=True)
class Shape:
    """One object. label: what its pixels become. rings: outlines, all of them filled. runs: COCO's run lengths, over the whole picture.

    bitmap: height, width and bytes (0 or 1 a pixel) of a part of the picture whose upper left corner is at `at` (x, y).
    """

    label: int
    rings: tuple[tuple[float, ...], ...] = ()
    runs: str | tuple[int, ...] | None = None
    bitmap: tuple[int, int, bytes] | None = None
    at: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Shapes:
    """All objects of a picture, later ones over earlier ones. size: (width, height) that they were drawn for, None if nothing says it."""

    size: tuple[int, int] | None
    shapes: tuple[Shape, ...]


def draw(shapes: Shapes, width: int, height: int) -> Labels:
    """The labels (H, W), 0 where no object is. Raises ValueError for run lengths of another size."""
    labels = np.zeros((height, width), np.uint8)
    for shape in shapes.shapes:
        for ring in shape.rings:
            polygons.fill(labels, ring, shape.label)
        if shape.runs is not None:
            labels[rle.decode(shape.runs, height, width)] = shape.label
        if shape.bitmap is not None:
            rows, columns, pixels = shape.bitmap
            x, y = max(0, shape.at[0]), max(0, shape.at[1])
            part = labels[y : max(y, shape.at[1] + rows), x : max(x, shape.at[0] + columns)]
            inside = np.frombuffer(pixels, np.uint8).reshape(rows, columns)[y - shape.at[1] :, x - shape.at[0] :]
            part[inside[: part.shape[0], : part.shape[1]] > 0] = shape.label
    return labels


def drawn(root: Path, image: str, shapes: Shapes, size: tuple[int, int], coding: Coding) -> Path:
    """The mask file of a picture below root, drawn if it is not there yet, in the size the shapes were made for, else in `size`.

    Raises ValueError as `draw`, StudioError where it cannot be written.
    """
    width, height = shapes.size or size
    said = f"{_VERSION} {width} {height} {shapes.shapes!r} {coding.classes!r}".encode("utf-8", "surrogateescape")
    name = f"{_short(Path(image).stem)}-{hashlib.blake2b(said, digest_size=10).hexdigest()}.png"
    folder = places.cache() / "masks" / hashlib.blake2b(os.fsencode(root / image), digest_size=10).hexdigest()
    path = folder / name
    if not path.is_file():
        labels = draw(shapes, width, height)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            old = list(folder.iterdir())
        except OSError as error:
            raise cannot_write(folder, error) from None
        write(path, labels, coding)
        for left in old:
            with contextlib.suppress(OSError):  # another process may be clearing up as well
                left.unlink()
    return path


def _short(stem: str) -> str:
    """So much of a name that the file of the mask can be called after it: names may have 255 bytes, and a letter takes up to four."""
    stem = stem[:80]
    while len(os.fsencode(stem)) > _LONGEST:
        stem = stem[:-1]
    return stem
