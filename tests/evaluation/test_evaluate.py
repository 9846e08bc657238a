"""Evaluation and prediction of a run, against figures worked out by hand."""

from __future__ import annotations

import csv
import gc
import json
import os
import shutil
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.pictures import class_folders, picture
from tlstudio import api
from tlstudio.errors import InputError, StudioError
from tlstudio.evaluation import trained as trained_module
from tlstudio.evaluation.evaluate import _per_class
from tlstudio.runs import Run
from tlstudio.training.measure import Measured, wilson


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on 3 classes of 12 pictures."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("trained")
    class_folders(folder / "photos", ("ants", "bees", "wasps"))
    recipe = {"data": {"path": str(folder / "photos"), "image_size": 64, "test_share": 0.2}, "training": {"epochs": 4}}
    from tlstudio.recipe import Recipe
    from tlstudio.runs import Run

    run = Run.create(Recipe.parse(recipe), folder / "run")
    api.train(recipe, str(run.path))
    return run.path


def test_evaluate_gives_the_very_numbers_of_the_summary(trained: Path) -> None:
    summary = json.loads((trained / "summary.json").read_text())
    said = api.evaluate(str(trained))
    assert said["metrics"]["accuracy"] == summary["metrics"]["val_accuracy"]
    assert said["metrics"]["loss"] == summary["metrics"]["val_loss"]
    assert said["n"] == summary["metrics"]["val_n"] == sum(map(sum, said["confusion"]))
    assert sum(said["confusion"][i][i] for i in range(3)) / said["n"] == said["metrics"]["accuracy"]


@pytest.mark.parametrize(
    ("said", "layout"), [({"channels_last": False}, torch.contiguous_format), ({"device": "cuda"}, torch.channels_last)]
)
def test_weights_lie_as_when_the_run_measured_its_figures(
    trained: Path, tmp_path: Path, said: dict[str, object], layout: torch.memory_format
) -> None:
    run = Run(Path(shutil.copytree(trained, tmp_path / "run")))
    receipt = run.receipt() or {}
    receipt["chosen"] |= said  # what was found to be faster; what was chosen for a card that is not here
    run.write_json("receipt.json", receipt)
    found = trained_module._read(run)
    assert found.layout == layout
    assert found.network.module.get_parameter("conv_stem.weight").is_contiguous(memory_format=layout)


def test_predictions_file_holds_every_picture_with_its_probabilities(trained: Path) -> None:
    said = api.evaluate(str(trained), split="test")
    with np.load(said["predictions"]) as kept:
        names = json.loads(kept["names"].tobytes())
        truth, probabilities, loss = kept["truth"], kept["probabilities"], kept["loss"]
    assert names["classes"] == said["classes"]
    assert all(Path(path).is_file() for path in names["paths"])
    assert len(names["paths"]) == len(truth) == said["n"]
    assert probabilities.dtype == loss.dtype == np.float32
    assert probabilities.sum(1) == pytest.approx(1, abs=1e-5)
    assert loss == pytest.approx(-np.log(probabilities[range(said["n"]), truth]), abs=0.01)
    assert (probabilities.argmax(1) == truth).mean() == said["metrics"]["accuracy"]


def test_other_images_with_the_same_class_names(trained: Path, tmp_path: Path) -> None:
    other = class_folders(tmp_path / "other", ("ants", "bees"), n=4, first=50)
    said = api.evaluate(str(trained), data=str(other))
    assert said["split"] == "all"
    assert said["n"] == 8
    assert [row["n"] for row in said["per_class"]] == [4, 4, 0]
    assert said["per_class"][2]["recall"] is None


def test_other_images_with_a_foreign_class_are_refused(trained: Path, tmp_path: Path) -> None:
    other = class_folders(tmp_path / "other", ("ants", "moths"), n=3)
    with pytest.raises(InputError, match="does not know the class 'moths'"):
        api.evaluate(str(trained), data=str(other))


