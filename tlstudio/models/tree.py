"""The layer tree: every module and every parameter of a network with shapes, counts and multiply-adds, without allocating a weight."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from tlstudio.errors import InputError
from tlstudio.models import heads
from tlstudio.models.blueprint import Blueprint, blueprint
from tlstudio.models.construction import skeleton
from tlstudio.models.freezing import presets_of
from tlstudio.models.structure import find_head
from tlstudio.recipe import Head


def layers(
    name: str, *, input_size: int | None = None, batch: int = 1, classes: int | None = None, head: Head | None = None
) -> dict[str, Any]:
    """The `layers` document of a model as its constructor builds it with no weights.

    name:       of the catalogue, or any classification or segmentation model of torchvision.
    input_size: side of the square image in pixels, by default what the model was made for; batch: images at once.
    classes:    outputs of the head, by default as published; head: other layers in its place (classification, needs classes).

    Rows come depth first, in order of registration. Shapes are lists with the batch in front, of a module's first run, null if the
    forward pass in eval mode does not run it (auxiliary heads; projections that an attention layer applies itself: their
    multiply-adds are counted in that layer's row). mult_adds is torch's FLOP counter / 2 for the whole batch. shared_with: the
    first path of the same module or parameter, else null. totals.*_mb are torchinfo's (megabytes of 1e6 bytes, float32);
    totals.params_bytes is the true size of all parameters.
    Raises InputError for an unknown model and for an input size that it cannot take.
    """
    plan = blueprint(name)
    size = input_size or plan.input_size
    if size < 1 or batch < 1:
        raise InputError("Image size and batch have to be at least 1")
    module = skeleton(lambda: _construct(plan, classes, head)).eval()
    head_path = plan.head or find_head(module, classes or plan.classes)
    x = torch.empty((batch, 3, size, size), device="meta")
    learning = {id(p) for p in module.parameters() if p.requires_grad}
    seen, flops, megabytes = _run(module.requires_grad_(False), x, plan)
    own = list(module.parameters())
    return {
        "model": name,
        "title": plan.title,
        "task": plan.task,
        "input": list(x.shape),
        "rows": rows(module, seen, learning),
        "totals": {
            "params": sum(p.numel() for p in own),
            "trainable": sum(p.numel() for p in own if id(p) in learning),
            "mult_adds": flops // 2,
            **megabytes,
            "params_bytes": sum(p.numel() * p.element_size() for p in own),
        },
        "presets": presets_of(module, head_path),
        "head_path": head_path,
        "in_features": _width(module.get_submodule(head_path)),
    }


class _QuickNorm(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own __init_subclass__
    """BatchNorm in eval mode gives an empty tensor of its input's shape: on `meta` torch takes it apart in Python, 4 ms a layer.

    The FLOP counter gives it no FLOPs either way.
    """

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is torch.ops.aten.native_batch_norm.default:
            return torch.empty_like(args[0]), args[0].new_empty(0), args[0].new_empty(0)
        return func(*args, **(kwargs or {}))


@dataclass
class Seen:
    """What the forward pass showed of one module."""

    input: list[int] | None = None
    output: list[int] | None = None
    runs: int = 0
    flops: int = 0
    entered: list[int] = field(default_factory=list)


def _construct(plan: Blueprint, classes: int | None, head: Head | None) -> nn.Module:
    module: nn.Module = plan.construct(classes or plan.classes)
    if head is None or classes is None:
        return module
    path = plan.head or find_head(module, classes)
    old = module.get_submodule(path)
    if isinstance(old, nn.Linear):
        module.set_submodule(path, heads.make(head.kind, head.options, old.in_features, classes))
    return module


def _run(module: nn.Module, x: Tensor, plan: Blueprint) -> tuple[dict[int, Seen], int, dict[str, float]]:
    """One forward pass in eval mode, by torchinfo: what was seen of each module, by id, the FLOPs of all, and torchinfo's totals in MB.

    No parameter may ask for gradients: the counter's hooks fail on them in some models, and without they are quicker.
    """
    import torchinfo

    seen = {id(child): Seen() for child in module.modules()}
    counter = FlopCounterMode(display=False)

    def enter(child: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        one = seen[id(child)]
        one.entered.append(counter.get_total_flops())
        if not one.runs:
            one.input = _shape((args, kwargs))

    def leave(child: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        one = seen[id(child)]
        one.flops += counter.get_total_flops() - one.entered.pop()
        if not one.runs:
            one.output = _shape(output)
        one.runs += 1

    hooks = [child.register_forward_pre_hook(enter, with_kwargs=True) for child in module.modules()]
    hooks += [child.register_forward_hook(leave) for child in module.modules()]
    try:
        with counter, _QuickNorm():  # type: ignore[no-untyped-call]
            said = torchinfo.summary(module, input_data=x, device="meta", mode="eval", verbose=0)
    except RuntimeError as error:
        side = x.shape[-1]
        raise InputError(
            f"The model {plan.title} cannot take images of {side} x {side} pixels",
            "its layers do not fit that size",
            f"Take {plan.input_size}, the size it was made for",
            details=f"{error}\n{error.__cause__}",
        ) from None
    finally:
        for hook in hooks:
            hook.remove()
    return (
        seen,
        counter.get_total_flops(),
        {
            "input_mb": said.to_megabytes(said.total_input),
            "forward_backward_mb": said.to_megabytes(said.total_output_bytes),
            "params_mb": said.to_megabytes(said.total_param_bytes),
        },
    )


def rows(module: nn.Module, seen: Mapping[int, Seen] | None = None, learning: Collection[int] | None = None) -> list[dict[str, Any]]:
    """The rows of any module, see `layers`; without `seen` shapes are null, without `learning` (ids of parameters) all learn."""
    first: dict[int, str] = {}
    out: list[dict[str, Any]] = []
    seen = seen or {}
    learning = {id(p) for p in module.parameters()} if learning is None else learning
    for path, child in module.named_modules(remove_duplicate=False):
        one = seen.get(id(child), Seen())
        parameters = list(child.parameters())
        out.append(
            {
                "path": path,
                "type": type(child).__name__,
                "kind": "module",
                "input": one.input,
                "output": one.output,
                "params": sum(p.numel() for p in parameters),
                "own_params": 0,
                "mult_adds": one.flops // 2,
                "flops": one.flops // 2 * 2,
                "trainable": any(id(p) in learning for p in parameters),
                "batchnorm": isinstance(child, _BatchNorm),
                "shared_with": _shared(first, child, path),
            }
        )
        for name, parameter in child.named_parameters(path, recurse=False, remove_duplicate=False):
            shared_with = _shared(first, parameter, name)
            out.append(
                {
                    "path": name,
                    "type": type(parameter).__name__,
                    "kind": "parameter",
                    "input": None,
                    "output": None,
                    "shape": list(parameter.shape),
                    "params": parameter.numel(),
                    "own_params": 0 if shared_with is not None else parameter.numel(),
                    "mult_adds": 0,
                    "flops": 0,
                    "trainable": id(parameter) in learning,
                    "batchnorm": isinstance(child, _BatchNorm),
                    "shared_with": shared_with,
                }
            )
    return out


def _shared(first: dict[int, str], thing: object, path: str) -> str | None:
    """The path under which this module or parameter came first, None if that is now."""
    known = first.setdefault(id(thing), path)
    return None if known == path else known


def _shape(value: Any) -> list[int] | None:
    """Shape of the first tensor in a value that may nest tuples, lists and dicts."""
    if isinstance(value, Tensor):
        return list(value.shape)
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return next((shape for one in inside if (shape := _shape(one)) is not None), None)


def _width(head: nn.Module) -> int:
    """Features or channels that enter the head."""
    for child in head.modules():
        if isinstance(child, nn.Linear):
            return child.in_features
        if isinstance(child, nn.Conv2d):
            return child.in_channels
    raise InputError(f"The head {type(head).__name__} has no layer with weights")
