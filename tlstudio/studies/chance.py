"""How sure a mean over seeds and pictures is, and a difference of two: plain functions on arrays.

Two chances blur what a comparison finds: which pictures happened to be kept for judging, and which seed training happened to have.
With scores Y (k, n) of k seeds on n pictures, crossed, the mean over both has the variance

    images + seeds - rest,  images = var_i(mean over seeds) / n,  seeds = var_s(mean over pictures) / k,  rest = var(residuals) / (k n)

as in a two-way random effects model: images and seeds each hold the residual once, so it is taken off once, but never below the
larger of the two. Of two arms the pictures are the same ones, so their images term is that of the paired differences, and the seeds
terms add. Degrees of freedom are those of Satterthwaite. Where scores are 0 or 1, one more picture told apart to either side is
counted in, as Agresti and Min (2005) do for paired shares: with few pictures told apart the plain formula is too sure, and with none
absurd.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlstudio.studies.student_t import quantile, two_sided

Scores = NDArray[np.float64]
"""(k, n): of k seeds on n pictures, 0..1."""
COVERAGE = 0.95


@dataclass(frozen=True)
class Spread:
    """images, seeds: variances of the mean by their source; variance: of the mean; df: degrees of freedom of that."""

    images: float
    seeds: float
    variance: float
    df: float

    @property
    def half(self) -> float:
        """Half the width of the 95 % interval."""
        return quantile(COVERAGE, self.df) * math.sqrt(self.variance) if self.variance > 0 else 0.0


@dataclass(frozen=True)
class Difference:
    """Of the means of a over b. spread: None where there are less than two pictures; interval and p are None then."""

    value: float
    spread: Spread | None

    @property
    def interval(self) -> tuple[float, float] | None:
        if self.spread is None:
            return None
        half = self.spread.half
        return max(-1.0, self.value - half), min(1.0, self.value + half)

    @property
    def p(self) -> float | None:
        """Probability of a difference as large or larger between equals."""
        if self.spread is None:
            return None
        if self.spread.variance <= 0:
            return float(self.value == 0)
        return two_sided(self.value / math.sqrt(self.spread.variance), self.spread.df)


def difference(a: Scores, b: Scores) -> Difference:
    """Of two arms on the same pictures: scores (k_a, n) and (k_b, n)."""
    paired = a.mean(0) - b.mean(0)
    n, value = a.shape[1], float(paired.mean())
    if n < 2:
        return Difference(value, None)
    counted = _is_binary(a) and _is_binary(b)
    images = float(paired.var(ddof=1)) / n + (2.0 / n**2 if counted else 0.0)
    return Difference(value, _spread(images, n, (a, b)))


def mean(scores: Scores) -> tuple[float, tuple[float, float] | None]:
    """The mean over seeds and pictures and its 95 % interval; None where there are less than two pictures.

    Of scores that are 0 or 1 by Wilson's formula, with as many pictures as would have this variance, but not more than there are.
    """
    n = scores.shape[1]
    value = float(scores.mean())
    if n < 2:
        return value, None
    spread = _spread(float(scores.mean(0).var(ddof=1)) / n, n, (scores,))
    if not _is_binary(scores):
        return value, (max(0.0, value - spread.half), min(1.0, value + spread.half))
    known = min(float(n), value * (1 - value) / spread.variance) if spread.variance > 0 else float(n)
    t = quantile(COVERAGE, spread.df)
    centre, half = value + t * t / (2 * known), t * math.sqrt(value * (1 - value) / known + (t / (2 * known)) ** 2)
    low, high = (centre - half) / (1 + t * t / known), (centre + half) / (1 + t * t / known)
    return value, (0.0 if value == 0 else low, 1.0 if value == 1 else high)  # rounding misses these by a hair


def holm(ps: Sequence[float]) -> list[float]:
    """p values of several tests, raised so that any false alarm among all of them is as rare as with one (Holm, 1979)."""
    out, least = [0.0] * len(ps), 0.0
    for rank, i in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        least = max(least, min(1.0, (len(ps) - rank) * ps[i]))
        out[i] = least
    return out


def needed(spread: Spread, n: int, k: int, points: float = 0.01) -> tuple[int, int]:
    """Pictures and seeds with which the 95 % interval is `points` to either side.

    The k seeds stay where they blur it by half of that variance at most; else each gets its half.
    """
    wanted, seeds = (points / quantile(COVERAGE, 1e6)) ** 2, max(0.0, spread.variance - spread.images)
    if seeds <= wanted / 2:
        return math.ceil(n * spread.images / (wanted - seeds)), k
    return math.ceil(n * spread.images / (wanted / 2)), math.ceil(k * seeds / (wanted / 2))


def _spread(images: float, n: int, arms: tuple[Scores, ...]) -> Spread:
    """images: variance of the mean (or of the difference) that comes from the pictures, which are the same for all arms."""
    several = [arm for arm in arms if arm.shape[0] > 1]
    if not several:  # one run each: the chance of training is not known
        return Spread(images, 0.0, images, n - 1)
    usual = sum(_of_seeds(arm)[0] for arm in several) / len(several)
    seeds = rest = weights = 0.0
    for arm in arms:
        k = arm.shape[0]
        one, residual = _of_seeds(arm) if k > 1 else (usual, 0.0)  # a single run is taken to vary as the other arm's do
        seeds, rest = seeds + one / k, rest + residual / (k * n)
        degrees = k - 1 if k > 1 else min(arm.shape[0] for arm in several) - 1
        weights += (one / k) ** 2 / degrees
    variance = max(images, seeds, images + seeds - rest)
    weights += images**2 / (n - 1)
    return Spread(images, seeds, variance, max(1.0, variance**2 / weights) if weights > 0 else float(n - 1))


def _of_seeds(arm: Scores) -> tuple[float, float]:
    """Variance of the runs' means, and of what neither run nor picture explains."""
    k, n = arm.shape
    of_run = arm.mean(1)
    residual = arm - of_run[:, None] - arm.mean(0)[None, :] + arm.mean()
    return float(of_run.var(ddof=1)), float((residual**2).sum()) / ((k - 1) * (n - 1))


def _is_binary(scores: Scores) -> bool:
    return bool(np.isin(scores, (0.0, 1.0)).all())