def test_predict_takes_files_and_folders_and_tells_of_bad_ones(trained: Path, tmp_path: Path) -> None:
    picture(0, 99).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no picture")
    said = api.predict(str(trained), [str(tmp_path)], out=str(tmp_path / "out"))
    assert [Path(entry["path"]).name for entry in said] == ["a.png", "b.png"]
    assert sum(said[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert said[0]["label"] == max(said[0]["probabilities"], key=said[0]["probabilities"].get)
    assert "b.png" in said[1]["error"]
    rows = list(csv.DictReader((tmp_path / "out" / "predictions.csv").read_text().splitlines()))
    assert rows[0]["label"] == said[0]["label"]
    assert rows[1]["error"]


@pytest.mark.skipif(os.name != "posix", reason="pipes of that kind are POSIX's")
def test_a_pipe_is_refused_and_not_waited_for(trained: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        api.predict(str(trained), [str(tmp_path / "pipe.png")])


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes on POSIX only")
def test_the_table_of_predictions_keeps_names_that_are_no_text(trained: Path, tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    picture(0, 99).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / name)
    api.predict(str(trained), [str(tmp_path / name)], out=str(tmp_path / "out"))
    assert b"caf\xe9.png" in (tmp_path / "out" / "predictions.csv").read_bytes()


def test_a_run_from_a_computer_with_another_device_can_be_used_here(trained: Path, tmp_path: Path) -> None:
    run = Run(Path(shutil.copytree(trained, tmp_path / "run")))
    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    run.write_text("recipe.toml", run.recipe().set({"training.device": missing}).to_toml())
    assert api.evaluate(str(run.path))["metrics"] == api.evaluate(str(trained))["metrics"]


def test_a_run_folder_that_cannot_be_written_is_said(trained: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(trained, tmp_path / "run", ignore=shutil.ignore_patterns("evaluations")))
    (run / "evaluations").write_text("a file in the way")
    with pytest.raises(StudioError, match="evaluations cannot be written"):
        api.evaluate(str(run))


def test_a_receipt_that_names_no_classes_is_said(trained: Path, tmp_path: Path) -> None:
    run = Run(Path(shutil.copytree(trained, tmp_path / "run")))
    run.write_text("receipt.json", "{}")
    with pytest.raises(StudioError, match=r"no readable receipt\.json"):
        api.evaluate(str(run.path))


def test_a_run_without_weights_says_so(tmp_path: Path) -> None:
    from tlstudio.recipe import Recipe
    from tlstudio.runs import Run

    run = Run.create(Recipe(), tmp_path / "run")
    with pytest.raises(InputError, match="no trained weights yet"):
        api.evaluate(str(run.path))


def test_per_class_scores_by_hand() -> None:
    logits = torch.eye(3)[torch.tensor([0, 0, 1, 1, 0])] * 9  # said: a a b b a; c was never said
    confusion, rows = _per_class(Measured(logits, torch.tensor([0, 1, 1, 1, 2])), ["a", "b", "c"])
    assert confusion == [[1, 0, 0], [1, 2, 0], [1, 0, 0]]
    assert rows[0] == {"name": "a", "precision": pytest.approx(1 / 3), "recall": 1.0, "f1": pytest.approx(0.5), "n": 1}
    assert rows[1] == {"name": "b", "precision": 1.0, "recall": pytest.approx(2 / 3), "f1": pytest.approx(0.8), "n": 3}
    assert rows[2] == {"name": "c", "precision": None, "recall": 0.0, "f1": 0.0, "n": 1}


@pytest.mark.parametrize(("correct", "n", "low", "high"), [(145, 153, 0.900, 0.973), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0)])
def test_wilson_interval(correct: int, n: int, low: float, high: float) -> None:
    assert wilson(correct, n) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize("n", [1, 3, 17, 153, 1000, 12345])
def test_wilson_interval_ends_at_0_and_1_exactly(n: int) -> None:
    assert wilson(0, n)[0] == 0.0
    assert wilson(n, n)[1] == 1.0


def test_the_network_is_kept_for_the_next_question_and_let_go_when_none_comes(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trained_module, "IDLE", 60.0)
    first = trained_module.trained(Run(trained))
    assert trained_module.trained(Run(trained)) is first
    monkeypatch.setattr(trained_module, "IDLE", 0.05)
    trained_module.trained(Run(trained))
    network = weakref.ref(first.network)
    del first
    deadline = time.monotonic() + 10
    while network() is not None and time.monotonic() < deadline:
        time.sleep(0.02)
        gc.collect()
    assert network() is None
    assert trained_module.trained(Run(trained)).classes == ["ants", "bees", "wasps"]
