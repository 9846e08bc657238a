"""Checkpoints: `best.safetensors` (the whole network) and `last.ckpt` (all that an exact resume needs), written beside the training.

The loop hands over copies and goes on; a thread writes them, at most once a second, the newest only, each file atomically.
What that takes from the loop is counted, the copies and the processor's time of writing, and the next one waits RATIO times as long: it
stays well under 1 %, however large the network is and however slow the machine. Copies of a best epoch cannot be put off, as a run
goes back to it: each moves about as much memory as one step of the optimizer. However many there are, in memory are the one that is being
written and the one that waits, whose place the next one takes. Only where a stage begins, where rates change and at the end does the loop
wait for the disk.
best is on the disk, its name too, before the last.ckpt that knows of it. `good.ckpt` is what last.ckpt was at the last place known to be
good, to which a run that gets out of hand goes back; it is there while the run is not finished.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from tlstudio.errors import StudioError
from tlstudio.event_log import sync_events
from tlstudio.runs import Run, sync_folder, write_atomic
from tlstudio.training.weights_file import packed, unpacked

INTERVAL = 1.0  # seconds between two writes, at least
RATIO = 160.0  # and so many times what they cost the loop since the last (copies, and the processor's time of writing)
VERSION = 1


class Checkpointer:
    """frozen: tensors that never change (views, not copies). metadata: texts for the header of best.safetensors.

    longest: seconds that may lie between two checkpoints however much one costs; 0: no such limit.
    """

    def __init__(self, run: Run, frozen: Mapping[str, Tensor], metadata: Mapping[str, Any], longest: float = 0.0) -> None:
        self._run, self._frozen, self._longest = run, frozen, longest or math.inf
        self._metadata = {key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata.items()}
        self._lock = threading.Condition()
        self._best: dict[str, Tensor] | None = None
        self._last: dict[str, Any] | None = None
        self._good: dict[str, Any] | None = None
        self._writing = self._closing = self._hurry = self._failing = False
        self._next = self._stall = 0.0
        self._written: list[dict[str, Any]] = []
        self._trouble: StudioError | None = None
        self._told = ""
        for file in (run.best, run.last, good_of(run)):
            for torn in run.path.glob(f".{file.name}.*"):  # of a process that was killed while it wrote
                with contextlib.suppress(OSError):
                    torn.unlink()
        self._thread = threading.Thread(target=self._work, name="checkpoint", daemon=True)
        self._thread.start()

    @property
    def due(self) -> bool:
        """Whether a copy made now would be written: a second has passed, or longer where a checkpoint is large."""
        return time.monotonic() >= self._next and not self._writing and self._last is None

    def offer(self, snapshot: Callable[[], dict[str, Any]], best: dict[str, Tensor] | None = None, *, good: bool = False) -> None:
        """Take a snapshot (copies) and write it when it is due; `best` only when there is a new one. good: one to go back to."""
        began = time.monotonic()
        last = snapshot()
        with self._lock:
            self._stall += time.monotonic() - began
            self._last = last
            self._best = best if best is not None else self._best
            self._good = last if good else self._good
            self._lock.notify_all()

    def news(self) -> tuple[list[dict[str, Any]], StudioError | None]:
        """What was written since the last call ({epoch, step, best}), and what went wrong; the same trouble is told once, until a write
        succeeds again."""
        with self._lock:
            written, self._written = self._written, []
            trouble, self._trouble = self._trouble, None
            if written:
                self._told = ""
            if trouble is not None and str(trouble) == self._told:
                trouble = None
            elif trouble is not None:
                self._told = str(trouble)
        return written, trouble

    def drop_best(self) -> None:
        """There is no best any more: its file goes, unless last.ckpt could not be brought to know of that."""
        with self._lock:
            self._best = None
            if not self._failing:
                with contextlib.suppress(OSError):
                    self._run.best.unlink(missing_ok=True)

    def flush(self) -> None:
        """Write what was offered, now. Raises StudioError if it cannot be written."""
        with self._lock:
            self._hurry, self._trouble = True, None
            self._lock.notify_all()
            self._lock.wait_for(lambda: self._trouble is not None or (self._last is None and not self._writing))
            self._hurry = False
            if self._trouble is not None:
                raise self._trouble

    def close(self) -> None:
        """Write what was offered, if that can be done, and end the thread."""
        with self._lock:
            self._closing = True
            self._lock.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._closing or self._last is not None)
                while not self._closing and not self._hurry and (wait := self._next - time.monotonic()) > 0:
                    self._lock.wait(wait)
                if self._last is None:
                    return
                last, best, good, self._last, self._best, self._good = self._last, self._best, self._good, None, None, None
                stall, self._stall = self._stall, 0.0
                self._writing = True
                began, worked = time.monotonic(), time.thread_time()
            trouble = self._write(last, best, good)
            with self._lock:
                costs_little = RATIO * (stall + time.thread_time() - worked)
                self._next = began + max(INTERVAL, min(costs_little, self._longest))
                self._writing, self._failing = False, trouble is not None
                if trouble is None:
                    self._written.append({"epoch": last["epoch"], "step": last["step"], "best": best is not None})
                else:
                    self._trouble = trouble
                    self._best = best if self._best is None else self._best  # for the next try
                    self._good = good if self._good is None else self._good
                self._lock.notify_all()
            del last, best, good  # gigabytes, perhaps, until there is something to write again

    def _write(self, last: dict[str, Any], best: dict[str, Tensor] | None, good: dict[str, Any] | None) -> StudioError | None:
        try:
            if good is not None:
                write_atomic(good_of(self._run), lambda file: _save(good, file))
            if best is not None:
                data = packed({**self._frozen, **best}, {**self._metadata, "best": json.dumps(last["best"])})
                write_atomic(self._run.best, lambda file: file.write(data))
                sync_folder(self._run.path)
            sync_events(self._run)  # the events up to here are as safe as the checkpoint that goes on after them
            if good is not last or not _linked(good_of(self._run), self._run.last):
                write(self._run, last)
            else:
                sync_folder(self._run.path)
        except StudioError as error:
            return error
        except Exception as error:  # whatever it is, the thread lives on: the loop would wait for it for ever
            return StudioError("The checkpoint cannot be written", f"{type(error).__name__}: {error}", "What was saved before is intact")
        return None


def good_of(run: Run) -> Path:
    """Where the run keeps the place to which it goes back when it gets out of hand."""
    return run.path / "good.ckpt"


def _linked(file: Path, to: Path) -> bool:
    """Have `to` be the same bytes on the disk as the file, which was just written; False where the disk knows no such links."""
    temporary = to.with_name(f".{to.name}.{uuid.uuid4().hex[:8]}")
    try:
        os.link(file, temporary)
        temporary.replace(to)
    except OSError:
        temporary.unlink(missing_ok=True)
        return False
    return True


class Damaged(StudioError):
    """A checkpoint that holds other bytes than were written."""


def place_of(run: Run) -> tuple[int, int] | None:
    """Whole epochs and steps of the next that last.ckpt stands at, without its tensors in memory; None where it is gone or of no use."""
    try:
        with run.last.open("rb") as opened:
            _check(opened)
        state = torch.load(run.last, map_location="cpu", weights_only=True, mmap=True)
        return (state["epoch"], state["step"]) if state["version"] == VERSION else None
    except Exception:  # torch and zipfile raise whatever the file's bytes lead them to
        return None


def load(run: Run, file: Path | None = None) -> dict[str, Any] | None:
    """What last.ckpt holds, or that other checkpoint of the run; None where there is none yet.

    Raises Damaged where its bytes are not those that were written, StudioError where it cannot be opened or is of another version.
    """
    path = file or run.last
    try:
        with path.open("rb") as opened:
            _check(opened)
            state = torch.load(opened, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StudioError(
            f"The checkpoint {path} cannot be read", error.strerror or str(error), "Make it readable; to begin anew, delete it"
        ) from None
    except Exception as error:  # torch and zipfile raise whatever the file's bytes lead them to
        raise Damaged(
            f"The checkpoint {path} is damaged", "what is in it is not what was written, the disk may be failing", details=str(error)
        ) from None
    if not isinstance(state, dict) or state.get("version") != VERSION:
        raise StudioError(
            f"The checkpoint {path} is from another version of the program", "", "Resume it with that version, or train again"
        )
    return state


def write(run: Run, last: dict[str, Any]) -> None:
    """Make that the run's last checkpoint, for good. Raises StudioError where it cannot be written."""
    write_atomic(run.last, lambda file: _save(last, file))
    sync_folder(run.path)


