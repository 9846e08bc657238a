"""events.jsonl is on the disk, not only handed to the system, where a checkpoint or an end relies on it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from tlstudio.event_log import EventLog
from tlstudio.events import Note
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


def test_what_a_full_disk_does_not_take_is_written_when_there_is_room_again(tmp_path: Path) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    log = EventLog(run)

    class Disk:
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

    log._file = disk = Disk(log._file)  # type: ignore[assignment]
    for word in ("one", "two"):
        log.write(Note(message=word))
    assert (run.path / "events.jsonl").stat().st_size == 30
    disk.room = 10_000
    log.write(Note(message="three"))
    log.close()
    assert [event.message for event in run.events() if isinstance(event, Note)] == ["one", "two", "three"]
