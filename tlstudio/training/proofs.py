"""The proof that the frozen stays frozen, epoch by epoch: sums over the bits of every frozen parameter and buffer.

proofs = Proofs(setup, moved=place.moved)                 at the beginning of each stage, after a checkpoint was put in
proof = proofs.after(epoch, best=best, last=epoch == stage.last)
place.moved = sorted({*place.moved, *proofs.moved})       so that the final proof names what moved and came back
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from tlstudio.events import FrozenProof
from tlstudio.models.freezing import digest, quick_sums, still_names, values_of
from tlstudio.training.learner import Learner

INTERVAL = 1.0  # seconds between two looks, at least
RATIO = 100.0  # and so many times what one look costs: 1 % of the time


class Proofs:
    """Compares what is frozen in a stage with what it was when that began.

    moved: names of what was found to have moved, in an earlier stage or session too; they stay there. clock: seconds.
    """

    def __init__(self, setup: Learner, *, moved: Collection[str] = (), clock: Callable[[], float] = time.perf_counter) -> None:
        self._module, self._clock = setup.network.module, clock
        self._names = still_names(self._module, setup.frozen, setup.recipe.frozen.batchnorm)
        self._before = quick_sums(self._module, self._names)
        self._digest = digest(self._before)
        self._values = values_of(self._module, self._names)
        self._next = clock()
        self.moved = sorted(moved)

    def after(self, epoch: int, *, best: bool, last: bool) -> FrozenProof | None:
        """The proof after an epoch; None where that is not due: it is always at the best epoch and at the last one of a stage."""
        began = self._clock()
        if not (best or last or began >= self._next):
            return None
        now = quick_sums(self._module, self._names)
        self.moved = sorted({*self.moved, *(name for name, sum_ in self._before.items() if now.get(name) != sum_)})
        found = digest(now)
        self._next = began + max(INTERVAL, RATIO * (self._clock() - began))
        return FrozenProof(
            ok=not self.moved,
            tensors=len(self._before),
            before=self._digest,
            after=found,
            moved=self.moved,
            epoch=epoch,
            values=self._values,
        )
