"""The board on which ranks that train together leave word for each other: torchrun's store, where one may wait without a time limit."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from tlstudio.errors import StudioError
from tlstudio.training.distributed import Failed, Lost
from tlstudio.training.travelling import first_line, packed, unpacked

_MOMENT = 0.5  # seconds
_SOMETIMES = 1.0  # seconds after which whoever waits sees whether the others still live
_LOST = re.compile(r"gloo|nccl|connection|socket|broken pipe|timed? ?out|\bstore\b|\bpeer\b", re.IGNORECASE)
_DO = "Resume the run: it goes on from the last checkpoint"


def _nothing() -> None:
    pass


class Board:
    """store: torch.distributed's, of these ranks alone. Whatever waits here hears of a rank that failed, or is gone.

    run: the number of what is trained now, or was last: 1, 2, ...; 0 before the first.
    """

    def __init__(self, store: Any, rank: int, size: int) -> None:
        self._store, self._rank, self._size = store, rank, size
        self.run = self._calls = 0
        self._failed = False
        self._processes: dict[int, tuple[str, int]] = {}
        store.set(f"pid/{rank}", f"{here()} {os.getpid()}")

    def machines(self) -> list[str]:
        """Of each rank, the one on which it runs. Waits for those that are not there yet."""
        return [self._whose(rank)[0] for rank in range(self._size)]

    # -- within a run

    def next(self) -> str:
        """A name that all ranks find for the same call."""
        self._calls += 1
        return f"run/{self.run}/call/{self._calls}"

    def done(self, key: str) -> None:
        """One more is done with it."""
        self._store.add(key, 1)

    def failed(self, key: str, error: BaseException) -> BaseException:
        """Whoever waits for it raises that, or what another one failed with before: what this one has to raise as well."""
        said = packed(error)
        try:
            first = self._store.compare_set(f"{key}/failed", "", said).decode()
        except RuntimeError:  # the store is gone
            return error
        return error if first == said else unpacked(first)

    def look(self, key: str) -> None:
        """Raise what another one failed with at it, and Failed or Lost where one cannot go on with the run."""
        if self._store.check([f"{key}/failed"]):
            raise unpacked(self._store.get(f"{key}/failed").decode())
        if self._store.check([self._trouble]):
            raise self.ended()

    def wait(self, key: str, times: int = 1, meanwhile: Callable[[], None] = _nothing) -> None:
        """Until so many are done with it. Raises as `look`. meanwhile: called again and again."""
        looked = time.monotonic()
        for _ in _pauses():
            if self._is_done(key, times):
                return
            self.look(key)
            meanwhile()
            if time.monotonic() > looked + _SOMETIMES:
                looked = time.monotonic()
                if self._dead() is not None:
                    raise self.ended()

    def waited(self, key: str, times: int, longest: float) -> bool:
        """Whether so many are done with it within that many seconds."""
        until = time.monotonic() + longest
        for _ in _pauses():
            if self._is_done(key, times) or time.monotonic() > until:
                break
        return self._is_done(key, times)

    def tell_trouble(self, error: BaseException) -> None:
        """Say why this rank cannot go on with the run, for those that can not without it; what was said first stands."""
        with contextlib.suppress(RuntimeError):
            self._store.compare_set(self._trouble, "", f"{self._rank} {packed(error)}")

    # -- from run to run

    def put_work(self, said: dict[str, Any] | None) -> None:
        """What all are to train next; None for nothing more."""
        self._begin()
        self._store.set(f"work/{self.run}", json.dumps(said))

    def take_work(self, longest: float) -> dict[str, Any] | None:
        """The next thing to train, waited for. Raises Lost where the last one failed here, and rank 0 does not notice within so many
        seconds."""
        if self._failed and not self.waited(f"left/{self.run}/first", 1, longest):
            raise self.lost()
        self._begin()
        self.wait(f"work/{self.run}")
        found: dict[str, Any] | None = json.loads(self._store.get(f"work/{self.run}"))
        return found

    def leave(self, failed: bool) -> None:
        """This rank is through with the run, or failed in it."""
        self._failed = failed
        with contextlib.suppress(RuntimeError):  # the store may be gone
            if failed:
                self._store.add(f"failed/{self.run}", 1)
            self._store.add(f"left/{self.run}", 1)
            if self._rank == 0:
                self._store.add(f"left/{self.run}/first", 1)

    def all_left(self, longest: float) -> bool:
        """Wait for all to be through with the last run; whether it failed on any of them. Raises Lost where one is gone, and where one
        does not notice within so many seconds that others failed."""
        if not self.run:
            return False
        began = time.monotonic()
        for _ in _pauses():
            left, failed = self._count(f"left/{self.run}"), self._count(f"failed/{self.run}") > 0
            if left >= self._size:
                return failed
            if (failed and time.monotonic() > began + longest) or self._dead() is not None:
                break
        raise self.lost()

    def end(self, longest: float) -> bool:
        """Say that nothing more comes. Rank 0, which may hold the store, waits up to so many seconds until the others have said so too, or
        are gone: whether all did."""
        self._store.set(f"ended/{self._rank}", "1")
        until = time.monotonic() + longest
        for _ in _pauses():
            silent = [rank for rank in range(self._size) if self._rank == 0 and not self._store.check([f"ended/{rank}"])]
            if all(self._is_dead(rank) for rank in silent) or time.monotonic() > until:
                break
        return not silent

    def _begin(self) -> None:
        self.run, self._calls = self.run + 1, 0

    # -- who cannot go on

    def ended(self, error: Exception | None = None) -> Failed:
        """What to say where this rank cannot go on because of another one: Lost, unless that has told why and is still there. error: how
        it was noticed."""
        gone, told = self.gone(), self._told()
        if gone is not None or told is None:
            return self._lost(gone, error)
        rank, said = told
        failed = Failed(f"One of the {self._size} processes that train together failed", _of_rank(rank, said), said.do or _DO)
        failed.told = rank == 0
        return failed

    def lost(self, unknown: str = "") -> Lost:
        """What to say where another rank is gone, or cannot be waited for: its own words, if it left some. unknown: why they all end,
        where nothing is known of any."""
        gone = self.gone()
        if unknown and gone is None and self._told() is None:
            return Lost(f"The {self._size} processes that train together ended", unknown, _DO)
        return self._lost(gone)

    def _lost(self, gone: tuple[int, int] | None, error: Exception | None = None) -> Lost:
        what, told = f"One of the {self._size} processes that train together ended", self._told()
        if told is not None:
            rank, said = told
            lost = Lost(what, _of_rank(rank, said), said.do or _DO)
            lost.told = rank == 0
            return lost
        if gone is not None:
            return Lost(what, f"number {gone[0] + 1} (process {gone[1]}) was killed or crashed", _DO)
        if error is None:
            return Lost(what, "it was killed or crashed", _DO)
        return Lost(what, f"the connection to it broke: {first_line(error)}", _DO, details=str(error))

    def gone(self) -> tuple[int, int] | None:
        """Which rank on this machine is no more, and its process; a connection closes a moment before its process is seen to have ended."""
        until = time.monotonic() + _MOMENT
        with contextlib.suppress(RuntimeError):
            while True:
                if (dead := self._dead()) is not None:
                    return dead
                if time.monotonic() > until or self._store.check([self._trouble]):
                    return None
                time.sleep(0.02)
        return None

    @property
    def _trouble(self) -> str:
        return f"trouble/{self.run}"

    def _told(self) -> tuple[int, StudioError] | None:
        """Which other rank cannot go on with the run, and why."""
        with contextlib.suppress(RuntimeError):  # the store may be gone as well
            if self._store.check([self._trouble]):
                rank, said = self._store.get(self._trouble).decode().split(" ")
                error = unpacked(said)
                if int(rank) != self._rank:
                    return int(rank), error if isinstance(error, StudioError) else StudioError(f"{type(error).__name__}: {error}")
        return None

    def _dead(self) -> tuple[int, int] | None:
        return next(((rank, self._whose(rank)[1]) for rank in range(self._size) if self._is_dead(rank)), None)

    def _is_dead(self, rank: int) -> bool:
        """Known of those on this machine."""
        machine, number = self._whose(rank)
        return machine == here() and not _lives(number)

    def _whose(self, rank: int) -> tuple[str, int]:
        """Its machine and process."""
        if rank not in self._processes:
            machine, number = self._store.get(f"pid/{rank}").decode().rsplit(" ", 1)
            self._processes[rank] = machine, int(number)
        return self._processes[rank]

    def _is_done(self, key: str, times: int) -> bool:
        return bool(self._store.check([key])) and (times == 1 or self._count(key) >= times)

    def _count(self, key: str) -> int:
        return int(self._store.add(key, 0))


@cache
def here() -> str:
    """This machine, as far as its processes see each other: a container is one of its own."""
    said = [platform.node()]
    with contextlib.suppress(OSError):
        said.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with contextlib.suppress(OSError):
        said.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    return "/".join(said)


def tells_of_loss(error: BaseException) -> bool:
    """Whether an error is what torch.distributed raises when another rank is gone."""
    return isinstance(error, RuntimeError) and (type(error).__name__.startswith("Dist") or bool(_LOST.search(str(error))))


def _pauses() -> Iterator[None]:
    """One round of waiting after the other, each a little longer than the one before."""
    pause = 0.002
    while True:
        yield
        time.sleep(pause)
        pause = min(0.1, pause * 1.5)


def _of_rank(rank: int, said: StudioError) -> str:
    return f"number {rank + 1}: {': '.join(part for part in (said.what, said.why) if part)}"


def _lives(number: int) -> bool:
    try:
        return bool(psutil.Process(number).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
