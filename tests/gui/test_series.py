"""Arrays behind the curves: the running mean, growing with a run, and thinning without losing a spike."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from tlstudio import events
from tlstudio.gui.history import RunHistory
from tlstudio.gui.series import Floats, Series, round_ticks, running_mean, thin


def _by_hand(values: list[float]) -> list[float]:
    out, mean = [], values[0]
    for value in values:
        mean = 0.85 * mean + 0.15 * value
        out.append(mean)
    return out


@pytest.mark.parametrize("n", [1, 3, 5000])
def test_running_mean_is_the_recursion(n: int) -> None:
    values = np.random.default_rng(1).normal(5, 2, n)
    assert running_mean(values) == pytest.approx(_by_hand(values.tolist()), rel=1e-12)


def test_running_mean_passes_over_what_is_not_finite() -> None:
    values = np.array([np.nan, 1.0, np.inf, 2.0])
    assert running_mean(values) == pytest.approx([np.nan, 1.0, 1.0, 0.85 + 0.3], nan_ok=True)
    assert running_mean(np.array([np.nan]), 3.0).tolist() == [3.0]


def test_a_series_read_bit_by_bit_is_the_series_read_at_once() -> None:
    values = np.random.default_rng(2).random(7000).tolist()
    history, slow, fast = RunHistory(), Series("loss"), Series("loss")
    for i in range(0, 7000, 700):
        history.add(
            events.Steps(epoch=1, first=i + 1, loss=values[i : i + 700], accuracy=[0.5] * 700, lr=[1.0] * 700, backbone_lr=[1.0] * 700)
        )
        slow.update(history)
    fast.update(history)
    assert slow.raw.tolist() == fast.raw.tolist() == values
    assert slow.smooth == pytest.approx(fast.smooth, rel=1e-9)
    assert slow.x.tolist() == list(history.x)


def test_a_resume_that_goes_back_is_read_anew() -> None:
    def steps(epoch: int, loss: float) -> events.Steps:
        return events.Steps(epoch=epoch, first=1, loss=[loss] * 2, accuracy=[0.5] * 2, lr=[1.0] * 2, backbone_lr=[1.0] * 2)

    history, series = RunHistory([steps(1, 1.0), steps(2, 9.0)]), Series("loss")
    series.update(history)
    del history.x[2:], history.loss[2:]
    history.add(steps(2, 3.0))
    history.add(steps(3, 4.0))
    series.update(history)
    assert series.raw.tolist() == [1.0, 1.0, 3.0, 3.0, 4.0, 4.0]


def test_thin_keeps_every_spike_and_little_else() -> None:
    x = np.arange(1_000_000) / 1000
    y = np.zeros_like(x)
    y[123_456], y[765_432] = 7.0, -3.0
    began = time.thread_time()
    tx, ty = thin(x, y, 0, 1000, 300)
    assert time.thread_time() - began < 0.5
    assert len(tx) <= 600
    assert (ty.max(), ty.min()) == (7.0, -3.0)
    assert abs(tx[int(np.argmax(ty))] - x[123_456]) <= 1000 / 300
    assert (np.diff(tx) >= 0).all()


def test_thin_passes_few_points_through_and_gaps_over() -> None:
    x = np.arange(10.0)
    assert thin(x, x * 2, 0, 9, 300)[1].tolist() == (x * 2).tolist()
    y = np.ones(5000)
    y[::2] = np.nan
    assert np.isfinite(thin(np.arange(5000.0), y, 0, 5000, 100)[1]).all()
    assert len(thin(np.empty(0), np.empty(0), 0, 1, 100)[0]) == 0


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [(0, 1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (58.7, 100, 6, [50, 60, 70, 80, 90, 100]), (0, 20, 5, [0, 5, 10, 15, 20])],
)
def test_round_ticks(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert round_ticks(low, high, most) == pytest.approx(ticks)


def test_round_ticks_cover_any_range() -> None:
    dice = np.random.default_rng(3)
    for _ in range(300):
        low = float(dice.normal(0, 10 ** dice.uniform(-6, 6)))
        high = low + 10 ** float(dice.uniform(-6, 6))
        ticks = round_ticks(low, high, 5)
        assert len(ticks) <= 5
        assert ticks[0] <= low + 1e-6 * (high - low)
        assert ticks[-1] >= high - 1e-6 * (high - low)


def test_a_long_series_keeps_every_extreme_of_raw_and_mean() -> None:
    random = np.random.default_rng(0)
    history, n = RunHistory(), 60_000
    history.x.extend(np.arange(n) / 100)
    history.loss.extend(random.random(n))
    history.loss[31_234] = 9.0
    history.loss[40_000] = math.nan
    series = Series("loss")
    series.update(history)
    history.x.extend([600.0, 600.01])
    history.loss.extend([-3.0, 0.5])
    series.update(history)
    for got, (x, y) in zip((series.raw, series.smooth), series.thinned(0, 700, 100), strict=True):
        assert len(x) < 2 * 100 + 64
        assert np.nanmax(y) == np.nanmax(got)
        assert np.nanmin(y) == np.nanmin(got)
        assert np.all(np.diff(x) >= 0)
    assert series.largest == 9.0
    assert x[-1] == 600.01
    part = series.thinned(300, 320, 10)[0]  # few enough to be looked at one by one
    assert np.nanmax(part[1]) == 9.0


@pytest.mark.parametrize("share", [0.02, 0.3, 0.49, 0.51, 0.9, 1.0])
@pytest.mark.parametrize("many", [9_000, 90_000])
def test_columns_stand_still_while_a_run_grows(share: float, many: int) -> None:
    random = np.random.default_rng(4)
    history, series, columns = RunHistory(), Series("loss"), 100
    step = 10 * share / many

    def thinned(n: int) -> tuple[Floats, Floats]:
        history.x.extend(step * np.arange(len(history.x) + 1, n + 1))
        history.loss.extend(random.random(len(history.x) - len(history.loss)))
        series.update(history)
        return series.thinned(0, 10, columns)[0]

    before, after = thinned(many - 20), thinned(many)
    assert columns / 2 - 1 <= len(np.unique(before[0])) <= columns + 1 + 64  # the steps of now stand one by one behind the columns
    same = min(len(before[0]), len(after[0])) - 2 * 40
    for old, new in zip(before, after, strict=True):
        assert new[:same].tolist() == old[:same].tolist()
