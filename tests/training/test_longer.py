"""Finished runs that are trained longer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tlstudio import api
from tlstudio.control import Control
from tlstudio.errors import InputError, StudioError
from tlstudio.events import EpochEnded, Event, Note, RunEnded, RunStarted, StageStarted, Steps
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import checkpoint
from tlstudio.training.longer import made_longer


def _finished(photos: Path, folder: Path, **changes: Any) -> Run:
    base = {"data.path": str(photos), "data.image_size": 32, "training.epochs": 2, "training.batch_size": 6, "data.test_share": 0.0}
    run = Run.create(Recipe().set(base | {key.replace("__", "."): value for key, value in changes.items()}), folder)
    api.resume(str(run.path))
    return run


def _all(said: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


def test_a_finished_run_goes_on_at_lower_rates_and_keeps_its_best(photos: Path, tmp_path: Path) -> None:
    run = _finished(photos, tmp_path / "run", schedule__kind="constant")
    before = run.summary() or {}
    summary = api.train_longer(str(run.path), 3, 0.5)
    assert (summary["epochs"], summary["reason"]) == (5, "completed")
    assert summary["curve"][:2] == before["curve"]
    assert len(summary["curve"]) == 5
    assert summary["metrics"]["val_accuracy"] == max(summary["curve"])
    assert summary["seconds"] > before["seconds"]
    assert (run.path / "summary-1.json").exists()
    history = run.history()
    assert [event.epoch for event in _all(history, EpochEnded)] == [1, 2, 3, 4, 5]
    assert len(_all(history, RunEnded)) == 1
    assert [(stage.first_epoch, stage.last_epoch) for stage in _all(history, StageStarted)] == [(1, 2), (3, 5)]
    assert _all(history, Steps)[-1].lr[-1] == pytest.approx(0.005)
    assert [one.epochs for one in run.recipe().stages.longer] == [3]
    # Once more, from a run whose last checkpoint is gone.
    run.last.unlink()
    notes: list[Event] = []
    again = api.train_longer(str(run.path), 1, tell=notes.append)
    assert again["epochs"] == 6
    assert again["curve"][:5] == summary["curve"]
    assert any(f"goes on from the best weights, of epoch {summary['best_epoch']}" in note.message for note in _all(notes, Note))
    assert (run.path / "summary-2.json").exists()


def test_what_is_trained_longer_can_be_interrupted(photos: Path, tmp_path: Path, every_step: None) -> None:
    whole = _finished(photos, tmp_path / "whole")
    api.train_longer(str(whole.path), 2)
    run, control = _finished(photos, tmp_path / "cut"), Control()

    def kill(event: Event) -> None:
        if isinstance(event, Steps) and event.epoch == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.train_longer(str(run.path), 2, tell=kill, control=control)
    assert run.state() == "unfinished"
    summary = api.resume(str(run.path))
    assert summary["metrics"] == (whole.summary() or {})["metrics"]
    a, b = load_file(whole.best), load_file(run.best)
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_run_that_was_stopped_goes_on_from_there(photos: Path, tmp_path: Path, every_step: None) -> None:
    base = {"data.path": str(photos), "data.image_size": 32, "training.epochs": 50, "training.batch_size": 6, "data.test_share": 0.0}
    run, control = Run.create(Recipe().set(base), tmp_path / "run"), Control()

    def stop(event: Event) -> None:
        if isinstance(event, Steps) and (event.epoch, event.first) == (3, 2):
            control.stop()

    notes: list[Event] = []
    assert api.train(run.recipe(), str(run.path), tell=stop, control=control)["reason"] == "stopped"
    summary = api.train_longer(str(run.path), 2, tell=notes.append)
    assert any("stopped within an epoch" in note.message for note in _all(notes, Note))
    assert summary["epochs"] == len(summary["curve"]) == 4
    assert run.recipe().training.epochs == 2
    assert _all(notes, RunStarted)[0].resumed_from == (2, 0)


def test_what_is_refused_leaves_the_run_as_it_was(photos: Path, tmp_path: Path) -> None:
    run = Run.create(Recipe().set({"data.path": str(photos)}), tmp_path / "new")
    with pytest.raises(InputError, match="is not finished"):
        api.train_longer(str(run.path), 2)
    run = _finished(photos, tmp_path / "run", training__epochs=1)
    with pytest.raises(InputError):
        api.train_longer(str(run.path), 0)
    before = {name: (run.path / name).read_bytes() for name in ("recipe.toml", "summary.json", "last.ckpt")}
    photos.rename(tmp_path / "elsewhere")
    with pytest.raises(InputError):
        api.train_longer(str(run.path), 2)
    assert not (run.path / ".before-longer.ckpt").exists()
    assert before == {name: (run.path / name).read_bytes() for name in before}
    assert run.state() == "finished"
    assert checkpoint.load(run) is not None


def test_the_last_checkpoint_is_not_read_into_memory_to_go_on_after_it(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _finished(photos, tmp_path / "run", training__epochs=1)
    last = torch.load(run.last, weights_only=True)

    def never(*_: object) -> None:
        raise AssertionError("all of it is read")

    def refused(path: Path) -> bytes:
        if path.name == "last.ckpt":
            never()
        with path.open("rb") as file:
            return file.read()

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, "load", never)
        patched.setattr(Path, "read_bytes", refused)
        with pytest.raises(StudioError, match="cannot be trained"), made_longer(run, 2, 0.5):
            raise StudioError("It cannot be trained")
    assert run.state() == "finished"
    # One that is of no whole epoch is made anew; where training then fails, it is put back.
    torch.save({**last, "step": 1}, run.last)
    before = run.last.read_bytes()
    with pytest.raises(StudioError, match=r"cannot be trained from \(1, 0\)"), made_longer(run, 2, 0.5):
        raise StudioError(f"It cannot be trained from {checkpoint.place_of(run)}")
    assert run.last.read_bytes() == before
    assert sorted(path.name for path in run.path.glob("*.ckpt")) == ["last.ckpt"]
    run.last.write_bytes(before[:-100])
    assert checkpoint.place_of(run) is None
