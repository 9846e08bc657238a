"""Checkpoints under trouble: a full disk, a kill between two files, what is not yet written when the run ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from tlstudio import api
from tlstudio.control import Control
from tlstudio.errors import StudioError
from tlstudio.events import CheckpointWritten, Event, Note, Progress, RunEnded, RunStarted, Steps
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import checkpoint, course
from tlstudio.training.checkpoint import Checkpointer
from tlstudio.training.fit import fit


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(Recipe(), tmp_path / "run")


def _last(step: int, size: int = 8) -> dict[str, Any]:
    best = {"epoch": 1, "accuracy": 0.5, "loss": 1.0, "correct": 1}
    return {"version": checkpoint.VERSION, "epoch": 1, "step": step, "best": best, "moving": {"w": torch.zeros(size)}}


@contextmanager
def _small_disk(limit: int) -> Iterator[None]:
    """No file may become longer than that many bytes."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.timeout(30)
@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files")
def test_a_checkpoint_that_does_not_fit_is_said_and_the_next_one_is_written(run: Run) -> None:
    keeper = Checkpointer(run, {}, {})
    try:
        with _small_disk(100_000):
            keeper.offer(lambda: _last(1, 100_000), {"w": torch.ones(3)})
            with pytest.raises(StudioError, match=r"last\.ckpt cannot be written"):
                keeper.flush()
        keeper.offer(lambda: _last(2))
        keeper.flush()
    finally:
        keeper.close()
    state = checkpoint.load(run)
    assert state is not None
    assert state["step"] == 2
    assert load_file(run.best)["w"].tolist() == [1, 1, 1]


def test_what_was_offered_is_written_when_the_run_breaks_off(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "INTERVAL", 60.0)
    keeper = Checkpointer(run, {}, {})
    keeper.offer(lambda: _last(1))
    keeper.flush()
    keeper.offer(lambda: _last(2))
    keeper.close()
    state = checkpoint.load(run)
    assert state is not None
    assert state["step"] == 2


def test_what_a_killed_process_left_half_written_is_cleared_away(run: Run) -> None:
    (run.path / ".last.ckpt.0a1b2c3d").write_bytes(b"half")
    (run.path / ".best.safetensors.0a1b2c3d").write_bytes(b"half")
    Checkpointer(run, {}, {}).close()
    assert [path.name for path in run.path.iterdir()] == ["recipe.toml"]


