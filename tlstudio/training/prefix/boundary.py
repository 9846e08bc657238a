"""Where to cut so that the fewest bytes cross: what is cheap to compute may be done on either side."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from typing import Any

from torch import fx

from tlstudio.training.prefix.graph import Program
from tlstudio.training.prefix.tape import Untraceable

# Views, copies and what costs about as much as a copy.
# fmt: off
_CHEAP = frozenset([
    "alias", "abs", "add", "cat", "chunk", "clamp", "clone", "contiguous", "constant_pad_nd", "detach", "div", "elu", "exp", "expand",
    "expand_as", "flatten", "flip", "gelu", "getitem", "hardsigmoid", "hardswish", "hardtanh", "index_select", "leaky_relu", "mish",
    "movedim", "mul", "narrow", "neg", "pad", "permute", "pixel_shuffle", "pixel_unshuffle", "relu", "relu6", "repeat",
    "repeat_interleave", "reshape", "reshape_as", "roll", "rsqrt", "select", "selu", "sigmoid", "silu", "slice", "softplus", "split",
    "split_with_sizes", "sqrt", "square", "squeeze", "stack", "sub", "swapaxes", "t", "tanh", "to", "type_as", "unbind", "unflatten",
    "unsqueeze", "upsample_bicubic2d", "upsample_bilinear2d", "upsample_nearest2d", "view", "view_as", "_to_copy",
])
# fmt: on
_NEVER = 1 << 60


def boundary(one: Program, wanted: Sequence[fx.Node], cold: Collection[fx.Node]) -> list[fx.Node]:
    """The cold nodes to be kept, so that the wanted ones can be had of them with cheap operations alone; in order.

    It is the least cut by bytes (Ford and Fulkerson, 1956); of several, the one that leaves least to do behind it.
    Raises Untraceable where some of what crosses has no rows of its own for each image.
    """
    flow = _Flow()
    seen: set[fx.Node] = set()
    waiting = list(wanted)
    for node in wanted:
        flow.add(_behind(node), _SINK, _NEVER)
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        flow.add(_before(node), _behind(node), _price(one, node, cold))
        needs = [need for need in one.needs[node] if need in one.moving]
        if cheap(one, node) and needs:
            for need in needs:
                flow.add(_behind(need), _before(node), _NEVER)
            waiting += needs
        else:
            flow.add(_SOURCE, _before(node), _NEVER)
    if flow.fill() >= _NEVER:
        raise Untraceable("what its frozen part hands on cannot be taken apart by images")
    after = flow.can_reach_sink()
    return [node for node in one.nodes if node in seen and _before(node) not in after and _behind(node) in after]


def cheap(one: Program, node: fx.Node) -> bool:
    """Whether running it again costs next to nothing, and it changes nothing."""
    if node.op != "call_function" or node in one.notes.writes:
        return False
    target: Any = node.target
    return getattr(target, "overloadpacket", target).__name__ in _CHEAP


def _price(one: Program, node: fx.Node, cold: Collection[fx.Node]) -> int:
    """In eighths of a byte, so that few tensors go before many, and what owns its memory before a view of it."""
    if node not in one.facts or not one.rows[node] or one.written_after(node, cold):
        return _NEVER
    return 8 * one.image_bytes(node) + (1 if one.facts[node].root is node else 3)


_Point = tuple[str, int]
_SOURCE, _SINK = ("source", 0), ("sink", 0)


def _before(node: fx.Node) -> _Point:
    return "before", id(node)


def _behind(node: fx.Node) -> _Point:
    return "behind", id(node)


class _Flow:
    """A network of pipes between points. left: what may still go from one point to another."""

    def __init__(self) -> None:
        self._left: dict[_Point, dict[_Point, int]] = {_SOURCE: {}, _SINK: {}}

    def add(self, a: _Point, b: _Point, width: int) -> None:
        self._left.setdefault(a, {})[b] = width
        self._left.setdefault(b, {}).setdefault(a, 0)

    def fill(self) -> int:
        """Let as much as can be go from source to sink, the shortest ways first: how much, at most about _NEVER."""
        total = 0
        while total < _NEVER and (way := self._way()):
            width = min(self._left[a][b] for a, b in way)
            for a, b in way:
                self._left[a][b] -= width
                self._left[b][a] += width
            total += width
        return total

    def _way(self) -> list[tuple[_Point, _Point]]:
        came: dict[_Point, _Point] = {_SOURCE: _SOURCE}
        waiting = deque([_SOURCE])
        while waiting:
            at = waiting.popleft()
            for to, width in self._left[at].items():
                if width and to not in came:
                    came[to] = at
                    waiting.append(to)
        if _SINK not in came:
            return []
        way, at = [], _SINK
        while at != _SOURCE:
            way.append((came[at], at))
            at = came[at]
        return way

    def can_reach_sink(self) -> set[_Point]:
        found, waiting = {_SINK}, deque([_SINK])
        while waiting:
            at = waiting.popleft()
            for to in self._left[at]:
                if to not in found and self._left[to][at]:
                    found.add(to)
                    waiting.append(to)
        return found
