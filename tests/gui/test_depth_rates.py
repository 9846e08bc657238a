"""What a hand on the curve over depth makes of the recipe."""

from __future__ import annotations

import pytest

from tlstudio.gui.depth_rates import STEEPEST, DepthRates
from tlstudio.recipe import Optimizer

BLOCKS = [{"title": path or "stem", "path": path} for path in ("", "b.0", "b.1", "b.2", "b.3")]


def values(rates: DepthRates) -> list[float]:
    return [round(rates.value(at), 6) for at in range(len(rates))]


def test_decay_is_a_line_on_a_log_axis() -> None:
    rates = DepthRates(BLOCKS, Optimizer(layer_decay=0.5))
    assert values(rates) == [0.0625, 0.125, 0.25, 0.5, 1.0]
    assert rates.changed()
    assert not DepthRates(BLOCKS, Optimizer()).changed()


def test_the_whole_curve_goes_through_the_hand() -> None:
    rates = DepthRates(BLOCKS, Optimizer()).with_curve(1, 0.125)
    assert rates.optimizer.layer_decay == 0.5
    assert rates.with_curve(4, 0.1) is rates, "the last block says nothing about decay"
    assert rates.with_curve(0, 1e-12).optimizer.layer_decay == STEEPEST
    assert rates.with_curve(0, 50.0).optimizer.layer_decay == 1.0


def test_a_point_becomes_a_multiplier_and_on_the_line_none() -> None:
    rates = DepthRates(BLOCKS, Optimizer(layer_decay=0.5)).with_point(2, 1.0)
    assert rates.optimizer.multipliers == {"b.1": 4.0}
    assert values(rates) == [0.0625, 0.125, 1.0, 0.5, 1.0]
    assert rates.own(2)
    assert rates.with_point(2, 0.252).optimizer.multipliers == {}
    assert rates.without_point(2).changes() == {"optimizer.layer_decay": 0.5, "optimizer.multipliers": {}}


def test_a_multiplier_above_the_block_is_kept_in_mind() -> None:
    rates = DepthRates(BLOCKS, Optimizer(multipliers={"b": 0.1}))
    assert values(rates) == [1.0, 0.1, 0.1, 0.1, 0.1]
    assert rates.with_point(3, 0.5).optimizer.multipliers == {"b": 0.1, "b.2": 0.5}
    assert rates.with_point(3, 0.1).optimizer.multipliers == {"b": 0.1}
    moved = rates.with_curve(1, 0.0125)
    assert moved.optimizer.layer_decay == pytest.approx(0.5, abs=0.001)


def test_plain_keeps_what_is_set_inside_blocks() -> None:
    rates = DepthRates(BLOCKS, Optimizer(layer_decay=0.7, multipliers={"b.1": 2.0, "b.1.conv": 3.0}))
    assert rates.plain().changes() == {"optimizer.layer_decay": 1.0, "optimizer.multipliers": {"b.1.conv": 3.0}}
