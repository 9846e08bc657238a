"""How far rates are spread inside head and backbone, and which blocks rest."""

from __future__ import annotations

from typing import Any

import pytest

from tlstudio.gui.group_rates import GroupRates
from tlstudio.recipe import Recipe

BLOCKS = [
    {"title": "stem", "path": "", "frozen": []},
    {"title": "blocks.0", "path": "blocks.0", "frozen": ["stem", "bn"]},
    {"title": "blocks.1", "path": "blocks.1", "frozen": ["stem", "bn", "blocks.0"]},
]


@pytest.fixture
def groups(layers_document: dict[str, Any]) -> GroupRates:
    return GroupRates({**layers_document, "blocks": BLOCKS})


def test_a_group_that_rests_has_no_rate(groups: GroupRates) -> None:
    assert groups.spans(Recipe()) == {"head": (1.0, 1.0)}
    assert groups.resting(Recipe()) == [True, True, True]
    last = Recipe().with_strategy("last-block")
    assert groups.spans(last) == {"head": (1.0, 1.0), "backbone": (1.0, 1.0)}
    assert groups.resting(last) == [True, True, False]


def test_decay_and_multipliers_spread_what_learns(groups: GroupRates) -> None:
    recipe = Recipe().with_strategy("full").set({"optimizer.layer_decay": 0.5})
    low, high = groups.spans(recipe)["backbone"]
    assert (low, high) == pytest.approx((0.25, 1.0))
    recipe = recipe.set({"optimizer.multipliers": {"blocks.1": 3.0, "head.bias": 2.0}})
    spans = groups.spans(recipe)
    assert spans["backbone"] == pytest.approx((0.25, 3.0))
    assert spans["head"] == pytest.approx((1.0, 2.0))
    frozen = recipe.set({"frozen.strategy": "custom", "frozen.paths": ("stem", "bn")})
    assert groups.spans(frozen)["backbone"] == pytest.approx((0.5, 3.0)), "what is frozen does not count"


def test_a_trainable_batchnorm_makes_a_frozen_backbone_learn(groups: GroupRates) -> None:
    assert "backbone" in groups.spans(Recipe().set({"frozen.batchnorm": "train"}))
