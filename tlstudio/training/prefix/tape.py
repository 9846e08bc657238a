"""What a network does with a batch of images, written down operation by operation.

The network runs as it is, on real numbers, and every operation that torch is asked for is noted before autograd, autocast and the choice
of kernels have their say: the notes can be run again under all of them. Nothing is simulated, so that it costs little more than a
forward pass; `torch.export` takes twenty times as long over it (EfficientNet-Lite0, 224 px).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch._dispatch.python import enable_pre_dispatch, enable_python_dispatcher, no_python_dispatcher
from torch._ops import OpOverload
from torch.fx.experimental.proxy_tensor import ProxyTorchDispatchMode
from torch.fx.node import map_aggregate
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

aten = torch.ops.aten

_DROPOUTS = {
    aten.dropout,
    aten.dropout_,
    aten.feature_dropout,
    aten.feature_dropout_,
    aten.alpha_dropout,
    aten.alpha_dropout_,
    aten.feature_alpha_dropout,
    aten.feature_alpha_dropout_,
}


class Untraceable(Exception):
    """The network's course depends on what it sees, so that notes of one pass are not those of the next. Says how."""


FORESEEN = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, NotImplementedError, AssertionError, KeyError)
"""What networks and torch raise on a course that cannot be noted or run in two parts."""


