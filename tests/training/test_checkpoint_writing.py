"""How checkpoints are written: what they take from the loop, what is told, what is on the disk when."""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tlstudio.errors import StudioError
from tlstudio.events import Event, Steps
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import checkpoint, steps
from tlstudio.training.checkpoint import Checkpointer
from tlstudio.training.fit import fit
from tlstudio.training.place import Place
from tlstudio.training.setup import Setup


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


def test_what_is_written_beside_the_training_is_the_place_it_was_taken_at(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk takes its time over the checkpoint of the first step; two more steps change every weight meanwhile."""
    write, free = Checkpointer._write, threading.Event()

    def slowly(self: Checkpointer, last: dict[str, Any], *more: Any) -> StudioError | None:
        assert last["step"] == 0 or free.wait(60)
        return write(self, last, *more)

    monkeypatch.setattr(steps, "EVERY", 0.0)
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(checkpoint, "RATIO", 0.0)
    monkeypatch.setattr(Checkpointer, "_write", slowly)
    base = {"data.path": str(photos), "data.image_size": 32, "data.test_share": 0.0, "training.batch_size": 6}
    recipe = Recipe().set(base).with_strategy("last-block").set({"training.epochs": 2, "stages.head_epochs": 0})
    run, first = Run.create(recipe, tmp_path / "cut"), list[Event]()
    training = fit(recipe, run)
    while not any(isinstance(event, Steps) and event.first == 3 for event in first):
        first.append(next(training))
    assert checkpoint.place_of(run) == (0, 0)
    free.set()
    training.close()
    assert checkpoint.place_of(run) == (0, 1)
    rest, whole = list(fit(recipe, run)), Run.create(recipe, tmp_path / "whole")
    assert _losses(first)[:1] + _losses(rest) == _losses(list(fit(recipe, whole)))
    one, other = load_file(run.best), load_file(whole.best)
    assert all(torch.equal(one[name], other[name]) for name in one)


def _losses(said: list[Event]) -> list[float]:
    return [loss for event in said if isinstance(event, Steps) for loss in event.loss]


def test_however_many_epochs_are_the_best_two_copies_are_in_memory_and_none_once_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(checkpoint, "RATIO", 0.0)
    begun, gate, write = threading.Event(), threading.Event(), Checkpointer._write
    copies: list[weakref.ref[torch.Tensor]] = []

    def slow(self: Checkpointer, *what: Any) -> StudioError | None:
        begun.set()
        gate.wait(20)
        return write(self, *what)

    def offer(step: int) -> None:
        last, best = _last(step), {"w": torch.full((8,), float(step))}
        copies.extend(weakref.ref(tensor) for tensor in (last["moving"]["w"], best["w"]))
        keeper.offer(lambda: last, best, good=True)

    def in_memory() -> int:
        return sum(copy() is not None for copy in copies)

    monkeypatch.setattr(Checkpointer, "_write", slow)
    keeper = Checkpointer(run, {}, {})
    offer(1)
    assert begun.wait(20)
    for step in range(2, 30):
        offer(step)
    assert in_memory() == 2 * 2  # weights of the place and of the best: those that are written, and those that wait
    gate.set()
    keeper.flush()
    until = time.monotonic() + 5
    while in_memory() and time.monotonic() < until:
        time.sleep(0.01)
    assert in_memory() == 0
    keeper.close()
    assert (checkpoint.load(run) or {})["step"] == 29
    assert checkpoint.load_best(run)[1]["w"].tolist() == [29.0] * 8


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_place_whose_weights_are_the_best_needs_no_copy_of_its_own(
    photos: Path, tmp_path: Path, ema: float, monkeypatch: pytest.MonkeyPatch, every_step: None
) -> None:
    shared: list[bool] = []
    snapshot = Place.snapshot

    def looked_at(self: Place, setup: Setup) -> dict[str, Any]:
        made = snapshot(self, setup)
        assert made["moving"].keys() == setup.trained.keys()
        assert all(torch.equal(made["moving"][name], tensor) for name, tensor in setup.trained.items())
        shared.append(made["moving"] is self.best_state)
        return made

    monkeypatch.setattr(Place, "snapshot", looked_at)
    changes = {"data.path": str(photos), "data.image_size": 32, "data.test_share": 0.0, "training.ema": ema, "training.batch_size": 6}
    recipe = Recipe().set(changes).with_strategy("last-block").set({"training.epochs": 2, "stages.head_epochs": 1})
    list(fit(recipe, Run.create(recipe, tmp_path / "run")))
    assert any(shared) == (ema == 0.0)
    assert not all(shared)
