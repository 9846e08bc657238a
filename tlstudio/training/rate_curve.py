"""What a learning-rate range test says: the curve smoothed, and which rate it speaks for. Knows no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EXPLODED = 4.0
"""A test ends where the smoothed loss is so many times its lowest."""
_WIDTH = 0.2  # decades: standard deviation of the Gaussian that smooths
_WILD = 10.0  # times the first loss: what lies above counts as that, or one step would lift its whole neighbourhood
# Where so much of the fall is done, rates are as high as they may be without harm. Checked on photos of two classes, on what a few
# epochs came to with a tenth of the rate, with it and with ten times as much (head, last block, everything, from scratch).
_DONE = 0.8
_RISEN = 0.3  # of the fall lost again: the rate is too high
_BELOW = 3.0  # a suggestion lies so many times below that, at least
_FAR_BELOW = 10.0  # and this many where nothing fell before
_NOISE = 3.0  # a fall has to be so many times as large as chance makes it
_SHARE = 0.05  # and at least this share of the loss
TINY = 0.02
"""A loss (nats) below which ups and downs mean nothing: the images are known already."""
_FEWEST = 6  # losses below which nothing can be said
_NEAR = 2.0  # times: rates that are as good as each other


@dataclass(frozen=True)
class Reading:
    """smoothed: one a rate, NaN where there was no finite loss. suggestion, steepest, too_high: rates, or None where none stands out.

    steepest: where the loss falls fastest; too_high: from where on it rises. why: for the user.
    """

    smoothed: list[float]
    suggestion: float | None
    steepest: float | None
    too_high: float | None
    why: str


def read(rates: Sequence[float], losses: Sequence[float], now: float) -> Reading:
    """rates: rising; losses: one a rate, the last may be no number; now: the rate that the recipe has."""
    at, values = np.log10(np.array(rates)), np.array(losses)
    found = smooth(at, values)
    finite = np.isfinite(found)
    if finite.sum() < _FEWEST:
        why = "Too few steps were made" if finite.all() else "The loss ran away at once"
        return Reading(found.tolist(), None, None, None, f"{why}: no rate can be told. Keep {figure(now)}.")
    x, y = at[finite], found[finite]
    begin = float(np.median(y[: max(2, len(y) // 8)]))
    lowest = int(y.argmin())
    fall = begin - float(y[lowest])
    if fall < max(_SHARE * begin, TINY, _NOISE * _noise(values[finite], y)):
        return _flat(found, at, x, y, begin, now)
    too_high = _first_above(x, y, float(y[lowest]) + max(_RISEN * fall, TINY), lowest)
    if too_high is None and not finite[-1]:
        too_high = float(at[-1])
    slope = np.gradient(y[: lowest + 1], x[: lowest + 1]) if lowest else np.zeros(1)
    steepest = float(x[int(slope.argmin())])
    best = _first_below(x, y, begin - _DONE * fall)
    if too_high is not None:
        best = min(best, too_high - math.log10(_BELOW))
    rate = float(f"{10**best:.2g}")
    if too_high is not None:
        rise = f"and rises again from {figure(10**too_high)} on"
    elif y[-1] < TINY:
        rise = f"and is near 0 from {figure(10 ** _first_below(x, y, TINY))} on, where nothing is left to learn"
    else:
        rise = f"and does not rise up to {figure(rates[-1])}"
    why = f"The loss falls fastest at {figure(10**steepest)} {rise}. "
    near = 1 / _NEAR <= rate / now <= _NEAR
    good = f"Most of the fall is done at {figure(rate)}." if too_high is None else f"{figure(rate)} learns fast and lies well below that."
    why += f"The present {figure(now)} suits as well." if near else good
    return Reading(found.tolist(), rate, 10**steepest, None if too_high is None else 10**too_high, why)


def smooth(at: Floats, losses: Floats) -> Floats:
    """A mean weighted by distance, to both sides, which unlike a running mean does not lag behind. at: logarithms of the rates.

    Losses that are no number are passed over, and have none.
    """
    good = np.isfinite(losses)
    if not good.any():
        return np.full(len(losses), math.nan)
    apart = float(np.median(np.diff(at))) if len(at) > 1 else 1.0
    weights = np.exp(-0.5 * ((at[:, None] - at[None, good]) / max(_WIDTH, apart)) ** 2)
    tame = np.minimum(losses[good], _WILD * max(float(losses[good][0]), 1e-9))
    return np.where(good, (weights @ tame) / weights.sum(1), math.nan)


def figure(rate: float) -> str:
    """0.0032, 0.00001: two figures, which is as exact as such a test is."""
    text = f"{float(f'{rate:.2g}'):.12f}".rstrip("0")
    return text.rstrip(".") or "0"


def _flat(found: Floats, at: Floats, x: Floats, y: Floats, begin: float, now: float) -> Reading:
    """Nothing falls, as with a network that has learned its images already."""
    too_high = _first_above(x, y, begin + max(_RISEN * begin, EXPLODED * TINY), int(y.argmin()))
    if too_high is None and len(x) < len(at):
        too_high = float(at[-1])
    if too_high is None:
        return Reading(found.tolist(), None, None, None, f"The loss stays as it is: no rate stands out. Keep {figure(now)}.")
    limit = 10**too_high
    why = f"The loss does not fall at any rate, and rises from {figure(limit)} on. "
    if now * _BELOW <= limit:
        return Reading(found.tolist(), None, None, limit, why + f"No rate stands out: keep {figure(now)}.")
    rate = float(f"{limit / _FAR_BELOW:.2g}")
    return Reading(found.tolist(), rate, None, limit, why + f"{figure(rate)}, a tenth of that, is safe; the present {figure(now)} is not.")


def _noise(losses: Floats, smoothed: Floats) -> float:
    """How far the smoothed loss lies off by chance, judging by its beginning, where nothing happens yet."""
    some = max(_FEWEST, len(losses) // 3)
    off = np.abs(losses[:some] - smoothed[:some])
    return float(1.5 * np.median(off)) / math.sqrt(3.0)


def _first_below(x: Floats, y: Floats, level: float) -> float:
    """Where the curve comes below a level first, between its points."""
    i = int(np.argmax(y <= level))
    if i == 0 or y[i] == y[i - 1]:
        return float(x[i])
    return float(x[i - 1] + (x[i] - x[i - 1]) * (y[i - 1] - level) / (y[i - 1] - y[i]))


def _first_above(x: Floats, y: Floats, level: float, after: int) -> float | None:
    """Where the curve comes above a level first, behind a place."""
    above = np.flatnonzero(y[after:] > level)
    return float(x[after + int(above[0])]) if len(above) else None
