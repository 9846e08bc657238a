"""events.jsonl as it is written: appended to, never torn for good, on the disk where something else relies on it."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from tlstudio.events import CheckpointWritten, Event, FrozenProof, Note, Signals, Steps, Watched
from tlstudio.runs import Run, cannot_write

NAME = "events.jsonl"
MOST = 4 << 20  # bytes that wait for a full disk before it is chosen among them: steps of about an hour


class EventLog:
    """Appends events, each handed to the system at once, so that a crash of the process loses none.

    What a power loss may cost: `sync_events` brings what was handed over onto the disk, before each checkpoint and at the end.
    What a full disk does not take waits in memory and is written, in order, when there is room again: training need not end for it.
    When much waits, what comes as long as the clock runs is left out from then on (steps, looks at layers, the same trouble once more), and
    that is said once; what the plan of the run bounds is never: stages, epochs, what turned it, its end.
    """

    def __init__(self, run: Run) -> None:
        self._path = run.path / NAME
        self._waiting = bytearray()
        self._said = set[str]()  # notes that wait
        self._left_out = False
        try:
            _mend_last_line(self._path)
            self._file = self._path.open("ab", buffering=0)
        except OSError as error:
            raise cannot_write(self._path, error) from None

    def write(self, event: Event) -> Note | None:
        """What the user has to be told of the log itself, if anything; it is in the log already.

        Raises StudioError where it cannot be written for another reason than a full disk.
        """
        told = None
        self._hand_over()  # there may be room again
        if len(self._waiting) < MOST or not self._may_go(event):
            self._take(event)
        elif not self._left_out:
            self._left_out, told = True, _about_gap(self._path, event)
            self._take(told)
        self._hand_over()
        return told

    def _hand_over(self) -> None:
        """Write what waits, as far as there is room."""
        try:
            self._write()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise cannot_write(self._path, error) from None

    def _take(self, event: Event) -> None:
        self._waiting += event.to_line().encode()
        if isinstance(event, Note):
            self._said.add(event.message)

    def _may_go(self, event: Event) -> bool:
        """Whether a record without it tells the run all the same."""
        if isinstance(event, Note):
            return event.message in self._said
        if isinstance(event, FrozenProof):
            return event.ok and event.epoch is not None
        return isinstance(event, Steps | Signals | Watched | CheckpointWritten)

    def _write(self) -> None:
        while self._waiting:
            del self._waiting[: self._file.write(self._waiting)]
        self._said.clear()
        self._left_out = False

    def close(self) -> None:
        """Bring all of it onto the disk, as far as the disk lets us: the run has ended, and how it ended is told already."""
        with contextlib.suppress(OSError):
            self._write()
            os.fsync(self._file.fileno())
        self._file.close()


def _about_gap(path: Path, event: Event) -> Note:
    where = f" from epoch {event.epoch} on" if isinstance(event, Steps | Signals | Watched) else ""
    return Note(
        level="warn",
        message=f"The disk is full, and much waits already to be written to {path}. Until there is room, single steps{where} are left out "
        "of the record, and the curves will have a gap there; epochs, stages and the end of the run are kept.",
    )


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