def _check(file: IO[bytes]) -> None:
    """torch stores a CRC-32 of every part, but does not look at it when it loads. Raises ValueError; leaves the file at its beginning."""
    with zipfile.ZipFile(file) as parts:
        bad = parts.testzip()
    if bad is not None:
        raise ValueError(f"the checksum of {bad} is wrong")
    file.seek(0)


def load_best(run: Run) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What best.safetensors holds: {epoch, accuracy, loss, correct} and its tensors. Raises StudioError where it is gone or damaged."""
    metadata, tensors = unpacked(run.best)
    try:
        best: dict[str, Any] = json.loads(metadata["best"])
    except (KeyError, ValueError) as error:
        raise StudioError(f"The weights {run.best} do not say of which epoch they are", "", "Train again", details=repr(error)) from None
    return best, tensors


def _save(last: dict[str, Any], file: IO[bytes]) -> None:
    try:
        torch.save(last, file)
    except RuntimeError as error:
        if isinstance(error.__context__, OSError):  # a full disk, of which torch says only that it lost its position
            raise error.__context__ from None
        raise


def copied(value: Any) -> Any:
    """A deep copy of nested dicts and lists of tensors and numbers, on the CPU, as a checkpoint keeps it."""
    cards = set[torch.device]()
    out = _copied(value, cards)
    for card in cards:
        torch.cuda.synchronize(card)
    return out


def _copied(value: Any, cards: set[torch.device]) -> Any:
    """cards: takes those on which copies are still on their way; many small ones that each wait would hold up the training."""
    if isinstance(value, Tensor):
        if value.device.type != "cuda":
            return value.detach().to("cpu", copy=True)
        cards.add(value.device)
        return torch.empty_like(value, device="cpu", pin_memory=True).copy_(value.detach(), non_blocking=True)
    if isinstance(value, Mapping):
        return {key: _copied(v, cards) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(v, cards) for v in value]
    return value
