"""events.jsonl as it is written: appended to, never torn for good, on the disk where something else relies on it."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from tlstudio.events import Event
from tlstudio.runs import Run, cannot_write

NAME = "events.jsonl"


class EventLog:
    """Appends events, each handed to the system at once, so that a crash of the process loses none.

    What a power loss may cost: `sync_events` brings what was handed over onto the disk, before each checkpoint and at the end.
    What a full disk does not take waits in memory and is written, in order, when there is room again: training need not end for it.
    """

    def __init__(self, run: Run) -> None:
        self._path = run.path / NAME
        self._waiting = bytearray()
        try:
            _mend_last_line(self._path)
            self._file = self._path.open("ab", buffering=0)
        except OSError as error:
            raise cannot_write(self._path, error) from None

    def write(self, event: Event) -> None:
        """Raises StudioError where it cannot be written for another reason than a full disk."""
        self._waiting += event.to_line().encode()
        try:
            self._write()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise cannot_write(self._path, error) from None

    def _write(self) -> None:
        while self._waiting:
            del self._waiting[: self._file.write(self._waiting)]

    def close(self) -> None:
        """Bring all of it onto the disk, as far as the disk lets us: the run has ended, and how it ended is told already."""
        with contextlib.suppress(OSError):
            self._write()
            os.fsync(self._file.fileno())
        self._file.close()


def sync_events(run: Run) -> None:
    """Bring the events written so far onto the disk: a checkpoint must not outlive the events that led to it.

    Called by the thread that writes checkpoints, so that training does not wait for it. Raises StudioError where the disk fails.
    """
    path = run.path / NAME
    try:
        with path.open("rb+") as file:  # fsync is about the file, whoever wrote to it
            os.fsync(file.fileno())
    except FileNotFoundError:  # nobody keeps the events
        return
    except OSError as error:
        raise cannot_write(path, error) from None


def _mend_last_line(path: Path) -> None:
    """A line that power loss cut short gets its newline, so that the next event starts on a line of its own."""
    try:
        with path.open("rb+") as file:
            file.seek(0, os.SEEK_END)
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
    except FileNotFoundError:
        return
