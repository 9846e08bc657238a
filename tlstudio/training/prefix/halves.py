"""The two halves of a cut network as modules."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils import _pytree as pytree

from tlstudio.training.prefix.graph import Program, Sized, by_itself, closure

aten = torch.ops.aten


@dataclass(frozen=True)
class Crossing:
    """One of the tensors that cross. shape: of one image's row, contiguous, without the batch. dtype: as computed.

    rows: how many rows the network has for an image, a dimension of their own here. order: how its dimensions, the batch among them,
    lie in memory, slowest first: channels-last maps cross as (h, w, C).
    """

    shape: tuple[int, ...]
    dtype: torch.dtype
    rows: int
    order: tuple[int, ...]

    @property
    def back(self) -> list[int]:
        """The dimensions of a row as the network has them."""
        return [self.order.index(i) for i in range(len(self.order))]

    @property
    def turned(self) -> bool:
        return self.order != tuple(range(len(self.order)))

    @property
    def numel(self) -> int:
        return int(torch.Size(self.shape).numel())


def kind_of(shape: Sequence[int], stride: Sequence[int], dtype: torch.dtype, rows: int = 1) -> Crossing:
    """How a tensor (B * rows, ...) crosses."""
    row = tuple(shape[1:]) if rows == 1 else (rows, *shape[1:])
    order = tuple(range(len(row) + 1))
    if rows == 1 and 0 not in stride:
        by_stride = tuple(sorted(order, key=lambda i: -stride[i]))
        order = by_stride if by_stride[0] == 0 else order
    return Crossing(tuple(row[i - 1] for i in order[1:]), dtype, rows, order)


def crossing_of(one: Program, node: fx.Node) -> Crossing:
    facts = one.facts[node]
    return kind_of(facts.shape, facts.stride, facts.dtype, one.rows[node])


def front(one: Program, crossing: Sequence[fx.Node], kinds: Sequence[Crossing]) -> fx.GraphModule:
    """(B, 3, H, W) to the list of what crosses, each (B, *shape), contiguous."""
    written = _Written(one)
    x = written.graph.placeholder("x")
    written.take(next(iter(one.nodes)), x)
    written.batch_of(x)
    written.run(closure(one, crossing, ()))
    out = []
    for node, kind in zip(crossing, kinds, strict=True):
        value = written.values[node]
        if kind.rows > 1:
            value = written.call(aten.reshape.default, value, [written.batch(), *kind.shape])
        elif kind.turned:
            value = written.call(aten.permute.default, value, list(kind.order))
        out.append(written.call(aten.contiguous.default, value))
    return written.done(out)


def back(one: Program, crossing: Sequence[fx.Node], kinds: Sequence[Crossing]) -> fx.GraphModule:
    """What crosses to the flat list of the network's answer."""
    written = _Written(one)
    for i, node in enumerate(crossing):
        written.take(node, written.graph.placeholder(f"crossing_{i}"))
    written.batch_of(written.values[crossing[0]])
    wanted = closure(one, [one.answer, *(node for node in one.nodes if by_itself(node) or _changes_buffer(one, node))], crossing)
    changed = {one.facts[given].root for node in wanted if node not in crossing for given in one.notes.writes.get(node, ())}
    for node, kind in zip(crossing, kinds, strict=True):
        if node not in wanted:
            continue
        value = written.values[node]
        if kind.rows > 1:
            value = written.call(aten.flatten.using_ints, value, 0, 1)
        elif kind.turned:
            value = written.call(aten.permute.default, value, kind.back)
        if one.facts[node].root in changed:  # what is kept must stay as it is
            value = written.call(aten.clone.default, value)
        written.take(node, value)
    written.run([node for node in wanted if node not in crossing])
    return written.done(written.new(one.args[one.answer][0][0]))


def _changes_buffer(one: Program, node: fx.Node) -> bool:
    return any(one.facts[given].root.op == "get_attr" for given in one.notes.writes.get(node, ()))


class _Written:
    """A graph that is being written from the nodes of a program."""

    def __init__(self, one: Program) -> None:
        self._one = one
        self.graph = fx.Graph()
        self.values: dict[fx.Node, fx.Node] = {}
        self._batch: Callable[[], fx.Node] | None = None
        self._size: fx.Node | None = None

    def take(self, node: fx.Node, value: fx.Node) -> None:
        self.values[node] = value

    def batch_of(self, tensor: fx.Node) -> None:
        """How many images there are is seen from this tensor."""
        self._batch = lambda: self.call(aten.sym_size.int, tensor, 0)

    def batch(self) -> fx.Node:
        if self._size is None:
            assert self._batch is not None
            self._size = self._batch()
        return self._size

    def call(self, target: Any, *args: Any) -> fx.Node:
        return self.graph.call_function(target, args)

    def run(self, nodes: Sequence[fx.Node]) -> None:
        for node in nodes:
            if node.op == "get_attr":
                self.values[node] = self.graph.create_node("get_attr", str(node.target))
            elif node.op == "call_function":
                args, kwargs = self._one.args[node]
                value = self.graph.call_function(node.target, tuple(self.new(args)), self.new(kwargs))  # type: ignore[arg-type]
                if node in self._one.facts:
                    value.meta["dims"] = len(self._one.facts[node].shape)
                self.values[node] = self.call(aten.detach.default, value) if node in self._one.notes.silent else value

    def new(self, given: Any) -> Any:
        """Arguments of the program as arguments here."""
        if isinstance(given, fx.Node):
            return self.values[given]
        if isinstance(given, Sized):
            size = self.batch() if given.each == 1 else self.call(operator.mul, self.batch(), given.each)
            return self.call(operator.add, size, given.fixed) if given.fixed else size
        if isinstance(given, list | tuple):
            return [self.new(one) for one in given]
        if isinstance(given, dict):
            return {name: self.new(one) for name, one in given.items()}
        return given

    def done(self, result: Any) -> fx.GraphModule:
        self.graph.output(result)
        own = self._one.notes.own
        used = {str(node.target): own[str(node.target)] for node in self.graph.nodes if node.op == "get_attr"}
        return fx.GraphModule(used, self.graph)


class Suffix(nn.Module):
    """What learns, and all that stands behind the cut: (B, *shape) of each tensor that crosses, to the network's answer.

    train() and eval() choose what it does as they do with the network, whose own modes stay as they are. Parameters and buffers are the
    network's own.
    """

    def __init__(self, learning: fx.GraphModule, judging: fx.GraphModule, specs: tuple[pytree.TreeSpec, pytree.TreeSpec]) -> None:
        super().__init__()
        self.learning, self.judging = learning, judging
        self._specs = specs
        self.others: dict[tuple[tuple[int, ...], ...], fx.GraphModule] = {}

    def forward(self, *crossing: Tensor) -> Any:
        if self.training:
            return pytree.tree_unflatten(self.learning(*crossing), self._specs[0])
        judging = self.others.get(tuple(tuple(one.shape[1:]) for one in crossing), self.judging)
        return pytree.tree_unflatten(judging(*crossing), self._specs[1])
