"""How checkpoints are written: what they take from the loop, what is told, what is on the disk when."""

from __future__ import annotations

import os
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch

from tlstudio.errors import StudioError
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import checkpoint
from tlstudio.training.checkpoint import Checkpointer


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(Recipe(), tmp_path / "run")


def _last(step: int) -> dict[str, Any]:
    best = {"epoch": 1, "accuracy": 0.5, "loss": 1.0, "correct": 1}
    return {"version": checkpoint.VERSION, "epoch": 1, "step": step, "best": best, "moving": {"w": torch.zeros(8)}}


def test_all_that_checkpoints_took_from_the_loop_counts_until_the_next(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies of best epochs too, which are offered whether a checkpoint is due or not."""
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.05)
    keeper = Checkpointer(run, {}, {})

    def slow() -> dict[str, Any]:
        time.sleep(0.02)
        return _last(1)

    keeper._next = time.monotonic() + 60  # what comes waits
    keeper.offer(slow)
    keeper.offer(slow)
    began = time.monotonic()
    keeper.flush()
    assert keeper._next - began > 0.9 * checkpoint.RATIO * 2 * 0.02
    assert not keeper.due
    keeper.close()


def test_the_same_trouble_is_told_once_until_a_checkpoint_is_written_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    really, full = checkpoint.write_atomic, True

    def write(*args: Any) -> None:
        if full:
            raise StudioError("The disk is full")
        really(*args)

    monkeypatch.setattr(checkpoint, "write_atomic", write)
    keeper, told = Checkpointer(run, {}, {}), list[tuple[int, bool]]()
    for full in (True, True, False, True):  # noqa: B007 - `write` looks at it
        keeper.offer(lambda: _last(1))
        with suppress(StudioError):
            keeper.flush()
        written, trouble = keeper.news()
        told.append((len(written), trouble is not None))
    keeper.close()
    assert told == [(0, True), (0, False), (1, False), (0, True)]


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be brought onto the disk there")
def test_the_best_has_its_name_for_good_before_the_last_that_knows_of_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    done, really, fsync = list[str](), Path.replace, os.fsync

    def replace(self: Path, to: Path) -> Path:
        done.append(to.name)
        return really(self, to)

    def synced(file: int) -> None:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            done.append("folder")
        fsync(file)

    monkeypatch.setattr(Path, "replace", replace)
    monkeypatch.setattr(os, "fsync", synced)
    keeper = Checkpointer(run, {}, {})
    for good in (False, True):
        keeper.offer(lambda: _last(1), {"w": torch.ones(3)}, good=good)
        keeper.flush()
    keeper.close()
    one = ["best.safetensors", "folder", "last.ckpt", "folder"]
    assert done == [*one, "good.ckpt", *one]
