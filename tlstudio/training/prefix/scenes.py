"""Images of other sizes than those of training, which come whole to be judged: each size has notes of its own where it needs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, fx, nn

from tlstudio.training.prefix.check import agree, same_answers
from tlstudio.training.prefix.folding import fold
from tlstudio.training.prefix.graph import Program, program
from tlstudio.training.prefix.halves import Suffix, back, crossing_of, front
from tlstudio.training.prefix.tape import FORESEEN, Untraceable

_MOST = 8
_SMALL = 1 << 16  # numbers
"""Sizes that are noted; looking at one takes as long as five images do."""


class Scenes:
    """A prefix for images of several sizes, (B, 3, H, W) to the list of what crosses. suffix learns to go on from it."""

    def __init__(
        self, module: nn.Module, x: Tensor, prefix: fx.GraphModule, suffix: Suffix, judging: Program, crossing: Sequence[fx.Node]
    ) -> None:
        self._module, self._x, self._prefix, self._suffix = module, x[:1], prefix, suffix
        self._order = [(node.op, node.target) for node in judging.nodes]
        places = {node: i for i, node in enumerate(judging.nodes)}
        self._crossing = [places.get(node, -1) for node in crossing]
        self._prefixes: dict[tuple[int, int], fx.GraphModule] = {}
        self._taken: dict[tuple[int, int], bool] = {(x.shape[2], x.shape[3]): True}

    def __call__(self, x: Tensor) -> list[Tensor]:
        out: list[Tensor] = self._prefixes.get((x.shape[2], x.shape[3]), self._prefix)(x)
        return out

    def code(self) -> str:
        """What it computes, and the numbers that it computes with beside the network's."""
        known = {id(tensor) for tensor in (*self._module.parameters(), *self._module.buffers())}
        own = [(name, tensor) for name, tensor in self._prefix.named_buffers() if id(tensor) not in known]
        return self._prefix.code + "".join(f"{name} {tensor.tolist()}" for name, tensor in own if tensor.numel() <= _SMALL)

    def lighten(self, x: Tensor) -> None:
        """Fold BatchNorm into convolutions where that gives the same for images x."""
        folded = fold(self._prefix)
        if agree(self._prefix, folded, x):
            self._prefix = folded

    def takes(self, shape: tuple[int, int]) -> bool:
        """Whether images of that (H, W) can go through, to be judged. Looks at it once."""
        if shape not in self._taken:
            x = torch.nn.functional.interpolate(self._x, shape).repeat(3, 1, 1, 1)
            x = x.contiguous(memory_format=torch.contiguous_format if self._x.is_contiguous() else torch.channels_last)
            with judged(self._module), torch.inference_mode(False):
                self._taken[shape] = self._same(x) or self._noted(x, shape)
        return self._taken[shape]

    def _same(self, x: Tensor) -> bool:
        try:
            return same_answers(self._module, self, self._suffix, x[:1])
        except FORESEEN:
            return False

    def _noted(self, x: Tensor, shape: tuple[int, int]) -> bool:
        if len(self._prefixes) == _MOST or -1 in self._crossing:
            return False
        try:
            judging = program(self._module, x)
        except (Untraceable, *FORESEEN):
            return False
        nodes = list(judging.nodes)
        if [(node.op, node.target) for node in nodes] != self._order:
            return False
        crossing = [nodes[i] for i in self._crossing]
        kinds = [crossing_of(judging, node) for node in crossing]
        self._prefixes[shape] = fold(front(judging, crossing, kinds))
        self._suffix.others[tuple(kind.shape for kind in kinds)] = back(judging, crossing, kinds)
        return self._same(x)


@contextmanager
def judged(module: nn.Module) -> Iterator[None]:
    """Inside, the network is in eval mode."""
    modes = [(child, child.training) for child in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for child, training in modes:
            child.training = training