@dataclass(frozen=True)
class Facts:
    """Of the tensor that a node stands for. root: the first node that lies in the same memory."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype
    root: fx.Node


@dataclass
class Notes:
    """One pass. graph: placeholder `x`, get_attr by the names in `own`, calls of aten operations; its output is a flat list.

    own: the network's parameters and buffers, and constants, by the names that the graph has for them. spec: how the output was put
    together. facts: of every node that is one tensor. writes: the nodes whose memory a node changes. silent: nodes at which no
    gradient was to flow.
    """

    graph: fx.Graph
    own: dict[str, Tensor]
    spec: pytree.TreeSpec
    facts: dict[fx.Node, Facts]
    writes: dict[fx.Node, list[fx.Node]]
    silent: set[fx.Node]


def noted(module: nn.Module, x: Tensor) -> Notes:
    """Run module(x) in the modes that its layers are in, and note what it does. x: (B, 3, H, W).

    Random numbers and buffers are afterwards as before. Raises Untraceable, and whatever the network raises.
    """
    tape = _Tape(module, x)
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        undone(module, x.device),
        enable_python_dispatcher(),
        enable_pre_dispatch(),
        tape,
    ):
        result = module(x)
    leaves, spec = pytree.tree_flatten(result)
    tape.graph.output(tape.nodes(leaves))
    return Notes(tape.graph, tape.own, spec, tape.facts, tape.writes, tape.silent)


@contextmanager
def undone(module: nn.Module, device: torch.device) -> Iterator[None]:
    """Afterwards the buffers (BatchNorm's averages) and the state of random numbers are what they were."""
    kept = [(buffer, buffer.detach().clone()) for buffer in module.buffers()]
    devices = [device] if device.type not in ("cpu", "mps") else []
    try:
        with torch.random.fork_rng(devices, device_type=device.type if devices else "cuda"):
            yield
    finally:
        with torch.no_grad():
            for buffer, before in kept:
                buffer.copy_(before)


class _Tape(ProxyTorchDispatchMode):  # type: ignore[no-untyped-call]
    """Listens above autograd, where torch lets only its own kinds of listeners in: hence the class that it is derived from.

    Nothing of that class is used.
    """

    def __init__(self, module: nn.Module, x: Tensor) -> None:
        TorchDispatchMode.__init__(self, torch._C.DispatchKey.PreDispatch)  # type: ignore[no-untyped-call]
        self.graph = fx.Graph()
        self.own: dict[str, Tensor] = {}
        self.facts: dict[fx.Node, Facts] = {}
        self.writes: dict[fx.Node, list[fx.Node]] = {}
        self.silent: set[fx.Node] = set()
        self._roots: dict[int, fx.Node] = {}
        self._twins: dict[tuple[Any, ...], fx.Node] = {}
        self._alive: list[Any] = [x]  # ids of tensors are taken for names
        self._node: dict[int, fx.Node] = {id(x): self.graph.placeholder("x")}
        self._describe(x, self._node[id(x)], ())
        self._moving = {self._node[id(x)]}
        self._names = {id(tensor): name for name, tensor in (*module.named_buffers(), *module.named_parameters())}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:  # there is nothing to skip, and skipping takes longer than noting
        return False

    def __enter__(self) -> Any:
        return TorchDispatchMode.__enter__(self)  # type: ignore[no-untyped-call]

    def __exit__(self, *error: Any) -> None:
        TorchDispatchMode.__exit__(self, *error)  # type: ignore[no-untyped-call]

    def __torch_dispatch__(self, func: OpOverload, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = list[Tensor]()
        map_aggregate((args, kwargs), lambda leaf: given.append(leaf) if isinstance(leaf, Tensor) else None)
        before = [tensor._version for tensor in given]
        moving = any(self._moves(self._node_of(tensor)) for tensor in given)
        if moving:
            _refuse(func, args)
        with no_python_dispatcher():
            result = func(*args, **kwargs)
        if without_effect(func, args, kwargs):
            self._alive.append(result)
            self._node[id(result)] = self._node_of(given[0])
            return result
        parts = result if isinstance(result, list | tuple) else (result,)
        if any(isinstance(part, Tensor) for part in parts) or any(
            tensor._version != version for tensor, version in zip(given, before, strict=True)
        ):
            self._note(func, args, kwargs, given, before, result, moving)
        return result

    def nodes(self, args: Any) -> Any:
        """Arguments with nodes in place of tensors."""
        return map_aggregate(args, lambda leaf: self._node_of(leaf) if isinstance(leaf, Tensor) else leaf)

    def _note(self, func: OpOverload, args: Any, kwargs: Any, given: list[Tensor], before: list[int], result: Any, moving: bool) -> None:
        node = self.graph.call_function(func, tuple(self.nodes(args)), self.nodes(kwargs))
        # A constant that is made anew in each pass may be written to.
        if func is aten.lift_fresh.default:
            node.target = aten.clone.default
        changed = [tensor for tensor, version in zip(given, before, strict=True) if tensor._version != version]
        if changed:
            self.writes[node] = [self._node_of(tensor) for tensor in changed]
        if moving:
            self._moving.add(node)
            self._moving.update(self.facts[one].root for one in self.writes.get(node, ()))
        if not torch.is_grad_enabled():
            self.silent.add(node)
        self._alive.append((given, result))
        if func is aten.lift_fresh.default:
            given = []
        if isinstance(result, Tensor):
            self._describe(result, node, given)
            self._node[id(result)] = node
            return
        for i, part in enumerate(result if isinstance(result, Sequence) else ()):
            if isinstance(part, Tensor):
                item = self._node[id(part)] = self.graph.call_function(operator.getitem, (node, i))
                self._describe(part, item, given)
                if moving:
                    self._moving.add(item)

    def _describe(self, tensor: Tensor, node: fx.Node, given: Sequence[Tensor]) -> None:
        memory = _memory(tensor)
        root = next((self.facts[self._node_of(one)].root for one in given if _memory(one) == memory), node)
        self.facts[node] = Facts(tuple(tensor.shape), tuple(tensor.stride()), tensor.dtype, root)
        self._roots[memory] = root
        self._twins[_place(tensor)] = node

    def _moves(self, node: fx.Node) -> bool:
        return node in self._moving or self.facts[node].root in self._moving

    def _node_of(self, tensor: Tensor) -> fx.Node:
        if (node := self._node.get(id(tensor))) is not None:
            return node
        # torch.empty and its like hand on another tensor than the one that was noted, in the same memory.
        node = self._twins.get(_place(tensor))
        if node is None:
            if (root := self._roots.get(_memory(tensor))) in self._moving:
                raise Untraceable(f"it gets at the memory of '{root}' behind torch's back")
            name = self._names.get(id(tensor)) or f"constant.{len(self.own)}"
            key = name.replace(".", "_") if name.replace(".", "_") not in self.own else f"own_{len(self.own)}"
            self.own[key] = tensor
            node = self.graph.create_node("get_attr", key)
            self._describe(tensor, node, ())
        self._alive.append(tensor)
        self._node[id(tensor)] = node
        return node


def _memory(tensor: Tensor) -> int:
    """A number of the memory that it lies in, its own as long as it lives."""
    return int(tensor.untyped_storage()._cdata)


def _place(tensor: Tensor) -> tuple[Any, ...]:
    return _memory(tensor), tensor.storage_offset(), tensor.shape, tensor.stride(), tensor.dtype


def without_effect(func: OpOverload, args: Any, kwargs: Any) -> bool:
    """Whether that is a dropout that is off: it gives what it is given."""
    if func.overloadpacket not in _DROPOUTS:
        return False
    _, share, training = (*args, *kwargs.values())[:3]
    return not training or share == 0


def _refuse(func: OpOverload, args: Any) -> None:
    """Raises Untraceable where an operation on what depends on the images lets numbers out, or gives as many as it finds."""
    name = func.overloadpacket.__name__
    if torch.Tag.data_dependent_output in func.tags or name in ("item", "is_nonzero", "equal", "allclose"):
        raise Untraceable("what it does next depends on the numbers in its maps")
    masked = name == "index" and any(isinstance(one, Tensor) and one.dtype in (torch.bool, torch.uint8) for one in args[1])
    if masked or (torch.Tag.dynamic_output_shape in func.tags and not name.startswith("index")):
        raise Untraceable("how many values it goes on with depends on the numbers in its maps")
