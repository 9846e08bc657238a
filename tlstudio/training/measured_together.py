"""Measuring with several ranks: each judges a share of the images, in the very batches in which one process would judge them, so that
what all come to is what one process comes to, to the bit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence
from typing import Any

import torch
from torch import Tensor

from tlstudio.training.distributed import ranks
from tlstudio.training.measure import BATCH, Measured, measured


def measured_together(forward: Callable[[Any], Tensor], source: Any, split: str, labels: Tensor) -> Generator[int, None, Measured]:
    """As `measured`, of the split of a source. labels: (N,), of all its images. Yields about how many were judged by all ranks."""
    together, n = ranks(), len(labels)
    mine = range(together.rank * BATCH, n, together.size * BATCH)
    own: Measured | None = None
    if mine:  # of few images there may be no batch left for this rank
        judging = measured(forward, source.plain(split, (together.rank, together.size)))
        while own is None:
            try:
                yield min(n, next(judging) * together.size)
            except StopIteration as ended:
                own = ended.value
    width = together.most(own.logits.shape[1] if own is not None else 0)
    logits = torch.zeros(n, int(width))
    if own is not None:
        places = torch.cat([torch.arange(start, min(start + BATCH, n)) for start in mine])
        logits[places] = own.logits
    return Measured(together.filled(logits), labels.cpu().long())


def pictures_of(n: int, wanted: Collection[int]) -> Sequence[int] | None:
    """Which of n pictures this rank judges, None for all: those that are wanted are rank 0's, the rest is dealt out evenly."""
    together = ranks()
    if together.size == 1:
        return None
    first, rest = sorted(set(wanted)), [i for i in range(n) if i not in set(wanted)]
    more = max(0, -(-n // together.size) - len(first))
    if together.main:
        return sorted([*first, *rest[:more]])
    return rest[more:][together.rank - 1 :: together.size - 1]
