"""The board on which ranks that train together leave word for each other: torchrun's store, where one may wait without a time limit."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import platform
import re
import time
from typing import Any

import psutil

from tlstudio.errors import StudioError
from tlstudio.training.distributed import Lost

_MOMENT = 0.5  # seconds
_LOST = re.compile(r"gloo|nccl|connection|socket|broken pipe|timed? ?out|store|\bpeer\b", re.IGNORECASE)


class Board:
    """store: torch.distributed's, of these ranks alone. Whatever waits here hears of a rank that failed."""

    def __init__(self, store: Any, rank: int, size: int) -> None:
        self._store, self._rank, self._size = store, rank, size
        self._calls = self._works = 0
        store.set(f"pid/{rank}", f"{platform.node()} {os.getpid()}")

    def next(self) -> str:
        """A name that all ranks find for the same call."""
        self._calls += 1
        return f"call/{self._calls}"

    def done(self, key: str) -> None:
        """One more is done with it."""
        self._store.add(key, 1)

    def failed(self, key: str, error: BaseException) -> None:
        """Whoever waits for it raises that."""
        try:
            said = pickle.dumps(error)
        except Exception:  # not every exception can travel
            said = pickle.dumps(StudioError(f"{type(error).__name__}: {error}"))
        self._store.set(f"{key}/failed", said.hex())

    def wait(self, key: str, times: int = 1) -> None:
        """Until so many are done with it. Raises what one of them failed with, and Lost where one has ended."""
        pause = 0.002
        while not (self._store.check([key]) and (times == 1 or self._store.add(key, 0) >= times)):
            if self._store.check([f"{key}/failed"]):
                raise pickle.loads(bytes.fromhex(self._store.get(f"{key}/failed").decode()))
            if self._store.check(["trouble"]):
                raise self.lost()
            time.sleep(pause)
            pause = min(0.1, pause * 1.5)

    def put_work(self, said: dict[str, Any] | None) -> None:
        """What all are to train next; None for nothing more."""
        self._works += 1
        self._store.set(f"work/{self._works}", json.dumps(said))

    def take_work(self) -> dict[str, Any] | None:
        """The next thing to train, waited for."""
        self._works += 1
        self.wait(f"work/{self._works}")
        found: dict[str, Any] | None = json.loads(self._store.get(f"work/{self._works}"))
        return found

    def tell_trouble(self, error: StudioError) -> None:
        """Say why this rank ends, for those that lose it."""
        with contextlib.suppress(RuntimeError):
            self._store.set("trouble", pickle.dumps((self._rank, error)).hex())

    def lost(self) -> Lost:
        """What to say where another rank is gone: its own words, if it left some."""
        what = f"One of the {self._size} processes that train together ended"
        why, do = "it was killed or crashed", "Resume the run: it goes on from the last checkpoint"
        with contextlib.suppress(RuntimeError):  # the store may be gone as well
            gone = self.gone()
            if self._store.check(["trouble"]):
                rank, said = pickle.loads(bytes.fromhex(self._store.get("trouble").decode()))
                if rank != self._rank:
                    error = Lost(what, f"number {rank + 1}: {' '.join(part for part in (said.what, said.why) if part)}", said.do or do)
                    error.told = rank == 0
                    return error
            if gone is not None:
                return Lost(what, f"number {gone[0] + 1} (process {gone[1]}) was killed or crashed", do)
        return Lost(what, why, do)

    def gone(self) -> tuple[int, int] | None:
        """Which rank on this machine is no more, and its process; a connection closes a moment before its process is seen to have ended."""
        until = time.monotonic() + _MOMENT
        while True:
            for rank in range(self._size):
                host, number = self._store.get(f"pid/{rank}").decode().rsplit(" ", 1)
                if host == platform.node() and not _lives(int(number)):
                    return rank, int(number)
            if time.monotonic() > until or self._store.check(["trouble"]):
                return None
            time.sleep(0.02)


def _lives(number: int) -> bool:
    try:
        return bool(psutil.Process(number).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def tells_of_loss(error: BaseException) -> bool:
    """Whether an error is what torch.distributed raises when another rank is gone."""
    return isinstance(error, RuntimeError) and (type(error).__name__.startswith("Dist") or bool(_LOST.search(str(error))))
