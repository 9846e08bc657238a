"""What curves are drawn from: arrays that grow with a run, their running mean, and as few points as the pixels can show. Knows no Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tlstudio.gui.history import RunHistory

SMOOTHING = 0.85
"""Weight of the past in the running mean."""
_REACH = 240  # steps that the mean looks back: 0.85 ** 240 is below the precision of a double
_BLOCK = 32  # steps of which the smallest and largest value are kept, so that a long run is drawn without looking at each of them

Floats = NDArray[np.float64]


class Series:
    """One value per training step of a run ("loss", "accuracy", "lr", "backbone_lr"), read as it grows.

    x: place in epochs (N,). raw: as it came, NaN where it was not finite. smooth: s[i] = 0.85 s[i-1] + 0.15 raw[i], s[0] = raw[0];
    a value that is not finite leaves the mean as it was. largest: of raw, NaN while there is none.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._clear(None)

    def _clear(self, history: RunHistory | None) -> None:
        self._history = history
        self._n = 0
        self._kept = np.empty((3, 1024))
        self._low, self._high = (np.empty((2, 1024 // _BLOCK)) for _ in range(2))  # (raw and smooth, whole blocks)
        self._whole = 0
        self.largest = math.nan

    def _goes_on(self, x: Sequence[float], values: Sequence[float]) -> bool:
        """Whether what was read last still stands there."""
        if not self._n:
            return True
        now, then = (x[self._n - 1], values[self._n - 1]), self._kept[:2, self._n - 1]
        return bool(np.array_equal(now, then, equal_nan=True))

    @property
    def x(self) -> Floats:
        return self._kept[0, : self._n]

    @property
    def raw(self) -> Floats:
        return self._kept[1, : self._n]

    @property
    def smooth(self) -> Floats:
        return self._kept[2, : self._n]

    def update(self, history: RunHistory) -> None:
        """Take over what came since the last time; a resume that went back, or another run, is read anew."""
        x, values = history.x, getattr(history, self.name)
        n = min(len(x), len(values))
        if history is not self._history or n < self._n or not self._goes_on(x, values):
            self._clear(history)
        if n == self._n:
            return
        if n > self._kept.shape[1]:
            larger = np.empty((3, max(n, 2 * self._kept.shape[1])))
            larger[:, : self._n] = self._kept[:, : self._n]
            self._kept = larger
        new = slice(self._n, n)
        self._kept[0, new] = np.array(x[self._n : n])
        self._kept[1, new] = np.array(values[self._n : n])
        before = self._kept[2, self._n - 1] if self._n else math.nan
        self._kept[2, new] = running_mean(self._kept[1, new], before)
        self.largest = float(np.fmax(self.largest, np.fmax.reduce(self._kept[1, new])))
        self._n = n
        self._sum_up()

    def _sum_up(self) -> None:
        """The extremes of the blocks that have become whole."""
        room, whole = self._kept.shape[1] // _BLOCK, self._n // _BLOCK
        if room > self._low.shape[1]:
            self._low, self._high = (np.pad(kept, ((0, 0), (0, room - kept.shape[1]))) for kept in (self._low, self._high))
        new = slice(self._whole, whole)
        values = self._kept[1:, self._whole * _BLOCK : whole * _BLOCK].reshape(2, -1, _BLOCK)
        self._low[:, new], self._high[:, new] = np.fmin.reduce(values, axis=2), np.fmax.reduce(values, axis=2)
        self._whole = whole

    def thinned(self, low: float, high: float, columns: int, *, smooth: bool = True) -> list[tuple[Floats, Floats]]:
        """`thin` of raw and, if wanted, of smooth. Of a long run only blocks' extremes are looked at: an edge lies up to one off."""
        start, end = (int(i) for i in np.searchsorted(self.x, [low, high]))
        if end - start <= 4 * _BLOCK * columns:
            return [thin(self.x, values, low, high, columns) for values in (self.raw, self.smooth)[: 1 + smooth]]
        first, last = max(0, start - 1) // _BLOCK, min(self._whole, end // _BLOCK + 1)
        places = self.x[first * _BLOCK : last * _BLOCK : _BLOCK]
        rest = slice(last * _BLOCK, min(self._n, end + 1))  # the steps of now, which fill no block yet
        out = []
        for i, values in enumerate((self.raw, self.smooth)[: 1 + smooth]):
            x, y = _columns(places, self._low[i, first:last], self._high[i, first:last], low, high, columns)
            out.append((np.concatenate((x, self.x[rest])), np.concatenate((y, values[rest]))))
        return out


def running_mean(values: Floats, before: float = math.nan) -> Floats:
    """The running mean of values (N,), going on from `before`; NaN there begins with the first finite value."""
    finite = np.isfinite(values)
    if not finite.any():
        return np.full(len(values), before)
    out = np.full(len(values), math.nan)
    first = int(np.argmax(finite))
    start = values[first] if math.isnan(before) else before
    out[:first] = before
    good = values[finite]
    if len(good) < 2000:
        mean, smooth = start, np.empty(len(good))
        for i, value in enumerate(good.tolist()):
            mean = SMOOTHING * mean + (1 - SMOOTHING) * value
            smooth[i] = mean
    else:  # a long run that is opened at once: the same sum as a convolution
        kernel = (1 - SMOOTHING) * SMOOTHING ** np.arange(_REACH)
        smooth = np.convolve(good, kernel)[: len(good)]
        past = SMOOTHING ** np.arange(1, len(good) + 1, dtype=float)
        smooth += start * past
    place = np.cumsum(finite) - 1
    out[first:] = smooth[place[first:]]
    return out


def thin(x: Floats, y: Floats, low: float, high: float, columns: int) -> tuple[Floats, Floats]:
    """What of a curve with rising x can be seen between low and high in that many columns of pixels.

    Where several points fall into a column, its smallest and largest value stand for them, so that no spike is lost. NaN is passed over
    where a column has other values.
    """
    start, end = (int(i) for i in np.searchsorted(x, [low, high]))
    start, end = max(0, start - 1), min(len(x), end + 1)
    if end - start <= 4 * columns:
        return x[start:end], y[start:end]
    part = y[start:end]
    return _columns(x[start:end], part, part, low, high, columns)


def _columns(x: Floats, least: Floats, most: Floats, low: float, high: float, columns: int) -> tuple[Floats, Floats]:
    """The extremes of each column of pixels, both at its first place. least, most: (N,) of each place in x.

    The columns stand still on the axis while a run grows, so that only its end is drawn anew; where it fills but a part of the axis they
    are halved as often as they are not more.
    """
    span = float(x[-1] - x[0])
    if span <= 0:
        return np.repeat(x[:1], 2), np.array([np.fmin.reduce(least), np.fmax.reduce(most)])
    room = max(high - low, span)
    width = room / columns / 2 ** math.floor(math.log2(room / span))
    first, last = math.floor((x[0] - low) / width), math.ceil((x[-1] - low) / width)
    edges = np.minimum(np.searchsorted(x, low + width * np.arange(first, last)), len(x) - 1)
    edges[0] = 0  # it may have been rounded up
    edges = edges[np.diff(edges, prepend=-1) > 0]
    pairs = np.stack([np.fmin.reduceat(least, edges), np.fmax.reduceat(most, edges)], axis=1)
    return np.repeat(x[edges], 2), pairs.ravel()


def round_ticks(low: float, high: float, at_most: int = 5) -> list[float]:
    """Round numbers that cover low to high, at most that many: steps of 1, 2, 2.5 or 5 times a power of ten."""
    span = max(high - low, 1e-12)
    power = 10.0 ** math.floor(math.log10(span / at_most))
    for factor in (1, 2, 2.5, 5, 10, 20, 25, 50):
        step = factor * power
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first + 1 <= at_most:
            return [round(i * step, 12) for i in range(first, last + 1)]
    return [low, high]
