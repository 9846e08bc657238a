"""Rows of runs: one damaged folder must not hide the others."""

from __future__ import annotations

import json

import pytest

from tlstudio import api
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

STARTED = {
    **dict.fromkeys(("run", "name", "task", "model", "strategy", "device"), ""),
    **dict.fromkeys(("epochs", "steps_per_epoch", "n_train", "n_val", "n_test", "params", "params_learning"), 1),
    **{"classes": [], "cached": True, "resumed_from": [1]},
}
DAMAGED = {
    "summary.json": [{"metrics": 3}],
    "events.jsonl": [
        {"kind": "steps", "epoch": 1, "first": 1, "loss": 3, "accuracy": [], "lr": [], "backbone_lr": []},
        {"kind": "run_started", **STARTED},
    ],
}


@pytest.mark.parametrize("name", ["recipe.toml", "summary.json", "events.jsonl"])
def test_a_damaged_run_is_a_row_with_an_error(name: str) -> None:
    good, bad = Run.create(Recipe().set({"name": "good"})), Run.create(Recipe().set({"name": "bad"}))
    bad.write_text(name, "".join(json.dumps(said) + "\n" for said in DAMAGED.get(name, [[1]])))
    errors = {row["name"]: row["error"] for row in api.list_runs()}
    assert errors[good.name] is None
    assert errors[bad.name]


def test_epochs_count_through_all_stages() -> None:
    staged = Recipe().with_strategy("last-block").set({"name": "staged", "training.epochs": 10, "stages.head_epochs": 10})
    one = Run.create(staged)
    assert api.list_runs()[0]["epochs_planned"] == 20
    started = {"kind": "run_started", **STARTED, "epochs": 15, "resumed_from": None}
    one.write_text("events.jsonl", json.dumps(started) + "\n")
    found = api.list_runs()[0]
    assert (found["epochs"], found["epochs_planned"]) == (10, 15)
    one.write_json("summary.json", {"metrics": {}, "epochs": 14, "reason": "completed"})
    assert api.list_runs()[0]["epochs_planned"] == 14
