"""Tiles of the plane: the photo and the masks at the scale of the screen, made once, kept while there is room."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from tlstudio.gui.overlay.layers import Layer, difference, layer, plain
from tlstudio.gui.overlay.mending import changed_part, mend, worth_mending
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

    @property
    def margin(self) -> int:
        """Screen pixels around a tile that have to be known."""
        return math.ceil(self.rim) + 1


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

    def layer(self, source: Source, grid: Grid, place: Size, table: object) -> Layer:
        """table: by which it is to be painted; one that was mended is whole only for the table that it was painted by."""
        key = source, grid, place
        kept = self._kept.get(key)
        if kept is not None and kept[0].stale and not _painted_by(kept[0], table):
            self._drop(key)
        return self._get(key, lambda: self._layer(source, grid, place), lambda made: made.nbytes)

    def has_photo(self, grid: Grid, place: Size, *, grey: bool = False) -> bool:
        return self._photo_key(grid, place, grey) in self._kept

    def has_layer(self, source: Source, grid: Grid, place: Size) -> bool:
        return (source, grid, place) in self._kept

    def is_painted(self, source: Source, grid: Grid, place: Size, table: object) -> bool:
        """Whether that layer is there and looks as the table says."""
        return self.has_layer(source, grid, place) and _painted_by(self._kept[source, grid, place][0], table)

    def labels_changed(self, rect: QRect, now: Grid, sources: Collection[Source]) -> None:
        """Drop what shows labels within that rectangle of the picture; of what is looked at, make anew only the part that changed.

        sources: those that are looked at.
        """
        touched = [key for key in self._kept if _of_labels(key[0]) and _shows(key[1], key[2], rect)]
        for key in sorted(touched, key=lambda key: bool(key[0][0] != "samples")):  # what layers are made of comes first
            if key not in self._kept:  # what was made meanwhile needed its room
                continue
            made, (what, grid, place) = self._kept[key][0], key
            if grid != now or isinstance(made, int):
                self._drop(key)
            elif isinstance(made, Layer):
                if what not in sources or not self._mended(made, what, grid, place, rect):
                    self._drop(key)
            else:
                self._sample_again(made, what[1], grid, place, what[2], rect)

    def _drop(self, key: tuple[Any, ...]) -> None:
        self.used -= self._kept.pop(key)[1]

    def _mended(self, made: Layer, source: Source, grid: Grid, place: Size, rect: QRect) -> bool:
        """Whether the layer shows what changed."""
        box, margin, per = grid.rect(place), source.margin, grid.per
        part = changed_part(rect, grid.zoom).adjusted(-margin, -margin, margin, margin).intersected(box)
        if part.isEmpty():
            return True
        if not worth_mending(made, part):
            return False
        x, y, size = part.x() - box.x(), part.y() - box.y(), (part.height(), part.width())
        samples = self._codes(source, grid, place)
        if not isinstance(samples, int):
            samples = samples[y * per : (y + size[0] + 2 * margin) * per, x * per : (x + size[1] + 2 * margin) * per]
        piece = layer(samples, size, per=per, margin=margin, rim=source.rim)
        return mend(made, piece, (x, y), (part.x(), part.y()), grid.ratio, filled=not source.outline)

    def _sample_again(self, samples: Labels, kind: Kind, grid: Grid, place: Size, margin: int, rect: QRect) -> None:
        """The part of a tile's samples that shows that rectangle of the picture."""
        box, per = grid.rect(place).adjusted(-margin, -margin, margin, margin), grid.per
        part = changed_part(rect, grid.zoom).intersected(box)
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
            self._drop(next(iter(self._kept)))
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
        return layer(self._codes(source, grid, place), size, per=grid.per, margin=source.margin, rim=source.rim)

    def _codes(self, source: Source, grid: Grid, place: Size) -> Labels | int:
        """What a layer is made of: samples with a margin around the tile."""
        if source.kind != "difference":
            return self._samples(source.kind, grid, place, source.margin)
        said, true = (self._samples(kind, grid, place, source.margin) for kind in ("prediction", "truth"))
        return difference(said, true, source.solo)

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


def _of_labels(what: Any) -> bool:
    """Whether what is kept by that key shows labels: neither the photo nor a map of values."""
    return what != "photo" and what[0] not in ("confidence", "entropy")


def _painted_by(made: Layer, table: object) -> bool:
    return made.painted is not None and made.painted.table is table


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
