"""One forward pass on the `meta` device: what goes in and out of every module, FLOPs, receptive fields, and torchinfo's sizes."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from tlstudio.models import receptive_field
from tlstudio.models.field_rules import Field

aten = torch.ops.aten


@dataclass
class Seen:
    """What the forward pass showed of one module; shapes and what a unit sees are those of its first run, FLOPs those of all."""

    input: list[int] | None = None
    output: list[int] | None = None
    runs: int = 0
    flops: int = 0
    sees: Field | None = None
    entered: list[int] = field(default_factory=list)


@dataclass
class Pass:
    """seen: by id of the module; flops: of everything; megabytes: torchinfo's {input_mb, forward_backward_mb, params_mb}."""

    seen: dict[int, Seen]
    flops: int
    megabytes: dict[str, float]


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own __init_subclass__
    """torch's FLOP formulas, summed; receptive fields carried along; and normalisations cut short.

    torch.utils.flop_counter.FlopCounterMode sums the same formulas, but tracks modules by gradient hooks, on which models fail
    (cait, pit), and asks every operation for a decomposition, which takes most of the time of a pass.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops = 0

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = dict(kwargs or {})
        if func in _NORMS:
            # On `meta` torch takes these apart in Python, 1 to 4 ms each. The second and third output are for training.
            out: Any = (torch.empty_like(args[0]), args[0].new_empty(0), args[0].new_empty(0))
        else:
            out = func(*args, **named)
        count = flop_registry.get(func._overloadpacket)
        if count is not None:
            self.flops += count(*args, **named, out_val=out)
        receptive_field.carry(func, args, named, out)
        return out


_NORMS = {aten.native_batch_norm.default, aten.native_layer_norm.default, aten.native_group_norm.default}


def dry_run(module: nn.Module, x: Tensor) -> Pass:
    """Run a module on `meta` in eval mode on images (B, 3, H, W). Raises what its forward pass raises for a size that does not fit."""
    seen = {id(child): Seen() for child in module.modules()}
    sizes = _Sizes()
    counter = _Counter()

    def enter(child: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        one = seen[id(child)]
        one.entered.append(counter.flops)
        if not one.runs:
            one.input = shape((args, kwargs))
        sizes.enter(child)

    def leave(child: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        one = seen[id(child)]
        one.flops += counter.flops - one.entered.pop()
        if not one.runs:
            one.output = shape(output)
            one.sees = receptive_field.of(output)
        one.runs += 1
        sizes.leave(child, output)

    hooks = [child.register_forward_pre_hook(enter, with_kwargs=True) for child in module.modules()]
    hooks += [child.register_forward_hook(leave) for child in module.modules()]
    receptive_field.begin(x)
    try:
        with torch.no_grad(), counter:
            module(x)
    finally:
        for hook in hooks:
            hook.remove()
    return Pass(seen, counter.flops, {"input_mb": sys.getsizeof(x.untyped_storage()) / 1e6, **sizes.megabytes()})


class _Sizes:
    """torchinfo 1.8's sizes, by its rules.

    Each run of a layer without further layers in it that has parameters counts its output twice (forward and backward); its
    parameters count once, those directly in a container (a class token, say) not at all.
    """

    def __init__(self) -> None:
        self._parameters: dict[int, int] = {}
        self._output_bytes = 0

    def enter(self, child: nn.Module) -> None:
        if id(child) not in self._parameters:
            leaf = not any(child.children())  # an empty Sequential is false, and so no child: torchinfo's way
            own = sum(p.element_size() * p.nelement() for p in child.parameters()) if leaf else 0
            self._parameters[id(child)] = own

    def leave(self, child: nn.Module, output: Any) -> None:
        if self._parameters[id(child)]:
            size, element = _size(output)
            self._output_bytes += 2 * element * math.prod(size)

    def megabytes(self) -> dict[str, float]:
        parameters = sum(self._parameters.values())
        return {"forward_backward_mb": self._output_bytes / 1e6, "params_mb": parameters / 1e6}


def shape(value: Any) -> list[int] | None:
    """Shape of the first tensor in a value that may nest tuples, lists and dicts."""
    if isinstance(value, Tensor):
        return list(value.shape)
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return next((found for one in inside if (found := shape(one)) is not None), None)


def _size(output: Any) -> tuple[Sequence[int], int]:
    """Shape and bytes an element of what torchinfo takes for a layer's output: the tensor, the first of several, the last of a dict."""
    if isinstance(output, Tensor):
        return output.shape, output.element_size()
    if isinstance(output, dict):
        return _size(list(output.values())[-1]) if output else ((), 0)
    if isinstance(output, list | tuple):
        return _size(output[0]) if output else ((), 0)
    return (), 0
