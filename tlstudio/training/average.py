"""A moving average of the weights (Polyak and Juditsky, 1992): judged and kept in place of the weights that training moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


class Average:
    """The moving average of named tensors, on their devices.

    decay: share of the average that stays at each step. It begins lower and rises with the steps, (1 + t) / (10 + t) at most, so that
    a short run does not remember its random first weights.
    """

    def __init__(self, tensors: dict[str, Tensor], decay: float) -> None:
        self._tensors, self.decay = tensors, decay
        self.state = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        floats = [name for name, tensor in tensors.items() if tensor.is_floating_point()]
        self._floats, self._others = floats, [name for name in tensors if name not in set(floats)]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the tensors as they are after training step 0, 1, ... of the run. Counters are taken as they are."""
        keep = min(self.decay, (1 + step) / (10 + step))
        if self._floats:
            torch._foreach_lerp_([self.state[n] for n in self._floats], [self._tensors[n] for n in self._floats], 1.0 - keep)
        if self._others:  # one call for all: BatchNorm has a counter in each layer
            torch._foreach_copy_([self.state[n] for n in self._others], [self._tensors[n] for n in self._others])

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from the `state` of an earlier session."""
        for name, tensor in state.items():
            self.state[name].copy_(tensor)

    @contextmanager
    def in_place(self) -> Iterator[dict[str, Tensor]]:
        """Inside, the tensors hold the average; outside, what they held before, which is given."""
        with torch.no_grad():
            kept = {name: tensor.clone() for name, tensor in self._tensors.items()}
            self._fill(self.state)
            try:
                yield kept
            finally:
                self._fill(kept)

    def _fill(self, values: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, value in values.items():
                self._tensors[name].copy_(value)
