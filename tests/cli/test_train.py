"""`train` and `resume`: what the options ask for, the run folder, ends good and bad."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.scenes import pairs
from tlstudio import places
from tlstudio.cli import output
from tlstudio.errors import StudioError
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

Command = Callable[..., Any]


def asked(run: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((run / "asked.json").read_text())
    return said


def test_the_summary_is_the_document_and_the_run_is_made(tlstudio: Command, images: Path) -> None:
    said = tlstudio("train", "--data", images, "--json")
    assert said.code == 0
    run = Path(said.document["run"])
    assert run.parent == places.runs()
    assert said.document["metrics"] == {"val_accuracy": 0.95, "val_loss": None}  # NaN is not JSON
    assert Run(run).recipe() == Recipe.model_validate(asked(run))
    assert asked(run)["frozen"]["strategy"] == "head"
    assert asked(run)["model"]["name"] == "efficientnet_lite0"


def test_strategy_then_options_then_set(tlstudio: Command, images: Path, tmp_path: Path) -> None:
    words = ["--strategy", "full", "--epochs", "3", "--model", "resnet18", "--name", "beetles", "--set", "optimizer.lr=0.5"]
    said = tlstudio("train", "--data", images, *words, "--set", "training.epochs=4", "--run-dir", tmp_path / "here", "--json")
    assert said.document["run"] == str(tmp_path / "here")
    recipe = asked(tmp_path / "here")
    suits = Recipe().with_strategy("full")
    assert recipe["optimizer"]["backbone_lr"] == suits.optimizer.backbone_lr != Recipe().optimizer.backbone_lr
    assert recipe["optimizer"]["lr"] == 0.5
    assert recipe["training"]["epochs"] == 4
    assert (recipe["model"]["name"], recipe["name"]) == ("resnet18", "beetles")


def test_a_recipe_file_keeps_its_own_rates(tlstudio: Command, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = Recipe().set({"data.path": "images", "model.weights": "mine.pt", "optimizer.lr": 0.3, "training.seed": 9})
    (tmp_path / "recipe.toml").write_text(wanted.to_toml())
    said = tlstudio("train", "recipe.toml", "--epochs", "2", "--json")
    recipe = asked(Path(said.document["run"]))
    assert recipe["optimizer"]["lr"] == 0.3
    assert recipe["training"] == {**wanted.training.model_dump(), "epochs": 2}
    assert recipe["data"]["path"] == str(images)  # so that it can be resumed from anywhere
    assert recipe["model"]["weights"] == str(tmp_path / "mine.pt")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "no images to learn from"),
        (["--data", "nowhere"], "There is nothing at"),
        (["--data", ".", "--set", "trainin.seed=3"], "The nearest is 'training.seed'"),
        (["--data", ".", "--set", "training.seed"], "has no value"),
        (["--data", ".", "--epochs", "0"], "'training.epochs' cannot be used"),
        (["--data", ".", "--strategy", "hed"], "nearest: head"),
        (["--data", ".", "--model", "nonsense"], "no model 'nonsense'"),
        (["--data", ".", "--epochs", "many"], "--epochs"),
        (["--data", ".", "--epoch", "3"], "--epochs"),
        (["missing.toml"], "cannot be read"),
    ],
)
def test_wrong_input_is_one_line_exit_2_and_no_run(tlstudio: Command, words: list[str], sentence: str) -> None:
    said = tlstudio("train", *words, "--json")
    assert said.code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert sentence in said.err
    assert not places.runs().exists()


def test_a_run_refused_by_the_job_leaves_no_folder(tlstudio: Command, images: Path, tmp_path: Path) -> None:
    said = tlstudio("train", "--data", images, "--name", "refused", "--run-dir", tmp_path / "here")
    assert said.code == 2
    assert "only one class" in said.err
    assert not (tmp_path / "here").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    assert tlstudio("train", "--data", images, "--run-dir", tmp_path / "full").code == 2
    assert (tmp_path / "full" / "thesis.txt").exists()


def test_failures_exit_1_and_keep_the_run(tlstudio: Command, images: Path, tmp_path: Path) -> None:
    said = tlstudio("train", "--data", images, "--name", "broken", "--run-dir", tmp_path / "here", "--json")
    assert said.code == 1
    assert said.out == ""
    assert said.err == "tlstudio: It broke.\n"
    assert (tmp_path / "here" / "recipe.toml").exists()
    said = tlstudio("train", "--data", images, "--name", "broken", "--debug")
    assert "Traceback" in said.err
    assert "the end of the log" in said.err


def test_a_killed_engine_is_a_sentence(tlstudio: Command, images: Path) -> None:
    said = tlstudio("train", "--data", images, "--name", "dead")
    assert said.code == 1
    assert "was killed" in said.err
    assert f"go on with 'tlstudio resume {next(places.runs().iterdir()).name}'" in said.err
    assert "Traceback" not in said.err


def test_the_way_on_is_told_for_a_run_folder_of_ones_own(tlstudio: Command, images: Path, tmp_path: Path) -> None:
    said = tlstudio("train", "--data", images, "--name", "dead", "--run-dir", tmp_path / "here")
    assert f"go on with 'tlstudio resume {tmp_path / 'here'}'" in said.err


def test_a_resume_that_learned_nothing_sends_nobody_round_in_circles(tlstudio: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.create(Recipe())
    run.last.write_bytes(b"damaged")

    def broken(*_: object) -> None:
        raise StudioError("The checkpoint cannot be read", "", "Train again")

    monkeypatch.setattr(output, "in_engine", broken)
    assert tlstudio("resume", run.name).err == "tlstudio: The checkpoint cannot be read. Train again.\n"


def test_resume_goes_on_with_an_unfinished_run(tlstudio: Command) -> None:
    run = Run.create(Recipe())
    said = tlstudio("resume", run.name, "--json")
    assert said.code == 0
    assert said.document["run"] == str(run.path)


def test_a_resume_that_is_refused_keeps_the_run(tlstudio: Command, tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "moved")
    assert tlstudio("resume", run.path).code == 2
    assert (run.path / "recipe.toml").exists()


def test_resume_of_a_finished_run_says_so(tlstudio: Command) -> None:
    run = Run.create(Recipe())
    run.write_json("summary.json", {"best_epoch": 1, "epochs": 1, "metrics": {}, "seconds": 1.0, "images_per_second": 1.0, "device": "cpu"})
    said = tlstudio("resume", run.path)
    assert said.code == 0
    assert "is finished" in said.out
    assert tlstudio("resume", run.path, "--json").document["run"] == str(run.path)


@pytest.mark.parametrize(("elsewhere", "reason", "how"), [(False, "stopped", "was stopped"), (True, "completed", "is finished")])
def test_what_is_finished_or_was_stopped_can_be_trained_longer(
    tlstudio: Command, tmp_path: Path, elsewhere: bool, reason: str, how: str
) -> None:
    run = Run.create(Recipe(), tmp_path / "my run" if elsewhere else None)
    known = {"best_epoch": 1, "epochs": 1, "metrics": {}, "seconds": 1.0, "images_per_second": 1.0, "device": "cpu", "reason": reason}
    run.write_json("summary.json", known)
    out = tlstudio("resume", run.path).out
    assert how in out
    command = next(line for line in out.splitlines() if line.startswith("To train it longer: "))
    assert shlex.split(command.partition(": ")[2]) == ["tlstudio", "resume", str(run.path) if elsewhere else run.name, "--longer", "10"]


def test_a_finished_run_is_trained_longer(tlstudio: Command) -> None:
    run = Run.create(Recipe())
    run.write_json("summary.json", {"best_epoch": 1, "epochs": 3})
    said = tlstudio("resume", run.path, "--longer", 4, "--json")
    assert (said.document["epochs"], said.document["share"]) == (7, 0.1)
    assert tlstudio("resume", run.path, "--longer", 4, "--share", 0.5, "--json").document["share"] == 0.5
    said = tlstudio("resume", run.path, "--share", 0.5)
    assert said.code == 2
    assert "Give --longer" in said.err


def test_resume_of_a_live_run_is_refused(tlstudio: Command) -> None:
    run = Run.create(Recipe())
    with run.locked():
        said = tlstudio("resume", run.path)
    assert said.code == 2
    assert "being trained right now" in said.err


def test_there_is_no_such_run(tlstudio: Command) -> None:
    for words in (["resume", "x"], ["evaluate", "x"], ["predict", "x", "y.jpg"], ["compare", "x"]):
        said = tlstudio(*words)
        assert said.code == 2
        assert "There is no run 'x'" in said.err


@pytest.mark.parametrize(
    "words",
    [
        ("data", ""),
        ("train", ""),
        ("train", "--data", ""),
        ("train", "--data", "IMAGES", "--run-dir", ""),
        ("resume", ""),
        ("evaluate", ""),
        ("evaluate", "RUN", "--data", ""),
        ("predict", "", "IMAGES"),
        ("predict", "RUN", ""),
        ("predict", "RUN", "IMAGES", "--out", ""),
        ("compare", "", "RUN"),
    ],
)
def test_an_empty_path_is_not_the_current_folder(
    tlstudio: Command, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    here = Run.create(Recipe(), tmp_path / "here")
    monkeypatch.chdir(here.path)
    said = tlstudio(*({"IMAGES": str(images), "RUN": str(run.path)}.get(word, word) for word in words))
    assert said.code == 2
    assert "empty" in said.err
    assert [path.name for path in here.path.iterdir()] == ["recipe.toml"]


def test_pictures_with_masks_are_learned_as_masks(tlstudio: Command, tmp_path: Path) -> None:
    scenes = pairs(tmp_path / "scenes", train=2, val=1)
    said = tlstudio("train", "--data", scenes, "--strategy", "full", "--set", "optimizer.lr=0.5", "--set", "data.ignore=7", "--json")
    recipe = asked(Path(said.document["run"]))
    assert (recipe["data"]["task"], recipe["head"]["kind"], recipe["data"]["ignore"]) == ("segmentation", "lraspp", [7])
    assert recipe["optimizer"]["lr"] == 0.5
    said = tlstudio("train", "--data", scenes, "--set", "data.task=classification", "--json")
    assert asked(Path(said.document["run"]))["data"]["task"] == "classification"
