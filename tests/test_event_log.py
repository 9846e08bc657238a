"""events.jsonl is on the disk, not only handed to the system, where a checkpoint or an end relies on it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from tlstudio import event_log
from tlstudio.event_log import EventLog
from tlstudio.events import EpochEnded, Event, FrozenProof, Note, RateChanged, StageStarted, Steps
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import checkpoint
from tlstudio.training.checkpoint import Checkpointer


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """(inode, size) of every file that was brought onto the disk, in order."""
    out: list[tuple[int, int]] = []
    really = os.fsync

    def fsync(file: int) -> None:
        out.append((os.fstat(file).st_ino, os.fstat(file).st_size))
        really(file)

    monkeypatch.setattr(os, "fsync", fsync)
    return out


def test_events_are_on_the_disk_before_the_checkpoint_after_them(tmp_path: Path, synced: list[tuple[int, int]]) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    log = EventLog(run)
    log.write(Note(message="before"))
    file = (run.path / "events.jsonl").stat()
    keeper = Checkpointer(run, {}, {})
    keeper.offer(lambda: {"version": checkpoint.VERSION, "epoch": 0, "step": 1, "best": None, "moving": {"w": torch.zeros(3)}})
    keeper.flush()
    keeper.close()
    assert synced.index((file.st_ino, file.st_size)) < synced.index((run.last.stat().st_ino, run.last.stat().st_size))
    log.write(Note(message="after"))
    log.close()
    assert synced[-1] == (file.st_ino, (run.path / "events.jsonl").stat().st_size)
    assert synced[-1][1] > file.st_size


class Disk:
    """In place of the log's file: takes so many bytes more."""

    room = 30

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, line: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = line[: self.room]
        self.room -= len(taken)
        return int(self._file.write(taken))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def test_what_a_full_disk_does_not_take_is_written_when_there_is_room_again(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    log = EventLog(run)
    log._file = disk = Disk(log._file)  # type: ignore[assignment]
    for word in ("one", "two"):
        log.write(Note(message=word))
    assert (run.path / "events.jsonl").stat().st_size == 30
    disk.room = 10_000
    log.write(Note(message="three"))
    log.close()
    assert [event.message for event in run.events() if isinstance(event, Note)] == ["one", "two", "three"]


def _steps(epoch: int, first: int) -> Steps:
    return Steps(epoch=epoch, first=first, loss=[0.5] * 4, accuracy=[0.5] * 4, lr=[0.1] * 4, backbone_lr=[0.1] * 4)


def _epoch(epoch: int) -> EpochEnded:
    return EpochEnded(
        epoch=epoch, stage="head", train_loss=1, train_accuracy=0, val_loss=1, val_accuracy=0.5, correct=1, n=2, lr=0.1, backbone_lr=0.1,
        seconds=1, images_per_second=8, best=True,
    )  # fmt: skip


def test_what_waits_for_a_full_disk_is_bounded_and_only_what_the_clock_brings_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "MOST", 5000)
    run = Run.create(Recipe(), tmp_path / "run")
    log = EventLog(run)
    log._file = disk = Disk(log._file)  # type: ignore[assignment]
    told, most = list[Note](), 0

    def write(event: Event) -> None:
        nonlocal most
        told.extend(note for note in [log.write(event)] if note is not None)
        most = max(most, len(log._waiting))

    for epoch in range(1, 6):
        for first in range(1, 400, 4):
            write(_steps(epoch, first))
        write(FrozenProof(ok=epoch != 4, tensors=1, before="a", after="a", epoch=epoch))
        write(_epoch(epoch))
        write(Note(message="No checkpoint could be written", level="bad"))
    write(StageStarted(name="x", learns="everything", first_epoch=6, last_epoch=7))
    write(RateChanged(epoch=6, step=0, factor=0.5, lr=0.1, backbone_lr=0.1))
    assert most < 5000 + 6 * 500  # and 80 kB of steps were said
    assert len(told) == 1
    assert "steps from epoch 1 on are left out" in told[0].message
    disk.room = 1 << 20
    assert log.write(_steps(6, 1)) is None
    log.close()
    said = list(run.events())
    assert [event.epoch for event in said if isinstance(event, EpochEnded)] == [1, 2, 3, 4, 5]
    assert [event.epoch for event in said if isinstance(event, FrozenProof)] == [4], "one that failed is never left out"
    assert [event.message for event in said if isinstance(event, Note)] == [told[0].message, "No checkpoint could be written"]
    assert [event.kind for event in said[-3:]] == ["stage", "rate", "steps"]
    gap = said.index(told[0])
    assert [event.first for event in said[:gap] if isinstance(event, Steps)] == list(range(1, 4 * gap, 4))
