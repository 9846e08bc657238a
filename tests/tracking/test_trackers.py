"""Trackers: what they write of a run that was interrupted, that went back, and whose tracker breaks."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tlstudio import tracking
from tlstudio.errors import InputError
from tlstudio.event_log import EventLog
from tlstudio.events import EpochEnded, Event, RunEnded, RunStarted, Signals, Steps, WentBack
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

STARTED = {
    **{"name": "", "task": "classification", "model": "m", "strategy": "head", "epochs": 2, "steps_per_epoch": 2, "n_train": 4, "n_val": 2},
    **{"n_test": 0, "classes": ["a", "b"], "device": "cpu", "params": 9, "params_learning": 3, "cached": False},
}


def started(resumed_from: tuple[int, int] | None = None) -> RunStarted:
    said: dict[str, Any] = STARTED
    return RunStarted(run="r", resumed_from=resumed_from, **said)


def steps(epoch: int, *losses: float, first: int = 1) -> Steps:
    many = len(losses)
    return Steps(epoch=epoch, first=first, loss=list(losses), accuracy=[0.5] * many, lr=[0.01] * many, backbone_lr=[0.0] * many)


def epoch(number: int, val_loss: float) -> EpochEnded:
    said: dict[str, Any] = {
        "stage": "head",
        "train_loss": 1.0,
        "train_accuracy": 0.5,
        "val_accuracy": 0.5,
        "correct": 1,
        "n": 2,
        "lr": 0.01,
    }
    said |= {"backbone_lr": 0.0, "seconds": 0.1, "images_per_second": 40.0, "best": True}
    return EpochEnded(epoch=number, val_loss=val_loss, **said)


def told(run: Run, to: str, events: Iterable[Event]) -> list[str]:
    """One session of the run, as training records it: what was said of the trackers."""
    trackers, log, notes = tracking.Trackers(Recipe().set({"tracking.to": (to,)}), run), EventLog(run), []
    for event in events:
        log.write(event)
        notes += [note.message for note in trackers.take(event)]
    notes += [note.message for note in trackers.close()]
    log.close()
    return notes


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(Recipe(), tmp_path / "run")


FIRST = [started(), steps(1, 0.9, 0.8), epoch(1, 0.7), steps(2, 0.6)]
SECOND = [started((1, 0)), steps(2, 0.61, 0.5), epoch(2, 0.4), WentBack(epochs=1, steps=1, sentence="x"), steps(2, 0.55, first=2)]
LAYERS = Signals(epoch=2, step=2, layers=["fc"], gradient=[0.1], update=[None], drift=[0.0], dead=[None])


def test_csv_tells_one_continuous_run(run: Run) -> None:
    assert told(run, "csv", FIRST) == []
    assert told(run, "csv", [*SECOND, epoch(2, 0.3)]) == []
    rows = list(csv.DictReader((run.path / "steps.csv").read_text().splitlines()))
    assert [(row["epoch"], row["step"], row["loss"]) for row in rows] == [
        ("1", "1", "0.9"),
        ("1", "2", "0.8"),
        ("2", "1", "0.61"),
        ("2", "2", "0.55"),
    ]
    rows = list(csv.DictReader((run.path / "epochs.csv").read_text().splitlines()))
    assert [(row["epoch"], row["val_loss"], row["val_mean_iou"]) for row in rows] == [("1", "0.7", ""), ("2", "0.3", "")]


def test_tensorboard_gets_every_step_once(run: Run) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert told(run, "tensorboard", FIRST) == []
    assert told(run, "tensorboard", [*SECOND, LAYERS]) == []
    read = EventAccumulator(str(run.path / "tensorboard"))
    read.Reload()
    assert [(each.step, round(each.value, 3)) for each in read.Scalars("train/loss")] == [(1, 0.9), (2, 0.8), (3, 0.61), (4, 0.55)]
    assert [each.step for each in read.Scalars("val/loss")] == [2]
    assert read.Scalars("gradient/fc")[0].step == 4
    assert "update/fc" not in read.Tags()["scalars"]


class _There:
    """Stands in for a run at Weights & Biases, which takes seconds to start."""

    def __init__(self) -> None:
        self.logged: list[dict[str, float]] = []
        self.summary: dict[str, Any] = {}
        self.finished = False

    def log(self, said: dict[str, float]) -> None:
        self.logged.append(said)

    def define_metric(self, *names: str, **_: str) -> None: ...

    def finish(self) -> None:
        self.finished = True


def test_weights_and_biases(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    wandb = pytest.importorskip("wandb")
    there, asked = _There(), dict[str, Any]()
    monkeypatch.setattr(wandb, "init", lambda **said: asked.update(said) or there)
    ended = RunEnded(reason="completed", summary={"best_epoch": 1, "metrics": {"val_loss": 0.7, "val_accuracy_interval": [0, 1]}})
    assert told(run, "wandb", [*FIRST, LAYERS, ended]) == []
    assert asked["mode"] == "offline"
    assert asked["config"]["frozen.strategy"] == "head"
    assert asked["dir"] == str(run.path)
    assert [said["step"] for said in there.logged] == [1, 2, 2, 3, 4]
    assert there.summary == {"val_loss": 0.7, "best_epoch": 1}
    assert there.finished
    first = asked["id"]
    told(run, "wandb", FIRST)
    assert asked["id"] == first  # it goes on there
    told(Run.create(Recipe()), "wandb", FIRST)
    assert asked["id"] != first


def test_a_tracker_that_breaks_is_let_go_and_training_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlstudio.tracking.csv import CsvFiles

    def full(self: CsvFiles, event: Event) -> None:
        raise OSError(28, "No space left on device")

    closed: list[CsvFiles] = []
    monkeypatch.setattr(CsvFiles, "take", full)
    monkeypatch.setattr(CsvFiles, "close", lambda self: closed.append(self))
    (note,) = told(run, "csv", FIRST)
    assert note.startswith("CSV gets no more figures of this run: [Errno 28]")
    assert len(closed) == 1  # its files, and at Weights & Biases a process, would stay behind


def test_unknown_and_missing_trackers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="tensorbord") as unknown:
        tracking.check(Recipe().set({"tracking.to": ("tensorbord",)}).tracking)
    assert "tensorboard" in unknown.value.do
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="Weights & Biases is not installed") as missing:
        tracking.check(Recipe().set({"tracking.to": ("csv", "wandb")}).tracking)
    assert "pip install" in missing.value.do
