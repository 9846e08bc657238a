"""A network that ends at one of its own layers, with pooling and a new head on top; what it does not run is taken out.

`survey` runs the whole network once on `meta` and finds out what comes of ending it there; `cut` does it, on any device. The forward
pass stays the network's own: when the chosen layer has run, what it gave travels up through the layers around it, each of which ends
as if it had finished, so that hooks (shapes, FLOPs, export) see a pass that is whole. Paths of what is left do not change.
"""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.errors import InputError
from tlstudio.models.idle import idle, leaves, take_out
from tlstudio.models.pooling import Layout, MeanPooling, ambiguous, layout
from tlstudio.models.structure import above

POOLING, HEAD = "new_pooling", "new_head"  # no model has children of these names


@dataclass(frozen=True)
class Point:
    """What ending at `path` means. width: features C. idle: paths of modules and parameters that are then of no use."""

    path: str
    layout: Layout
    width: int
    idle: tuple[str, ...]


@dataclass
class _Seen:
    """What the pass showed when a layer had run for the first time."""

    output: Any
    used: set[int]
    finished: set[int]
    entered: set[int]


class _Pass:
    """One forward pass of the whole network on `meta` in eval mode, with a close look at some of its layers."""

    def __init__(self, module: nn.Module, size: int, looked_at: set[int]) -> None:
        self.runs: dict[int, int] = {}
        self.seen: dict[int, _Seen] = {}
        self._finished: set[int] = set()
        self._looked_at = looked_at
        modes = [(child, child.training) for child in module.modules()]
        hooks = [child.register_forward_pre_hook(self._enter) for child in module.modules()]
        hooks += [child.register_forward_hook(self._leave) for child in module.modules()]
        try:
            # Two images, to see which outputs keep a row for each.
            with torch.inference_mode(False), torch.enable_grad():
                module.eval()(torch.empty(2, 3, size, size, device="meta"))
        finally:
            for hook in hooks:
                hook.remove()
            for child, training in modes:
                child.training = training

    def _enter(self, child: nn.Module, args: Any) -> None:
        self.runs[id(child)] = self.runs.get(id(child), 0) + 1

    def _leave(self, child: nn.Module, args: Any, output: Any) -> None:
        self._finished.add(id(child))
        if id(child) in self._looked_at and id(child) not in self.seen:
            used = leaves(output) if isinstance(output, Tensor) else set()
            self.seen[id(child)] = _Seen(output, used, set(self._finished), set(self.runs))


def survey(module: nn.Module, path: str, *, input_size: int, head_path: str, title: str) -> Point:
    """Look at a network on `meta` for ending it at `path`. head_path: its old head; title: its name for the user.

    Raises InputError where the network cannot end there, which says why and names the next layer around it where it can.
    """
    modules = dict(module.named_modules(remove_duplicate=False))
    if path not in modules or not path:
        near = difflib.get_close_matches(path, [name for name in modules if name], 1, 0.0)
        raise InputError(f"{title} has no layer '{path}' to take features from", "", f"The nearest is '{near[0]}'")
    around = list(above(path))
    ran = _Pass(module, input_size, {id(modules[one]) for one in around})
    why = {one: _hindrance(modules, one, ran, head_path) for one in around}
    if why[path]:
        fitting = next((one for one in around if not why[one]), "")
        do = f"Take '{fitting}', the next layer around it" if fitting else "Take a layer of the backbone, one block or stage"
        raise InputError(f"Features of {title} cannot be taken from '{path}'", why[path], do)
    seen = ran.seen[id(modules[path])]
    shape = tuple(seen.output.shape)
    where = layout(shape, ends_in_linear=_ends_in_linear(modules[path]))
    if ambiguous(shape):
        where = _at_another_size(module, modules[path], input_size) or where
    assert where is not None  # or there were a hindrance
    return Point(
        path, where, shape[1] if where in ("rows", "channels_first") else shape[-1], tuple(idle(module, path, seen.entered, seen.used))
    )


