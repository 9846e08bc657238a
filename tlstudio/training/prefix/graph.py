"""Which operations of a network have to be run in every training step, and what they need of the others.

An operation is hot when it uses a parameter that learns, is random, takes the statistics of the batch, changes a buffer, or needs what
a hot one gives. All others give the same for the same image as long as training lasts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils import _pytree as pytree

from tlstudio.training.prefix.tape import Facts, Notes, Untraceable, noted

aten = torch.ops.aten


@dataclass(frozen=True)
class Sized:
    """A number that grows with the batch: each * B + fixed."""

    each: int
    fixed: int


@dataclass
class Program:
    """What a network does with batches of any size in one mode. args: of every node, with Sized for numbers that the batch decides.

    rows: of every tensor node, how many rows it has for each image; 0 where it has none of its own. needs: nodes that have to have run
    before, those which write to the same memory included.
    """

    notes: Notes
    args: dict[fx.Node, tuple[Any, Any]]
    rows: dict[fx.Node, int]
    needs: dict[fx.Node, list[fx.Node]] = field(default_factory=dict)
    moving: set[fx.Node] = field(default_factory=set)

    def __post_init__(self) -> None:
        last: dict[fx.Node, fx.Node] = {}
        for node in self.nodes:
            needs = dict.fromkeys(node.all_input_nodes)
            for one in node.all_input_nodes:
                if one in self.facts and self.facts[one].root in last:
                    needs[last[self.facts[one].root]] = None
            self.needs[node] = list(needs)
            for one in self.notes.writes.get(node, ()):
                last[self.facts[one].root] = node
            if node.op == "placeholder" or any(one in self.moving for one in needs):
                self.moving.add(node)

    @property
    def nodes(self) -> Iterable[fx.Node]:
        return self.notes.graph.nodes

    @property
    def facts(self) -> dict[fx.Node, Facts]:
        return self.notes.facts

    @property
    def answer(self) -> fx.Node:
        return self.notes.graph.output_node()

    def image_bytes(self, node: fx.Node) -> int:
        facts = self.facts[node]
        return int(torch.Size(facts.shape).numel()) // _BATCHES[0] * facts.dtype.itemsize

    def written_after(self, node: fx.Node, writers: Collection[fx.Node]) -> bool:
        """Whether one of them changes that tensor's memory when it has been made."""
        root = self.facts[node].root
        return any(
            one in writers and node < one and any(self.facts[w].root is root for w in written) for one, written in self.notes.writes.items()
        )


_BATCHES = (2, 3)


def program(module: nn.Module, x: Tensor) -> Program:
    """What module(x) does in the modes that its layers are in, for any batch. x: (3, 3, H, W). Raises Untraceable.

    Two batches of different sizes show which numbers the size decides.
    """
    small, large = (noted(module, x[:n]) for n in _BATCHES)
    args, rows = {}, {}
    pairs = list(zip(small.graph.nodes, large.graph.nodes, strict=False))
    if len(small.graph.nodes) != len(large.graph.nodes) or any((a.op, a.target) != (b.op, b.target) for a, b in pairs):
        raise Untraceable("it does other things with two images than with three")
    for a, b in pairs:
        args[a] = (_sized(a.args, b.args), _sized(a.kwargs, b.kwargs))
        if a in small.facts:
            rows[a] = _rows(small.facts[a].shape, large.facts[b].shape)
    for name, tensor in small.own.items():
        if tensor is not large.own[name] and not torch.equal(tensor, large.own[name]):
            raise Untraceable("its constants depend on the number of images")
    return Program(small, args, rows)


def _sized(a: Any, b: Any) -> Any:
    """Arguments of the small and the large batch as those of any. Nodes are those of the small one."""
    if isinstance(a, fx.Node):
        return a
    if isinstance(a, list | tuple):
        if len(a) != len(b):
            raise Untraceable("it does other things with two images than with three")
        return [_sized(x, y) for x, y in zip(a, b, strict=True)]
    if isinstance(a, dict):
        return {name: _sized(a[name], b[name]) for name in a}
    if type(a) is int and a != b:
        small, large = _BATCHES
        each = (b - a) // (large - small)
        return Sized(each, a - each * small)
    if a != b:
        raise Untraceable("its arithmetic depends on the number of images")
    return a


def _rows(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    small, large = _BATCHES
    fits = a and a[1:] == b[1:] and a[0] % small == 0 and b[0] * small == a[0] * large
    return a[0] // small if fits else 0


def hot(learning: Program) -> set[fx.Node]:
    """The nodes that have to run in every step."""
    facts, notes = learning.facts, learning.notes
    out: set[fx.Node] = set()
    written = {facts[one].root for ones in notes.writes.values() for one in ones}
    fixed = 0
    while True:
        for node in learning.nodes:
            own = node.op == "get_attr" and (notes.own[str(node.target)].requires_grad or node in written)
            if own or by_itself(node) or any(one in out for one in learning.needs[node]):
                out.add(node)
        # What hot nodes read must not have been written to by cold ones that come later.
        for node, ones in notes.writes.items():
            roots = {facts[one].root for one in ones}
            before = (one for one in out if one < node and one.op == "call_function")
            if node not in out and any(facts[given].root in roots for one in before for given in one.all_input_nodes if given in facts):
                out.add(node)
        if len(out) == fixed:
            out.discard(learning.answer)
            return out
        fixed = len(out)


def by_itself(node: fx.Node) -> bool:
    """Whether it is random, or of the statistics of a batch."""
    if not isinstance(node.target, torch._ops.OpOverload):
        return False
    schema = node.target._schema.arguments
    given: dict[str, Any] = {argument.name: argument.default_value for argument in schema if argument.has_default_value()}
    given |= {argument.name: value for argument, value in zip(schema, node.args, strict=False)} | node.kwargs
    if node.target.overloadpacket is aten.batch_norm:
        return bool(given["training"])
    if torch.Tag.nondeterministic_seeded not in node.target.tags:
        return False
    return bool(given.get("dropout_p", 1)) and bool(given.get("training", True))


def keys(one: Program) -> dict[fx.Node, int]:
    """For each node a name of the value that it gives: in another mode of the network, the same value has the same name."""
    out: dict[fx.Node, int] = {}
    for node in one.nodes:
        given = pytree.tree_map(lambda leaf: ("node", out[leaf]) if isinstance(leaf, fx.Node) else leaf, one.args[node])
        target = str(node.target)
        if node.op == "get_attr" and target.startswith("constant"):
            target = _constant(one.notes.own[target])
        out[node] = hash(repr((node.op, target, given, [out[need] for need in one.needs[node]])))
    return out


def _constant(tensor: Tensor) -> str:
    return f"{tensor.dtype} {tuple(tensor.shape)} {tensor.detach().cpu().flatten().tolist()}"


def demanded(one: Program, hot: Collection[fx.Node]) -> list[fx.Node]:
    """The cold nodes that depend on the images and are used by hot ones, or are a part of the answer."""
    found: dict[fx.Node, None] = {}
    for node in one.nodes:
        if node in hot or node is one.answer:
            found.update((need, None) for need in node.all_input_nodes if need not in hot and need in one.moving)
    return list(found)


def closure(one: Program, wanted: Sequence[fx.Node], stop: Collection[fx.Node]) -> list[fx.Node]:
    """All nodes that have to run for the wanted ones, in order; those at which to stop are in, what they need is not."""
    found: set[fx.Node] = set()
    waiting = list(wanted)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            if node not in stop:
                waiting += one.needs[node]
    return [node for node in one.nodes if node in found]
