"""The signals of a run's layers as a document, also of files that are damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tlstudio import api, events
from tlstudio.errors import StudioError
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

STARTED: dict[str, Any] = {
    **{"run": "", "name": "", "task": "classification", "model": "resnet18", "strategy": "full", "epochs": 2, "steps_per_epoch": 4},
    **{"n_train": 16, "n_val": 4, "n_test": 0, "classes": ["a", "b"], "device": "cpu", "params": 9, "params_learning": 9, "cached": False},
}


def _look(epoch: int, step: int, layers: list[str]) -> dict[str, Any]:
    values: list[float] = [float(step)] * len(layers)
    told = events.Signals(epoch=epoch, step=step, layers=layers, gradient=values, update=values, drift=values, dead=[None] * len(layers))
    return told.to_json()


def _run(folder: Path, *lines: dict[str, Any]) -> str:
    run = Run.create(Recipe(), folder)
    (run.path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(run.path)


def test_looks_run_along_all_layers_that_were_told_of(tmp_path: Path) -> None:
    started = events.RunStarted(**STARTED).to_json()
    said = api.signals(_run(tmp_path / "run", started, _look(1, 2, ["head"]), _look(2, 4, ["stem", "head"])))
    assert (said["layers"], said["now"], said["model"]) == (["head", "stem"], ["stem", "head"], "resnet18")
    assert said["x"] == [0.5, 2.0]
    assert said["gradient"] == [[2.0, None], [4.0, 4.0]]
    assert said["proof"] is None


@pytest.mark.parametrize("steps", ["four", None, -4, 2.5, [4], True])
def test_places_are_not_known_where_the_number_of_steps_is_damaged(tmp_path: Path, steps: object) -> None:
    started = events.RunStarted(**STARTED).to_json() | {"steps_per_epoch": steps}
    assert events.from_json(started) is None
    said = api.signals(_run(tmp_path / "run", started, _look(1, 2, ["head"])))
    assert (said["x"], said["steps"], said["gradient"]) == ([None], [2], [[2.0]])


@pytest.mark.parametrize("damage", [{"gradient": [1.0, 2.0]}, {"layers": None}, {"epoch": "first"}, {"layers": [["head"]]}])
def test_signals_that_are_damaged_are_said_to_be(tmp_path: Path, damage: dict[str, Any]) -> None:
    started = events.RunStarted(**STARTED).to_json()
    with pytest.raises(StudioError, match=r"told of its layers cannot be read.*events\.jsonl is damaged"):
        api.signals(_run(tmp_path / "run", started, _look(1, 2, ["head"]) | damage))