def test_checkpoints_lie_no_further_apart_than_asked(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(checkpoint, "RATIO", 1e9)
    for longest, due in ((0.05, True), (0.0, False)):
        keeper = Checkpointer(run, {}, {}, longest)
        keeper.offer(lambda: _last(1))
        keeper.flush()
        time.sleep(0.1)
        assert keeper.due == due
        keeper.close()


def test_a_good_place_is_kept_beside_the_last_and_takes_no_room_of_its_own(run: Run) -> None:
    keeper, good = Checkpointer(run, {}, {}), checkpoint.good_of(run)
    keeper.offer(lambda: _last(1), good=True)
    keeper.flush()
    assert good.samefile(run.last)
    keeper.offer(lambda: _last(2))
    keeper.flush()
    keeper.close()
    steps = [(checkpoint.load(run, file) or {})["step"] for file in (good, run.last)]
    assert steps == [1, 2]


def _whole_network(photos: Path) -> Recipe:
    changes = {"data.path": str(photos), "data.image_size": 64, "data.test_share": 0.0, "training.best_by": "loss"}
    return Recipe().set(changes).with_strategy("last-block").set({"training.epochs": 8, "training.batch_size": 6, "stages.head_epochs": 0})


def test_a_kill_between_best_and_last_leaves_weights_and_figures_of_one_epoch(photos: Path, tmp_path: Path, every_step: None) -> None:
    run = Run.create(_whole_network(photos), tmp_path / "run")
    training = fit(run.recipe(), run)
    older = b""
    for event in training:
        if isinstance(event, CheckpointWritten) and run.best.exists():
            best = checkpoint.load_best(run)[0]["epoch"]
            if older and best > 1:
                break
            saved = run.last.read_bytes()
            if torch.load(run.last, weights_only=True)["best"]:  # saved after the first epoch was judged
                older = older or saved
    training.close()
    best, weights = checkpoint.load_best(run)
    run.last.write_bytes(older)
    control = Control()
    for event in fit(run.recipe(), run, control=control):
        if isinstance(event, RunStarted):
            control.stop()
        elif isinstance(event, RunEnded):
            assert event.summary["best_epoch"] == best["epoch"]
            assert event.summary["metrics"]["val_loss"] == best["loss"]
    again = load_file(run.best)
    assert all(torch.equal(again[name], weights[name]) for name in weights)


def _broken_off(photos: Path, folder: Path, *, after_best: bool) -> Run:
    """A run that broke off with its last checkpoint right after its best epoch, or some steps or epochs later."""
    run = Run.create(_whole_network(photos), folder)
    training = fit(run.recipe(), run)
    for _ in training:
        saved = checkpoint.load(run) if run.last.exists() else None
        if saved and saved["best"] and ((saved["best"]["epoch"], 0) == (saved["epoch"], saved["step"])) == after_best:
            break
    training.close()
    saved = checkpoint.load(run)  # closing writes what was still waiting
    assert saved is not None
    return run


def _flip(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("damage", ["gone", "flipped"])
@pytest.mark.parametrize("after_best", [True, False])
def test_a_run_whose_best_weights_are_lost_goes_on(photos: Path, tmp_path: Path, damage: str, after_best: bool, every_step: None) -> None:
    run = _broken_off(photos, tmp_path / "run", after_best=after_best)
    saved = checkpoint.load(run)
    assert saved is not None
    if damage == "gone":
        run.best.unlink()
    else:
        _flip(run.best, run.best.stat().st_size // 2)
    said = list(fit(run.recipe(), run))
    started = next(event for event in said if isinstance(event, RunStarted))
    assert started.resumed_from == (saved["epoch"], saved["step"])
    notes = [event.message for event in said if isinstance(event, Note) and "best weights so far are lost" in event.message]
    assert len(notes) == 1
    assert isinstance(said[-1], RunEnded)
    at_best = (saved["best"]["epoch"], 0) == (saved["epoch"], saved["step"])
    assert ("written anew" in notes[0]) == at_best
    assert said[-1].summary["best_epoch"] >= (saved["best"]["epoch"] if at_best else saved["epoch"] + 1)
    assert api.evaluate(str(run.path))["metrics"]["loss"] == said[-1].summary["metrics"]["val_loss"]


def test_best_weights_lost_after_the_last_epoch_are_those_of_the_last(photos: Path, tmp_path: Path, every_step: None) -> None:
    run = Run.create(_whole_network(photos), tmp_path / "run")
    list(fit(run.recipe(), run))
    (run.path / "summary.json").unlink()
    run.best.unlink()
    saved = torch.load(run.last, weights_only=True)
    torch.save({**saved, "best": {**saved["best"], "epoch": 1}}, run.last)
    ended = list(fit(run.recipe(), run))[-1]
    assert isinstance(ended, RunEnded)
    assert ended.summary["best_epoch"] == ended.summary["epochs"] == 8
    assert len(ended.summary["curve"]) == 8
    assert api.evaluate(str(run.path))["metrics"]["accuracy"] == ended.summary["metrics"]["val_accuracy"]


def test_a_damaged_checkpoint_is_told_and_the_run_begins_anew(photos: Path, tmp_path: Path, every_step: None) -> None:
    whole = Run.create(_whole_network(photos), tmp_path / "whole")
    list(fit(whole.recipe(), whole))
    run = _broken_off(photos, tmp_path / "run", after_best=True)
    best = run.best.read_bytes()
    _flip(run.last, run.last.stat().st_size // 2)
    said = list(fit(run.recipe(), run))
    assert next(event for event in said if isinstance(event, RunStarted)).resumed_from is None
    note = next(event for event in said if isinstance(event, Note) and "is damaged" in event.message)
    assert note.level == "bad"
    assert "begins anew" in note.message
    assert (run.path / "best-before.safetensors").read_bytes() == best
    assert run.summary()["metrics"] == whole.summary()["metrics"]  # type: ignore[index]


def test_no_flipped_bit_goes_unnoticed(run: Run) -> None:
    keeper = Checkpointer(run, {"still": torch.arange(40.0)}, {"classes": ["ants", "bees"]})
    keeper.offer(lambda: _last(3), {"w": torch.ones(40), "n": torch.tensor(7)})
    keeper.flush()
    keeper.close()
    last, best = checkpoint.load(run), checkpoint.load_best(run)
    assert last is not None
    for file, read in ((run.last, checkpoint.load), (run.best, checkpoint.load_best)):
        whole, noticed = file.read_bytes(), 0
        for at in range(0, len(whole), 3):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
            try:
                again = read(run)
            except StudioError:
                noticed += 1
            else:  # a bit that means nothing (padding, dates): what is read is what was written
                assert repr(again) == repr(last if file == run.last else best)
        assert noticed > len(whole) / 3 * 0.2
        file.write_bytes(whole)


def test_damaged_weights_are_not_used(photos: Path, tmp_path: Path) -> None:
    run = Run.create(_whole_network(photos).with_strategy("head").set({"training.epochs": 1}), tmp_path / "run")
    list(fit(run.recipe(), run))
    _flip(run.best, run.best.stat().st_size - 1000)
    with pytest.raises(StudioError, match=r"best\.safetensors are damaged.*not what was written.*train again"):
        api.evaluate(str(run.path))


def test_weights_of_an_older_version_have_no_checksum_and_are_taken(run: Run) -> None:
    save_file({"w": torch.ones(3)}, run.best, {"best": '{"epoch": 2}'})
    best, weights = checkpoint.load_best(run)
    assert best == {"epoch": 2}
    assert weights["w"].tolist() == [1, 1, 1]


def test_the_place_is_saved_before_the_epoch_is_judged(
    photos: Path, tmp_path: Path, every_step: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "EVERY", 0.0)
    recipe = _whole_network(photos).set({"training.epochs": 2})
    whole = Run.create(recipe, tmp_path / "whole")
    expected = list(fit(recipe, whole))
    validating = [event for event in expected if isinstance(event, Progress) and event.phase == "validate"]
    assert validating
    assert all(0 < event.done <= event.total and event.unit == "images" and event.remaining != 0 for event in validating)
    run = Run.create(recipe, tmp_path / "cut")
    training = fit(recipe, run)
    for event in training:
        if isinstance(event, Progress) and event.phase == "validate":
            break
    training.close()
    saved = checkpoint.load(run)
    assert saved is not None
    assert (saved["epoch"], saved["step"], saved["best"]) == (0, len(_steps(expected, 1)), None)
    said = list(fit(recipe, run))
    assert _steps(said, 1) == []
    assert _steps(said, 2) == _steps(expected, 2)
    a, b = load_file(whole.best), load_file(run.best)
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert whole.summary()["metrics"] == run.summary()["metrics"]  # type: ignore[index]


def _steps(said: list[Event], epoch: int) -> list[float]:
    return [loss for event in said if isinstance(event, Steps) and event.epoch == epoch for loss in event.loss]


def test_a_checkpoint_of_an_older_version_says_less_of_the_rates(photos: Path, tmp_path: Path, every_step: None) -> None:
    run = _broken_off(photos, tmp_path / "run", after_best=True)
    saved = checkpoint.load(run)
    assert saved is not None
    for group in saved["optimizer"]["param_groups"]:
        del group["multiplier"]  # as before rates could differ by layer
    torch.save(saved, run.last)
    said = list(fit(run.recipe(), run))
    assert isinstance(said[-1], RunEnded)
    assert next(event for event in said if isinstance(event, RunStarted)).resumed_from == (saved["epoch"], saved["step"])
