"""The rates that the tree shows are those that training takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tlstudio.gui.layer_rates import LayerRates
from tlstudio.gui.ticks import Ticks
from tlstudio.models.rates import depth_of, multiplier
from tlstudio.recipe import Optimizer

BLOCKS = [
    {"title": "stem", "frozen": []},
    {"title": "blocks.0", "frozen": ["stem", "bn"]},
    {"title": "blocks.1", "frozen": ["stem", "bn", "blocks.0"]},
]


def truth(path: str, optimizer: Optimizer) -> float:
    head = path.startswith("head")
    depth = 0 if head else depth_of(path, [block["frozen"] for block in BLOCKS])
    return multiplier(path, optimizer, depth) * (1.0 if head else optimizer.backbone_lr / optimizer.lr)


@pytest.mark.parametrize("decay", [1.0, 0.5])
@pytest.mark.parametrize("multipliers", [{}, {"blocks": 0.5, "blocks.1.conv": 3.0, "head.bias": 2.0, "stem.weight": 0.1}])
def test_every_parameter_as_in_training(layers_document: dict[str, Any], decay: float, multipliers: dict[str, float]) -> None:
    ticks = Ticks(layers_document["rows"])
    optimizer = Optimizer(lr=0.01, backbone_lr=0.001, layer_decay=decay, multipliers=multipliers)
    shares = LayerRates(ticks, {**layers_document, "blocks": BLOCKS}).shares(optimizer)
    assert shares == pytest.approx([truth(ticks.paths[row], optimizer) for row in ticks.leaves])


def test_a_shared_parameter_goes_by_its_first_name() -> None:
    rows: list[dict[str, Any]] = []
    for path, shared in (("a", None), ("a.weight", None), ("b", "a"), ("b.weight", "a.weight"), ("head", None), ("head.weight", None)):
        leaf = path.endswith("weight")
        rows.append(
            {"path": path, "kind": "parameter" if leaf else "module", "own_params": int(leaf and not shared), "shared_with": shared}
        )
    optimizer = Optimizer(lr=0.1, backbone_lr=0.1, multipliers={"b": 5.0})
    assert LayerRates(Ticks(rows), {"head_path": "head"}).shares(optimizer).tolist() == [1.0, 1.0, 1.0]


def test_a_row_knows_the_ends_of_what_learns_in_it(layers_document: dict[str, Any]) -> None:
    ticks = Ticks(layers_document["rows"])
    values = np.arange(len(ticks.leaves), dtype=float)
    low, high = ticks.extremes(values, np.logical_not(ticks.mask(["stem"])))
    at = ticks.row_of
    assert (low[at[""]], high[at[""]]) == (1, values[-1]), "all but the first, which is frozen"
    assert (low[at["blocks"]], high[at["blocks"]]) == (3, 4)
    assert low[at["stem"]] > high[at["stem"]], "nothing learns there"
    assert low[at["pool"]] > high[at["pool"]], "it has no parameters"
