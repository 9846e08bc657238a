"""Tiles of the plane: the photo and the masks at the scale of the screen, made once, kept while there is room."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from tlstudio.gui.overlay.layers import Layer, difference, layer, plain
from tlstudio.gui.overlay.paint import image_of
from tlstudio.gui.overlay.picture import Labels, Picture
from tlstudio.gui.overlay.pyramid import Pyramid, Values
from tlstudio.gui.overlay.sampling import Patch, labels_at, nearest, values_at
from tlstudio.gui.overlay.view import PLAIN, Size

TILE = 256
BUDGET = 256 * 2**20
"""Bytes of all tiles together; what a 4K screen at double density shows takes about half of it."""

Kind = Literal["prediction", "truth", "difference", "confidence", "entropy"]
T = TypeVar("T")


class Source(NamedTuple):
    """What a layer shows. solo: the class that a difference is about. rim: width of rims in screen pixels.

    outline: only the rims are drawn; it has a layer of its own, which is painted with other colours.
    """

    kind: Kind
    solo: int | None = None
    rim: float = 1.0
    outline: bool = False


class Grid(NamedTuple):
    """The tiles of a plane. ratio: screen pixels per pixel of the desktop."""

    picture: Size
    zoom: float
    plane: Size
    ratio: float = 1.0

    @property
    def per(self) -> int:
        """Samples a pixel and direction: two make borders smooth; squares need no smoothing, the finest screens neither."""
        return 1 if self.zoom >= PLAIN or self.zoom == 1 or self.ratio >= 1.5 else 2

    def rect(self, place: Size) -> QRect:
        """What a tile covers of the plane."""
        x, y = place[0] * TILE, place[1] * TILE
        return QRect(x, y, min(TILE, self.plane[0] - x), min(TILE, self.plane[1] - y))

    def touched(self, left: int, top: int, right: int, bottom: int) -> list[Size]:
        """The tiles under a rectangle of the plane (right and bottom are outside it), the middle ones first."""
        left, top, right, bottom = max(0, left), max(0, top), min(right, self.plane[0]), min(bottom, self.plane[1])
        if left >= right or top >= bottom:
            return []
        columns, rows = range(left // TILE, (right - 1) // TILE + 1), range(top // TILE, (bottom - 1) // TILE + 1)
        x, y = (left + right) / 2 / TILE - 0.5, (top + bottom) / 2 / TILE - 0.5
        return sorted(((i, j) for j in rows for i in columns), key=lambda place: max(abs(place[0] - x), abs(place[1] - y)))


class Tiles:
    """Of one picture. Every tile is made when it is asked for the first time, in the thread that asks."""

    def __init__(self, picture: Picture, *, budget: int = BUDGET) -> None:
        self.picture = picture
        self.budget, self.used = budget, 0
        self._kept: OrderedDict[tuple[Any, ...], tuple[Any, int]] = OrderedDict()
        self._values: dict[Kind, Values] = {}

    @property
    def pyramid(self) -> Pyramid:
        return self.picture.pyramid

    def photo(self, grid: Grid, place: Size, *, grey: bool = False) -> QImage:
        """RGB32. grey: without colour and nearer to the middle, so that what is drawn above stands out."""
        return self._get(self._photo_key(grid, place, grey), lambda: self._photo(grid, place, grey), _image_bytes)

    def layer(self, source: Source, grid: Grid, place: Size) -> Layer:
        return self._get((source, grid, place), lambda: self._layer(source, grid, place), lambda made: made.nbytes)

    def has_photo(self, grid: Grid, place: Size, *, grey: bool = False) -> bool:
        return self._photo_key(grid, place, grey) in self._kept

    def has_layer(self, source: Source, grid: Grid, place: Size) -> bool:
        return (source, grid, place) in self._kept

    def labels_changed(self, rect: QRect, now: Grid) -> None:
        """Drop what shows labels within that rectangle of the picture; of the grid that is looked at, sample anew only what changed."""
        for key in [key for key in self._kept if key[0] != "photo" and _shows(key[1], key[2], rect)]:
            made, size = self._kept.pop(key)
            self.used -= size
            what, grid, place = key
            if what[0] == "samples" and grid == now and not isinstance(made, int):
                self._sample_again(made, what[1], grid, place, what[2], rect)
                self._kept[key] = made, size
                self.used += size

    def _sample_again(self, samples: Labels, kind: Kind, grid: Grid, place: Size, margin: int, rect: QRect) -> None:
        """The part of a tile's samples that shows that rectangle of the picture."""
        box, per = grid.rect(place).adjusted(-margin, -margin, margin, margin), grid.per
        reach = 2  # pixels of the picture: how far one spreads, and some rounding
        left, top = (math.floor((at - reach) * grid.zoom) - 1 for at in (rect.x(), rect.y()))
        right, bottom = (math.ceil((end + reach) * grid.zoom) + 1 for end in (rect.x() + rect.width(), rect.y() + rect.height()))
        part = QRect(left, top, right - left, bottom - top).intersected(box)
        if part.isEmpty():
            return
        labels = self.picture.truth if kind == "truth" else self.picture.prediction
        assert labels is not None
        x, y = (part.x() - box.x()) * per, (part.y() - box.y()) * per
        patch = Patch(part.x(), part.y(), part.width(), part.height(), grid.zoom, 0, per)
        samples[y : y + part.height() * per, x : x + part.width() * per] = labels_at(labels, patch)

    def _photo_key(self, grid: Grid, place: Size, grey: bool) -> tuple[Any, ...]:
        return "photo", grid, place, grey, self.pyramid.complete

    def _get(self, key: tuple[Any, ...], make: Callable[[], T], nbytes: Callable[[T], int]) -> T:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key][0]  # type: ignore[no-any-return]
        made = make()
        size = nbytes(made)
        self._kept[key] = made, size
        self.used += size
        while self.used > self.budget and len(self._kept) > 1:
            self.used -= self._kept.popitem(last=False)[1][1]
        return made

    def _photo(self, grid: Grid, place: Size, grey: bool) -> QImage:
        if grey:
            return _grey(self.photo(grid, place))
        box, pyramid = grid.rect(place), self.pyramid
        if grid.zoom >= PLAIN or grid.zoom == 1 or (grid.zoom < 1 and not pyramid.complete):
            patch = _patch(grid, place)
            return image_of(nearest(pyramid.levels[0], patch.rows(), patch.columns()), QImage.Format.Format_RGB32)
        pixels = pyramid.scaled(grid.zoom, (box.x(), box.y(), box.width(), box.height()))
        return image_of(pixels, QImage.Format.Format_RGB32)

    def _layer(self, source: Source, grid: Grid, place: Size) -> Layer:
        box = grid.rect(place)
        size = box.height(), box.width()
        if source.kind in ("confidence", "entropy"):
            return plain(self._value_tile(source.kind, grid, place), size)
        margin = math.ceil(source.rim) + 1
        if source.kind == "difference":
            said, true = self._samples("prediction", grid, place, margin), self._samples("truth", grid, place, margin)
            samples = difference(said, true, source.solo)
        else:
            samples = self._samples(source.kind, grid, place, margin)
        return layer(samples, size, per=grid.per, margin=margin, rim=source.rim)

    def _samples(self, kind: Kind, grid: Grid, place: Size, margin: int) -> Labels | int:
        labels = self.picture.truth if kind == "truth" else self.picture.prediction
        assert labels is not None
        patch = _patch(grid, place, margin, grid.per)
        return self._get(
            (("samples", kind, margin), grid, place),
            lambda: labels_at(labels, patch),
            lambda made: 64 if isinstance(made, int) else made.nbytes,
        )

    def _value_tile(self, kind: Kind, grid: Grid, place: Size) -> Labels:
        if kind not in self._values:
            values = self.picture.confidence if kind == "confidence" else self.picture.entropy
            assert values is not None
            self._values[kind] = Values(values)
        values, smaller = self._values[kind].at(grid.zoom)
        return values_at(values, _patch(Grid(grid.picture, grid.zoom * smaller, grid.plane), place))


def _patch(grid: Grid, place: Size, margin: int = 0, per: int = 1) -> Patch:
    box = grid.rect(place)
    return Patch(box.x(), box.y(), box.width(), box.height(), grid.zoom, margin, per)


def _shows(grid: Grid, place: Size, rect: QRect) -> bool:
    reach = 32 / grid.zoom + 2  # the widest contour, and what a pixel spreads
    box = grid.rect(place)
    left, top, right, bottom = rect.x() - reach, rect.y() - reach, rect.x() + rect.width() + reach, rect.y() + rect.height() + reach
    across = left * grid.zoom < box.x() + box.width() and right * grid.zoom > box.x()
    return across and top * grid.zoom < box.y() + box.height() and bottom * grid.zoom > box.y()


def _image_bytes(image: QImage) -> int:
    return image.sizeInBytes()


def _grey(image: QImage) -> QImage:
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    height, width = grey.height(), grey.width()
    values = np.frombuffer(grey.constBits(), np.uint8).reshape(height, grey.bytesPerLine())[:, :width]
    return image_of(_GREYS.take(values), QImage.Format.Format_RGB32)


_GREYS = np.array([0xFF000000 | round(0.62 * value + 34) * 0x010101 for value in range(256)], np.uint32)
