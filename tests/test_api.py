"""The front door: torch-free to import, checks before it works, jobs callable by name with JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.pictures import class_folders
from tlstudio import api
from tlstudio.errors import InputError, StudioError
from tlstudio.events import Event, RunFailed
from tlstudio.recipe import Recipe
from tlstudio.runs import Run


def test_importing_api_and_asking_what_needs_no_torch_imports_neither_torch_nor_qt() -> None:
    code = (
        "import sys; from tlstudio import api; api.models(); api.kinds('head'); api.kinds('optimizer'); api.validate({}); "
        "api.schedule_rates({}); api.list_runs(); "
        "print([m for m in sys.modules if m.split('.')[0] in ('torch', 'torchvision', 'timm', 'PySide6', 'pyqtgraph')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": {"name": "resnet_18"}}, "resnet18"),
        ({"head": {"kind": "liner"}}, "nearest is 'linear'"),
        ({"head": {"kind": "dropout_linear", "options": {"drop": 0.1}}}, "nearest is 'dropout'"),
        ({"head": {"kind": "dropout_linear", "options": {"dropout": 2}}}, r"head\.options\.dropout"),
        ({"optimizer": {"kind": "sdg"}}, "nearest is 'sgd'"),
        ({"schedule": {"kind": "step", "options": {"every": 0}}}, r"schedule\.options\.every"),
        ({"data": {"task": "segmentation"}}, "Linear does not fit on EfficientNet-Lite0"),
    ],
)
def test_validate_names_what_is_wrong(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        api.validate(changes)


def test_every_job_takes_and_gives_json(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    photos = class_folders(tmp_path / "photos")
    recipe = Recipe.parse({"data": {"path": str(photos), "image_size": 64}, "training": {"epochs": 2}}).model_dump(mode="json")
    scanned = api.JOBS["scan"](path=str(photos), recipe=recipe)
    drawn = api.JOBS["previews"](recipe=recipe, path=str(next(photos.rglob("*.png"))), kind="resize")
    many = api.JOBS["previews"](recipe=recipe, path=str(next(photos.rglob("*.png"))), kind="augment", seed=3)
    summary = api.JOBS["train"](recipe=recipe)
    rows = api.JOBS["runs"]()
    for document in (scanned, drawn, many, summary, rows):
        json.dumps(document, allow_nan=False)
    assert scanned["splits"]["train"] + scanned["splits"]["val"] + scanned["splits"]["test"] == 24
    assert all(Path(file).is_file() for file in (*drawn["images"].values(), *many["images"]))
    assert len(many["images"]) == 9
    assert rows[0]["path"] == summary["run"]
    assert rows[0]["state"] == "finished"
    assert len(rows[0]["curve"]) == 2
    assert api.compare([summary["run"]])[0]["val_accuracy"] == summary["metrics"]["val_accuracy"]
    assert api.resume(summary["run"]) == summary


def test_train_makes_the_folder_it_is_given_and_begins_in_it_only_once(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    recipe = {"data": {"path": str(class_folders(tmp_path / "photos")), "image_size": 64}, "training": {"epochs": 1}}
    run = str(tmp_path / "run")
    assert api.train(recipe, run)["run"] == run
    assert api.evaluate(run)["n"] > 0
    with pytest.raises(InputError, match="has begun already"):
        api.train(recipe, run)


def test_the_folder_of_a_run_says_what_was_trained(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    with pytest.raises(StudioError):
        api.train({"data": {"path": str(tmp_path / "nowhere")}}, str(run.path))
    assert run.recipe().data.path == str(tmp_path / "nowhere")


def test_a_run_that_fails_is_kept_with_the_reason(tmp_path: Path) -> None:
    said: list[Event] = []
    recipe = Recipe.parse({"data": {"path": str(tmp_path / "nowhere")}})
    run = Run.create(recipe, tmp_path / "run")
    with pytest.raises(StudioError):
        api.train(recipe, str(run.path), tell=said.append)
    assert isinstance(said[-1], RunFailed)
    assert isinstance(list(run.events())[-1], RunFailed)
    assert run.state() == "unfinished"


def test_schedules_are_what_they_say() -> None:
    step = api.schedule_rates({"schedule": {"kind": "step", "options": {"every": 2, "factor": 0.1}}, "training": {"epochs": 5}}, 1)
    assert step["lr"] == pytest.approx([0.01, 0.01, 0.001, 0.001, 0.0001])
    cosine = api.schedule_rates({"training": {"epochs": 4}}, 2)["lr"]
    assert cosine == sorted(cosine, reverse=True)
    assert cosine[4] == pytest.approx(0.005)
