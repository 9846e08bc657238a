"""The connections over which ranks add up their tensors: gloo's for what lies in memory, NCCL's for what lies on graphics cards."""

from __future__ import annotations

import contextlib
import gc
import traceback
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import PrefixStore

LONGEST = timedelta(minutes=5)
"""That one rank may be behind the others between two collective calls."""


class Connections:
    """Of this rank with all others. After a run that failed all make them anew, for who failed may have been a call ahead of the rest.

    number: how often that was done. Not before all have left the run, see `Board.all_left`.
    """

    def __init__(self, store: Any, rank: int, size: int) -> None:
        self._store, self._rank, self._size = store, rank, size
        self._cards = torch.cuda.is_available()
        self.number = 0
        self._made()

    @property
    def patience(self) -> float:
        """Seconds within which the others notice that this rank failed, unless they never will: NCCL does not tell them."""
        return 5.0 if self._cards else 30.0

    def renewed(self, number: int) -> None:
        """Have those of that number."""
        if number != self.number:
            self.end()
            self.number = number
            self._made()

    def cut(self, error: BaseException | None) -> None:
        """This rank failed with that error: have those notice who wait for its tensors, and would for ever.

        What of NCCL is under way on a card cannot be ended like that: there the others notice once this process ends.
        """
        group = dist.group.WORLD
        if group is None:
            return
        with contextlib.suppress(RuntimeError, AttributeError):  # older ones close what nobody holds any more
            group._get_backend(torch.device("cpu")).abort()
        while error is not None:  # the network is held by the frames through which the error came, and holds the connections
            traceback.clear_frames(error.__traceback__)
            error = error.__context__
        if not self._cards:
            self.end()
        gc.collect()

    def end(self) -> None:
        """There are none any more."""
        if dist.is_initialized():
            dist.destroy_process_group()

    def _made(self) -> None:
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if self._cards else "gloo",
            store=PrefixStore(f"group/{self.number}", self._store),
            rank=self._rank,
            world_size=self._size,
            timeout=LONGEST,
        )