def cut(module: nn.Module, point: Point, head: nn.Module) -> str:
    """End the network at that point, in place, with `head` (B, point.width) to (B, classes) on top: the head's path."""
    take_out(module, point.idle)
    for path in above(point.path):
        layer = module.get_submodule(path)
        layer.__class__ = _ending(type(layer))  # type: ignore[arg-type]  # mypy: types are not hashable
    return put_on_top(module, point.layout, head)


def put_on_top(module: nn.Module, where: Layout, head: nn.Module) -> str:
    """Let `head` take what the network gives, pooled, in place: the head's path."""
    module.add_module(POOLING, MeanPooling(where))
    module.add_module(HEAD, head)
    module.__class__ = _topped(type(module))  # type: ignore[arg-type]  # as above
    return HEAD


class _Reached(Exception):
    """Carries what the last layer gave out of the forward passes around it."""

    def __init__(self, tensor: Any) -> None:
        super().__init__()
        self.tensor = tensor


class _Ending:
    """Put before the class of the last layer and of those around it."""

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().forward(*args, **kwargs)  # type: ignore[misc]
        except _Reached as reached:
            return reached.tensor

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise _Reached(super().__call__(*args, **kwargs))  # type: ignore[misc]


class _Topped:
    """Put before the class of the network itself."""

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        try:
            given = super().forward(*args, **kwargs)  # type: ignore[misc]
        except _Reached as reached:
            given = reached.tensor
        assert isinstance(self, nn.Module)
        return self.get_submodule(HEAD)(self.get_submodule(POOLING)(given))


@functools.cache
def _ending(kind: type[nn.Module]) -> type[nn.Module]:
    return type(kind.__name__, (_Ending, kind), {})


@functools.cache
def _topped(kind: type[nn.Module]) -> type[nn.Module]:
    return type(kind.__name__, (_Topped, kind), {})


def _hindrance(modules: dict[str, nn.Module], path: str, ran: _Pass, head_path: str) -> str:
    """Why the network cannot end at this layer, "" if it can."""
    if head_path in above(path) or path in above(head_path):
        return "it is the old head, holds it, or belongs to it"
    for one in above(path):
        if one != path and "attention" in type(modules[one]).__name__.lower():
            return f"it is a part of the attention layer '{one}', which works on queries, keys and values, not on features"
    times = ran.runs.get(id(modules[path]), 0)
    if not times:
        return "the network does not run it as one layer"
    if any(ran.runs.get(id(modules[one]), 0) > 1 for one in above(path)):
        return "it, or a layer around it, runs several times for each image"
    seen = ran.seen[id(modules[path])]
    if not isinstance(seen.output, Tensor):
        return f"it gives several things at once ({type(seen.output).__name__})"
    shape = tuple(seen.output.shape)
    if not seen.output.is_floating_point() or layout(shape, ends_in_linear=False) is None:
        return f"what it gives, {' x '.join(map(str, shape[1:]))} an image, is neither a row, tokens nor a map of features"
    if shape[0] != 2:
        return "what it gives has not one row for each image: the image is taken apart in it"
    beside = next((name for name, child in modules.items() if id(child) in seen.finished and _useless(child, seen.used)), "")
    return f"'{beside}' runs before it and beside it, and would have no effect" if beside else ""


def _useless(child: nn.Module, used: set[int]) -> bool:
    own = [id(parameter) in used for parameter in child.parameters(recurse=False) if parameter.requires_grad]
    return bool(own) and not any(own)


def _ends_in_linear(layer: nn.Module) -> bool:
    with_weights = [child for child in layer.modules() if next(child.parameters(recurse=False), None) is not None]
    return bool(with_weights) and isinstance(with_weights[-1], nn.Linear | nn.LayerNorm)


def _at_another_size(module: nn.Module, layer: nn.Module, size: int) -> Layout | None:
    """Where the channels are, seen with images of another size; None where the network takes no others."""
    other = max(size // 64 * 32, 64)
    try:
        seen = _Pass(module, other, {id(layer)}).seen[id(layer)]
    except (RuntimeError, AssertionError, ValueError):
        return None
    shape = tuple(seen.output.shape)
    return None if ambiguous(shape) else layout(shape, ends_in_linear=False)
