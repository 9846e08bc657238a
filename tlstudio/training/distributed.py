"""Several processes (ranks) that train one network together, each on a share of every batch; here: what the loop asks of them.

`ranks()` gives the one of this process. Alone it is the stand-in below: it costs nothing, and never imports torch.distributed.
Started by torchrun it is `together.Together`, whose methods are collective: every rank calls them, in the same order.

A step learns from batch_size images a rank, cut from the same permutation as one process with a batch so many times as large cuts them,
and losses are weighed so that the gradient is the mean over all of them: the ranks come to the same weights as that one process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from tlstudio.control import Control
from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Event
from tlstudio.training.rank_environment import several

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from tlstudio.recipe import Recipe
    from tlstudio.runs import Run
    from tlstudio.training.losses import Criterion

T = TypeVar("T")
Cuts = Sequence[tuple[int, int]]
Share = Callable[[int, int], Generator[Event, None, None]]


class Ranks:
    """This process among those that train together; here: alone.

    size: how many there are; rank: which of them this is, 0, 1, ...; local_rank, local_size: the same on this machine. machines: how many.
    """

    def __init__(self, rank: int = 0, size: int = 1, local_rank: int = 0, local_size: int = 1, machines: int = 1) -> None:
        self.rank, self.size, self.local_rank, self.local_size, self.machines = rank, size, local_rank, local_size, machines

    @property
    def main(self) -> bool:
        """Whether this is the one that writes: run folder, events, checkpoints."""
        return self.rank == 0

    def backend(self, kind: str) -> str:
        """What carries tensors on devices of that kind between the ranks."""
        return "nccl" if kind == "cuda" else "gloo"

    def to_json(self, kind: str) -> dict[str, Any]:
        """For the receipt: {size, backend, machines}. kind: of device."""
        return {"size": self.size, "backend": self.backend(kind), "machines": self.machines}

    # -- agreeing

    def control(self, control: Control) -> Control:
        """What all ranks look at in place of `control`: stop, pause, rates and cancel, as rank 0 was told, agreed at each `reading`."""
        return control

    def same(self, make: Callable[[], T]) -> T:
        """What rank 0 makes, for all (it is pickled); what it raises, they raise."""
        return make()

    def words(self, own: str) -> list[str]:
        """What each says, by rank."""
        return [own]

    def in_turn(self, work: Callable[[], Generator[Event, None, T]]) -> Generator[Event, None, T]:
        """The first rank of each machine works while the others wait, which then find on the disk what it left there. What one of them
        raises all raise."""
        return work()

    def in_shares(self, share: Share, whole: Callable[[], Generator[Event, None, T]]) -> Generator[Event, None, T]:
        """The ranks of a machine work at the same time: share(r, k) is the part of the r-th of k, left on the disk; then each does the
        whole with what it finds there. What one of them raises all raise. Where there is nobody to share with it is the whole at once."""
        return whole()

    # -- steps

    def share(self, order: Sequence[int], cuts: Cuts) -> tuple[Sequence[int], Cuts]:
        """Of batches order[a:b] of all ranks, for each (a, b), those of this rank: its own order, and where it is cut."""
        return order, cuts

    @property
    def least(self) -> int:
        """The fewest images that a batch may have: one for each rank, and two for BatchNorm."""
        return max(2, self.size)

    def of(self, n: int) -> tuple[int, int]:
        """Which of n consecutive things are this rank's, from and to."""
        return 0, n

    def wrapped(self, module: nn.Module, *, partly: bool) -> nn.Module:
        """The module with gradients that are the mean over all ranks, of the same weights: for `Learner.stand_in`.

        partly: some of what learns does not take part in every step. Averages of BatchNorm that learns are each rank's own, see `level`.
        """
        return module

    def chance(self, seed: int) -> int:
        """The seed of this rank's dropout in a step, from that of the step."""
        return seed

    def step(self, labels: Tensor, n: int, empty: bool) -> AbstractContextManager[bool]:
        """Inside, losses are weighed by this rank's share of what a step learns from. Gives whether no rank has anything to learn from.

        labels: of this rank's batch; n: images of all ranks; empty: whether none of this rank's pixels has a label.
        """
        return nullcontext(empty)

    def weighed(self, criterion: Criterion) -> Criterion:
        """The loss times what `step` says; its mean over the ranks is the loss of the whole batch."""
        return criterion

    def reading(self, columns: Sequence[Sequence[float]], seconds: float) -> list[list[float]]:
        """Figures of the steps since the last reading, summed over the ranks; at the same time control is agreed on.

        All ranks read after the same step, see `until_reading`. seconds: a reading should come about so often.
        """
        return [list(column) for column in columns]

    @property
    def until_reading(self) -> int | None:
        """Steps from one reading to the next, as agreed at the last; None: each looks at its own clock."""
        return None

    # -- measuring

    def most(self, value: float) -> float:
        """The largest of the ranks' values."""
        return value

    def filled(self, rows: Tensor) -> Tensor:
        """(N, ...) of all, where each rank filled its own rows and left zeros in the others'."""
        return rows

    def total(self, counts: NDArray[np.float64] | NDArray[np.int64]) -> Any:
        """The sum over the ranks, element by element."""
        return counts

    def level(self, tensors: Iterable[Tensor]) -> None:
        """Give every rank those of rank 0 in place, so that all judge the same network."""

    # -- leading and following

    def led(self, events: Iterator[Event], recipe: Recipe, run: Run) -> Iterator[Event]:
        """The events of a training that all ranks go through. What it fails with on one of them it fails with on all, and another one can
        begin. Raises Lost where none can, because another rank is gone; Ended where all are to end."""
        return events

    def work(self) -> dict[str, Any] | None:
        """What rank 0 trains next: {recipe, run}; None for nothing more. Raises Lost."""
        return None

    def end(self) -> None:
        """No more collective calls come."""


class Failed(StudioError):
    """Another of the processes that train together could not go on, and has told why. told: it is rank 0, which says so itself."""

    told = False


class Lost(Failed):
    """Another of the processes that train together is gone, or does not notice that this one failed: they can train nothing more."""


class Ended(Cancelled):
    """The processes that train together were told to end, all of them."""

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "type": Cancelled.__name__}


_ranks: Ranks | None = None


def ranks() -> Ranks:
    """This process among those that train together: the same object each time."""
    global _ranks
    if _ranks is None:
        if several():
            from tlstudio.training.together import Together

            _ranks = Together.from_environment()
        else:
            _ranks = Ranks()
    return _ranks


def leave(code: int) -> None:
    """The process ends with that exit code: those that follow it may end too. Does nothing where it never met them, and fails."""
    if _ranks is not None or (code == 0 and several()):
        with contextlib.suppress(StudioError):
            ranks().end()
