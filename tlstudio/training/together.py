"""The ranks that torchrun started, over torch.distributed: gloo for what lies in memory, NCCL for what lies on graphics cards.

That one of them is gone is noticed by the others through the connections that close, and by torchrun, which then ends all; no waiting
here relies on a time that is up. What is only waited for (a scan, a fill) is waited for at the store, which knows no time limit.
A run that fails on one of them fails on all; then the connections are made anew, and the next run can begin.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from tlstudio.control import Control
from tlstudio.data.masks import IGNORE
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.events import Event
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.board import Board, here, tells_of_loss
from tlstudio.training.connections import LONGEST, Connections
from tlstudio.training.distributed import Cuts, Ended, Failed, Ranks, Share
from tlstudio.training.losses import Criterion
from tlstudio.training.parting import Watcher
from tlstudio.training.rank_environment import NEEDED, cores
from tlstudio.training.shared_control import Shared
from tlstudio.training.travelling import first_line, packed, unpacked
from tlstudio.training.turns import agreed, nothing

T = TypeVar("T")
_MOST = 1000  # steps between two readings, in case that they take no time
_BUFFERS = "forward_sync_buffers"  # the name that newer torch gives it
if _BUFFERS not in inspect.signature(DistributedDataParallel).parameters:
    _BUFFERS = "broadcast_buffers"


class Together(Ranks):
    """One of several ranks. Raises StudioError where they do not find each other."""

    def __init__(self, rank: int, size: int) -> None:
        try:
            store, _, _ = next(rendezvous("env://", timeout=LONGEST))
            self._board = Board(PrefixStore("tlstudio", store), rank, size)
            machines = self._board.machines()
            self._connections = Connections(store, rank, size)
        except (RuntimeError, ValueError) as error:
            raise StudioError(
                f"The {size} processes that are to train together did not find each other",
                first_line(error),
                "See that each machine can be reached from the others; GLOO_SOCKET_IFNAME and NCCL_SOCKET_IFNAME say by which network",
            ) from None
        # Counted, not believed: not everything that starts processes says it, and machines may have different numbers of them.
        beside = [other for other, machine in enumerate(machines) if machine == here()]
        super().__init__(rank, size, beside.index(rank), len(beside), len(set(machines)))
        if os.environ.get("OMP_NUM_THREADS", "1") == "1":  # what torchrun says where nobody said anything
            torch.set_num_threads(max(1, cores() // self.local_size))
        self._run: Run | None = None
        self._ending = threading.Event()
        self._watcher = Watcher(self._told_to_end, self._last_words)
        self._control: Shared | None = None
        self._until = 1
        self._read_at = time.monotonic()
        self._weight: float | Tensor = 1.0

    @classmethod
    def from_environment(cls) -> Together:
        """As torchrun says it. Raises InputError where it does not."""
        lacking = [name for name in NEEDED if not os.environ.get(name)]
        if lacking:
            raise InputError(
                f"This is one of several processes, and {', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not set",
                "torchrun sets what the processes need to find each other",
                "Start them with torchrun",
            )
        return cls(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))

    # -- agreeing

    def control(self, control: Control) -> Control:
        self._control = Shared(control, self.main)
        return self._control

    def same(self, make: Callable[[], T]) -> T:
        number = self._board.next()
        if self.main:
            try:
                told: tuple[Any, str | None] = (make(), None)
            except (StudioError, KeyError) as error:
                told = (None, packed(error))
            self._board.done(number)
        else:
            self._board.wait(number)
            told = (None, None)
        box = [told]
        dist.broadcast_object_list(box, 0, device=torch.device("cpu"))
        made, trouble = box[0]
        if trouble is not None:
            raise unpacked(trouble)
        return made  # type: ignore[no-any-return]

    def words(self, own: str) -> list[str]:
        found: list[Any] = [None] * self.size
        dist.all_gather_object(found, own)
        return found

    def in_turn(self, work: Callable[[], Generator[Event, None, T]]) -> Generator[Event, None, T]:
        first = self.local_rank == 0
        done = yield from agreed(self._board, self.size, work if first else nothing, self._heeding)
        later = yield from agreed(self._board, self.size, nothing if first else work, self._heeding)
        return cast(T, done if first else later)

    def in_shares(self, share: Share, whole: Callable[[], Generator[Event, None, T]]) -> Generator[Event, None, T]:
        alone = self.local_size == 1
        yield from agreed(self._board, self.size, nothing if alone else lambda: share(self.local_rank, self.local_size), self._heeding)
        return (yield from agreed(self._board, self.size, whole, self._heeding))

    @contextmanager
    def _heeding(self) -> Iterator[Callable[[], None]]:
        """Inside, each rank hears at once what it is told: nobody waits for its tensors."""
        control = self._control
        assert control is not None
        control.alone = True
        try:
            yield control.check
        finally:
            control.alone = False

    # -- steps

    def share(self, order: Sequence[int], cuts: Cuts) -> tuple[Sequence[int], Cuts]:
        self._read_at = time.monotonic()
        own: list[int] = []
        own_cuts = []
        for a, b in cuts:
            c, d = self.of(b - a)
            own_cuts.append((len(own), len(own) + d - c))
            own += order[a + c : a + d]
        return own, own_cuts

    def of(self, n: int) -> tuple[int, int]:
        return n * self.rank // self.size, n * (self.rank + 1) // self.size

    def wrapped(self, module: nn.Module, *, partly: bool) -> nn.Module:
        partly = bool(self.most(partly))
        warnings.filterwarnings("ignore", message="Grad strides do not match")  # of parameters with a side of one; costs nothing
        said: dict[str, Any] = {_BUFFERS: False, "gradient_as_bucket_view": True, "find_unused_parameters": partly}
        return DistributedDataParallel(module, **said)

    def chance(self, seed: int) -> int:
        return (seed + self.rank * 0x9E3779B97F4A7C15) & 0x7FFFFFFFFFFFFFFF

    @contextmanager
    def step(self, labels: Tensor, n: int, empty: bool) -> Iterator[bool]:
        if labels.dim() > 1:  # losses of masks are means over the pixels that count
            counted = (labels != IGNORE).sum().double()
            every = counted.clone()
            dist.all_reduce(every)
            self._weight = (self.size * counted / every.clamp_min(1.0)).float()
            said = torch.tensor(0 if empty else 1)
            dist.all_reduce(said)
            empty = not int(said)
        else:
            self._weight = self.size * len(labels) / n
        try:
            yield empty
        finally:
            self._weight = 1.0

    def weighed(self, criterion: Criterion) -> Criterion:
        return lambda logits, labels: criterion(logits, labels) * self._weight

    def reading(self, columns: Sequence[Sequence[float]], seconds: float) -> list[list[float]]:
        control = self._control
        each = (time.monotonic() - self._read_at) / max(1, len(columns[0]))
        steps = max(1, min(_MOST, int(seconds / each))) if each > 0 else 1
        while True:
            words = control.words() if control is not None else []
            told = [float(steps), *words] if self.main else [0.0] * (1 + len(words))
            flat = torch.tensor([*told, *(value for column in columns for value in column)], dtype=torch.float64)
            dist.all_reduce(flat)
            until, *values = flat.tolist()
            self._until = int(until)
            if control is None or not control.hear(values[: len(words)]):
                break
        self._read_at = time.monotonic()
        out, at = [], len(words)
        for column in columns:
            out.append(values[at : at + len(column)])
            at += len(column)
        return out

    @property
    def until_reading(self) -> int | None:
        return self._until

    # -- measuring

    def most(self, value: float) -> float:
        said = torch.tensor(float(value))
        dist.all_reduce(said, dist.ReduceOp.MAX)
        return float(said)

    def filled(self, rows: Tensor) -> Tensor:
        self._judging(False)
        dist.all_reduce(rows)
        return rows

    def total(self, counts: Any) -> Any:
        self._judging(False)
        sums = torch.from_numpy(np.array(counts))
        dist.all_reduce(sums)
        return sums.numpy()

    def level(self, tensors: Iterable[Tensor]) -> None:
        for tensor in tensors:
            dist.broadcast(tensor, 0)
        self._judging(True)

    def _judging(self, begins: bool) -> None:
        """Between, a rank that is cancelled may go: no other waits for it on a graphics card."""
        if self._control is not None:
            self._control.judging = begins

    # -- leading and following

    def led(self, events: Iterator[Event], recipe: Recipe, run: Run) -> Iterator[Event]:
        if self._ending.is_set():
            raise Ended("Cancelled")
        if self.main:
            number = self._connections.number + self._board.all_left(self._connections.patience)
            self._board.put_work({"recipe": recipe.model_dump(mode="json"), "run": str(run.path), "connections": number})
            try:
                self._connections.renewed(number)
            except RuntimeError as error:
                raise self._board.lost() from error
        self._run, self._until = run, 1
        failed = True
        try:
            yield from events
            failed = False
        except Failed:
            raise
        except StudioError as error:
            self._board.tell_trouble(error)
            if self._ending.is_set() and isinstance(error, Cancelled):
                raise Ended(error.what, error.why, error.do) from None
            raise
        except Exception as error:
            if tells_of_loss(error):
                raise self._board.ended(error) from error
            self._board.tell_trouble(error)
            raise
        except GeneratorExit:
            self._board.tell_trouble(StudioError("it could not go on"))
            raise
        finally:
            self._run = None
            if failed:
                self._connections.cut(sys.exc_info()[1])
            self._board.leave(failed)

    def work(self) -> dict[str, Any] | None:
        said = self._board.take_work(self._connections.patience)
        if said is not None:
            self._connections.renewed(said["connections"])
        return said

    def end(self) -> None:
        with contextlib.suppress(StudioError, RuntimeError):  # rank 0 may hold the store: it leaves last
            if self.main:
                self._board.put_work(None)
            if self._board.end(self._connections.patience):
                self._connections.end()
        self._watcher.end()

    def _told_to_end(self) -> None:
        """torchrun ends all: because one is gone, which this rank will notice, or because it was told so itself."""
        self._ending.set()
        if self._control is not None and self._board.gone() is None:
            self._control.cancel()

    def _last_words(self) -> tuple[StudioError, Run | None, bool]:
        error = self._board.lost("they were told to")
        return error, None if error.told else self._run, self.main
