"""From the picture's pixels to the pixels of the screen: which label, or how much of a value, lies where. Arrays only, no widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tlstudio.gui.overlay.picture import Labels
from tlstudio.gui.overlay.view import PLAIN

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
N = TypeVar("N", np.uint8, np.uint32)


@dataclass(frozen=True)
class Patch:
    """A rectangle of the plane (screen pixels) at a zoom. margin: pixels around it that are sampled, too.

    per: samples a pixel and direction.
    """

    x: int
    y: int
    width: int
    height: int
    zoom: float
    margin: int = 0
    per: int = 1

    def columns(self) -> Floats:
        """Where the samples lie in the picture, from left to right, in picture pixels."""
        return self._places(self.x, self.width)

    def rows(self) -> Floats:
        return self._places(self.y, self.height)

    def _places(self, first: int, count: int) -> Floats:
        steps = np.arange((count + 2 * self.margin) * self.per)
        places: Floats = (first - self.margin + (steps + 0.5) / self.per) / self.zoom
        return places


def labels_at(labels: Labels, patch: Patch) -> Labels | int:
    """The label at each sample, uint8; a number where all are the same.

    From 100 % to 400 % borders are made smooth: each pixel spreads with a quadratic B-spline (three pixels wide), and the class with most
    weight wins. In the middle of a pixel that always is its own, so nothing is lost and nothing is invented. Else: the pixel below.
    """
    rows, columns = patch.rows(), patch.columns()
    if 1 < patch.zoom < PLAIN:
        return _smooth(labels, rows, columns)
    return _one(nearest(labels, rows, columns))


def nearest(values: NDArray[N], rows: Floats, columns: Floats) -> NDArray[N]:
    """The pixel that each sample lies in; outside the picture that of its edge. Of the dtype of values."""
    ys, xs = _clipped(np.floor(rows), values.shape[0]), _clipped(np.floor(columns), values.shape[1])
    area = values[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
    ys, xs = ys - ys[0], xs - xs[0]
    # gathering single numbers is what costs; so do it on the smaller array
    first, then = ((ys, 0), (xs, 1)) if len(ys) < area.shape[0] else ((xs, 1), (ys, 0))
    out: NDArray[N] = area.take(first[0], axis=first[1]).take(then[0], axis=then[1])
    return out


def values_at(values: NDArray[np.uint8], patch: Patch) -> NDArray[np.uint8]:
    """A map of values at each sample, linear between the middles of pixels below 400 %. values is a level of about that size."""
    rows, columns = patch.rows(), patch.columns()
    if patch.zoom >= PLAIN:
        return nearest(values, rows, columns)
    top, down = _between(rows, values.shape[0])
    left, right = _between(columns, values.shape[1])
    y0, x0 = top[0], left[0]
    area = values[y0 : top[-1] + 2, x0 : left[-1] + 2].astype(np.float32)
    below, beside = np.minimum(top - y0 + 1, area.shape[0] - 1), np.minimum(left - x0 + 1, area.shape[1] - 1)
    area = area[top - y0] * (1 - down)[:, None] + area[below] * down[:, None]
    area = area.take(left - x0, axis=1) * (1 - right) + area.take(beside, axis=1) * right
    out: NDArray[np.uint8] = (area + 0.5).astype(np.uint8)
    return out


def _clipped(places: Floats, length: int) -> Indices:
    out: Indices = np.clip(places, 0, length - 1).astype(np.intp)
    return out


def _between(places: Floats, length: int) -> tuple[Indices, NDArray[np.float32]]:
    """The pixel whose middle lies before each place, and how far on it is to the next, 0..1."""
    places = np.clip(places - 0.5, 0, length - 1)
    before = places.astype(np.intp)
    return before, (places - before).astype(np.float32)


def _one(labels: Labels) -> Labels | int:
    first = int(labels[0, 0])
    return first if bool((labels == first).all()) else labels


def _smooth(labels: Labels, rows: Floats, columns: Floats) -> Labels | int:
    down, across = _Spread.of(rows, labels.shape[0]), _Spread.of(columns, labels.shape[1])
    area = labels[down.first : down.end, across.first : across.end]
    pixels = np.bincount(area.ravel(), minlength=256)
    present = np.argsort(-pixels, kind="stable")[: np.count_nonzero(pixels)]
    if len(present) == 1:
        return int(present[0])
    out = np.full((len(rows), len(columns)), present[0], np.uint8)
    best = np.zeros(out.shape, np.int16)  # weight of the winner so far, the commonest class aside, which gets the rest
    rest = np.full(out.shape, _WHOLE * _WHOLE, np.int16)
    for label in present[1:]:
        own = area == label
        lines, posts = np.flatnonzero(own.any(1)), np.flatnonzero(own.any(0))
        part = down.touched(lines[0], lines[-1]), across.touched(posts[0], posts[-1])
        weights = down.over(across.over(own.view(np.int8).T, part[1]).T, part[0])
        np.copyto(out[part], np.uint8(label), where=weights > best[part])
        np.maximum(best[part], weights, out=best[part])
        rest[part] -= weights
    np.copyto(out, np.uint8(present[0]), where=rest > best)
    return out


_WHOLE = 128
"""What the three weights of a sample sum to; its square just fits 16 bits."""


@dataclass(frozen=True, eq=False)
class _Spread:
    """Along one axis: pixels first to end have weight in the samples; at: (3, n) which, counted from first; weights: (3, n) int16."""

    first: int
    end: int
    at: Indices
    weights: NDArray[np.int16]

    @classmethod
    def of(cls, places: Floats, length: int) -> _Spread:
        pixel = np.floor(places)
        off = places - pixel - 0.5
        before, after = np.round(_WHOLE * 0.5 * (0.5 - off) ** 2), np.round(_WHOLE * 0.5 * (0.5 + off) ** 2)
        at = np.clip(np.stack([pixel - 1, pixel, pixel + 1]), 0, length - 1).astype(np.intp)
        first = int(at[0, 0])
        return cls(first, int(at[2, -1]) + 1, at - first, np.stack([before, _WHOLE - before - after, after]).astype(np.int16))

    def touched(self, low: int, high: int) -> slice:
        """The samples that pixels low to high (included) have weight in."""
        return slice(int(np.searchsorted(self.at[2], low)), int(np.searchsorted(self.at[0], high, "right")))

    def over(self, values: NDArray[np.int8] | NDArray[np.int16], samples: slice) -> NDArray[np.int16]:
        """values (pixels, m) spread over those samples: (samples, m)."""
        out: NDArray[np.int16] = values.take(self.at[0, samples], axis=0) * self.weights[0, samples, None]
        for i in (1, 2):
            out += values.take(self.at[i, samples], axis=0) * self.weights[i, samples, None]
        return out
