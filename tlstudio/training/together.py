"""The ranks that torchrun started, over torch.distributed: gloo for what lies in memory, NCCL for what lies on graphics cards.

That one of them is gone is noticed by the others through the connections that close, and by torchrun, which then ends all; no waiting
here relies on a time that is up. What is only waited for (a scan, a fill) is waited for at the store, which knows no time limit.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from tlstudio.control import Control
from tlstudio.data.masks import IGNORE
from tlstudio.errors import StudioError
from tlstudio.events import Event
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.board import Board, tells_of_loss
from tlstudio.training.distributed import Cuts, Lost, Ranks
from tlstudio.training.losses import Criterion
from tlstudio.training.parting import Watcher
from tlstudio.training.rank_environment import cores
from tlstudio.training.rows import CannotKeep
from tlstudio.training.shared_control import Shared

T = TypeVar("T")
LONGEST = timedelta(minutes=5)  # that one rank may be behind the others between two collective calls
_MOST = 1000  # steps between two readings, in case that they take no time
_BUFFERS = "forward_sync_buffers"  # the name that newer torch gives it
if _BUFFERS not in inspect.signature(DistributedDataParallel).parameters:
    _BUFFERS = "broadcast_buffers"


class Together(Ranks):
    """One of several ranks. That another one is gone ends this one too, see `led`."""

    def __init__(self, rank: int, size: int, local_rank: int, local_size: int) -> None:
        super().__init__(rank, size, local_rank, local_size)
        cards = torch.cuda.is_available()
        if os.environ.get("OMP_NUM_THREADS", "1") == "1":  # what torchrun says where nobody said anything
            torch.set_num_threads(max(1, cores() // local_size))
        store, _, _ = next(rendezvous("env://", timeout=LONGEST))
        self._board = Board(PrefixStore("tlstudio", store), rank, size)
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if cards else "gloo", store=PrefixStore("group", store), rank=rank, world_size=size, timeout=LONGEST
        )
        self._run: Run | None = None
        self._watcher = Watcher(self._told_to_end, self._last_words)
        self._control: Shared | None = None
        self._until = 1
        self._read_at = time.monotonic()
        self._weight: float | Tensor = 1.0

    @classmethod
    def from_environment(cls) -> Together:
        """As torchrun says it."""
        rank, size, local_rank = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
        return cls(rank, size, local_rank, int(os.environ.get("LOCAL_WORLD_SIZE", "1")))

    # -- agreeing

    def control(self, control: Control) -> Control:
        self._control = Shared(control, self.main)
        return self._control

    def agreed_stop(self, flag: bool) -> bool:
        return self.same(lambda: flag)

    def barrier(self) -> None:
        self.same(lambda: None)

    def same(self, make: Callable[[], T]) -> T:
        number = self._board.next()
        if self.main:
            try:
                told: tuple[Any, Exception | None] = (make(), None)
            except (StudioError, KeyError) as error:
                told = (None, error)
            self._board.done(number)
        else:
            self._board.wait(number)
            told = (None, None)
        box = [told]
        dist.broadcast_object_list(box, 0, device=torch.device("cpu"))
        made, trouble = box[0]
        if trouble is not None:
            raise trouble
        return made  # type: ignore[no-any-return]

    def in_turn(self, work: Callable[[], Generator[Event, None, T]]) -> Generator[Event, None, T]:
        number, machines = self._board.next(), self.size // self.local_size
        if self.local_rank == 0:
            try:
                with self._alone():
                    done = yield from work()
            except BaseException as error:  # GeneratorExit too: who asked for it goes on without
                left = CannotKeep("the run was stopped") if isinstance(error, GeneratorExit) else error
                self._board.failed(number, left)
                raise
            self._board.done(number)
        self._board.wait(number, machines)
        if self.local_rank:
            done = yield from work()
        return done

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Inside, rank 0 hears at once what it is told: the others only wait."""
        if self._control is None:
            yield
            return
        self._control.alone = self.main
        try:
            yield
        finally:
            self._control.alone = False

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
        dist.all_reduce(rows)
        return rows

    def total(self, counts: Any) -> Any:
        sums = torch.from_numpy(np.array(counts))
        dist.all_reduce(sums)
        return sums.numpy()

    def level(self, tensors: Iterable[Tensor]) -> None:
        for tensor in tensors:
            dist.broadcast(tensor, 0)

    # -- leading and following

    def led(self, events: Iterator[Event], recipe: Recipe, run: Run) -> Iterator[Event]:
        self._run = run
        if self.main:
            self._board.put_work({"recipe": recipe.model_dump(mode="json"), "run": str(run.path)})
        try:
            yield from events
        except Lost:
            raise
        except StudioError as error:
            self._board.tell_trouble(error)
            raise
        except Exception as error:
            if tells_of_loss(error):
                raise self._board.lost() from error
            self._board.tell_trouble(StudioError(f"{type(error).__name__}: {error}"))
            raise
        finally:
            self._run = None

    def work(self) -> dict[str, Any] | None:
        return self._board.take_work()

    def end(self) -> None:
        if self.main:
            self._board.put_work(None)
        with contextlib.suppress(StudioError, RuntimeError):  # rank 0 may hold the store: it leaves last
            self._board.done("ended")
            if self.main:
                self._board.wait("ended", self.size)
        if dist.is_initialized():
            dist.destroy_process_group()
        self._watcher.end()

    def _told_to_end(self) -> None:
        """torchrun ends all: because one is gone, which this rank will notice, or because it was told so itself."""
        with contextlib.suppress(RuntimeError):
            if self._control is not None and self._board.gone() is None:
                self._control.cancel()

    def _last_words(self) -> tuple[StudioError, Run | None, bool]:
        error = self._board.lost()
        return error, None if error.told else self._run, self.main
