"""Checkpoints under trouble: a full disk, a kill between two files, what is not yet written when the run ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tlstudio.control import Control
from tlstudio.errors import StudioError
from tlstudio.events import CheckpointWritten, RunEnded, RunStarted
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import checkpoint
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


def _whole_network(photos: Path) -> Recipe:
    changes = {"data.path": str(photos), "data.image_size": 64, "data.test_share": 0.0, "training.best_by": "loss"}
    return Recipe().set(changes).with_strategy("last-block").set({"training.epochs": 8, "training.batch_size": 6})


def test_a_kill_between_best_and_last_leaves_weights_and_figures_of_one_epoch(photos: Path, tmp_path: Path, every_step: None) -> None:
    run = Run.create(_whole_network(photos), tmp_path / "run")
    training = fit(run.recipe(), run)
    older = b""
    for event in training:
        if isinstance(event, CheckpointWritten) and run.best.exists():
            best = checkpoint.load_best(run)[0]["epoch"]
            if older and best > 1:
                break
            older = older or run.last.read_bytes()
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


def test_a_run_whose_best_weights_are_gone_says_so(photos: Path, tmp_path: Path, every_step: None) -> None:
    run = Run.create(_whole_network(photos), tmp_path / "run")
    training = fit(run.recipe(), run)
    while not run.best.exists():
        next(training)
    training.close()
    run.best.unlink()
    with pytest.raises(StudioError, match=r"best\.safetensors cannot be read"):
        list(fit(run.recipe(), run))
