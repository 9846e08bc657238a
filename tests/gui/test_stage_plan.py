"""What the window plans in stages: the same as training makes of a recipe, without the network."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tlstudio import api
from tlstudio.gui import stage_plan
from tlstudio.gui.planned import planned
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import epochs


@pytest.fixture(scope="module")
def lite() -> tuple[dict[str, Any], Any]:
    """The layers document and the network of the built-in model."""
    from tlstudio.models.network import build

    recipe = Recipe()
    return api.inspect("efficientnet_lite0", classes=2), build("efficientnet_lite0", classes=2, head=recipe.head, weights="random")


OWN = [
    {"learns": "head", "epochs": 3},
    {"learns": "blocks.5", "epochs": 2, "lr": 0.003, "backbone_lr": 0.0001},
    {"learns": "everything", "epochs": 1},
]


@pytest.mark.parametrize(
    ("strategy", "changes"),
    [
        ("head", {}),
        ("last-block", {}),
        ("last-block", {"stages.head_epochs": 0}),
        ("gradual", {}),
        ("gradual", {"stages.steps": 3, "stages.blocks": 2, "training.epochs": 11}),
        ("gradual", {"stages.steps": 50, "stages.blocks": 3, "training.epochs": 50}),
        ("full", {"stages.head_epochs": 4}),
        ("scratch", {"stages.head_epochs": 4}),
        ("full", {"stages.own": OWN}),
        ("full", {"stages.own": OWN, "stages.longer": [{"epochs": 2}]}),
        ("last-block", {"stages.longer": [{"epochs": 2}, {"epochs": 3, "share": 1.0}]}),
    ],
)
def test_the_plan_is_the_one_that_training_makes(lite: tuple[dict[str, Any], Any], strategy: str, changes: dict[str, Any]) -> None:
    from tlstudio.training import stages

    document, network = lite
    recipe = Recipe().with_strategy(strategy).set(changes)
    true, shown = stages.plan(recipe, network), stage_plan.plan(recipe, document)
    assert [(stage.first, stage.last) for stage in shown] == [(stage.first, stage.last) for stage in true]
    assert [stage.lr for stage in shown] == pytest.approx([stage.recipe.optimizer.lr for stage in true])
    assert [stage.backbone_lr for stage in shown if stage.deep] == pytest.approx(
        [stage.recipe.optimizer.backbone_lr for stage, said in zip(true, shown, strict=True) if said.deep]
    )
    if strategy != "scratch" and not recipe.stages.own:
        assert [stage.learns for stage in shown] == [stage.learns for stage in true]
    assert epochs(recipe) == true[-1].last
    frozen = set(stage_plan.frozen_at_last(recipe, document))
    last = stages.frozen_at_last(recipe, network)
    paths = last.paths if last.strategy == "custom" else document["presets"][last.strategy]
    assert frozen == set(paths)


def test_the_rates_of_all_stages_stand_on_one_axis() -> None:
    recipe = Recipe().with_strategy("gradual").set({"stages.head_epochs": 4, "training.epochs": 6, "schedule.kind": "constant"})
    x, head, backbone = planned(stage_plan.plan(recipe))
    assert x[0] == 0
    assert x[-1] < 10
    at = [int(np.searchsorted(x, place)) for place in (1, 5, 8)]
    assert head[at] == pytest.approx([0.01, 0.002, 0.001])
    assert math.isnan(backbone[at[0]])
    assert backbone[at[1:]] == pytest.approx([0.0005, 0.00025])


def test_before_the_layers_are_known_the_plan_counts_on_enough_blocks() -> None:
    recipe = Recipe().with_strategy("gradual").set({"stages.steps": 3, "training.epochs": 9})
    assert [stage.learns for stage in stage_plan.plan(recipe)] == ["head", "last block", "last 2 blocks", "last 3 blocks"]


def test_what_is_frozen_while_images_are_changed() -> None:
    said = {strategy: stage_plan.has_frozen_part(Recipe().with_strategy(strategy)) for strategy in ("head", "gradual", "full", "scratch")}
    assert said == {"head": True, "gradual": True, "full": False, "scratch": False}
