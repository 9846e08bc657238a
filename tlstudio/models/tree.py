"""The layer tree: every module and every parameter of a network with shapes, counts and multiply-adds, without allocating a weight."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlstudio.errors import InputError
from tlstudio.models import catalogue, heads
from tlstudio.models.assembly import End, attach
from tlstudio.models.blueprint import Blueprint, blueprint
from tlstudio.models.construction import skeleton
from tlstudio.models.dry_run import Pass, Seen, dry_run
from tlstudio.models.freezing import presets_of
from tlstudio.models.network import body_of, prepared
from tlstudio.models.structure import blocks, find_head
from tlstudio.recipe import Head

_MOST = 1_000_000  # pixels of a side, images in a batch, classes


def layers(
    name: str,
    *,
    input_size: int | None = None,
    batch: int = 1,
    classes: int | None = None,
    head: Head | None = None,
    cut: str = "",
    aux: bool = True,
    task: str = "",
) -> dict[str, Any]:
    """The `layers` document of a model as its constructor builds it with no weights.

    name:       of the catalogue.
    input_size: side of the square image in pixels, by default what the model was made for; batch: images at once.
    classes:    outputs of the head, by default as published; head: other layers in its place (needs classes).
    cut:        path of the layer where the network ends, pooled, with the head on top; what comes after it is left out.
    aux:        whether auxiliary heads stay, with a head of one's own or a cut.
    task:       for segmentation a classification network becomes an encoder, see `catalogue.find`; its head is always a new one.

    head_path is "" and in_features null where the published model has no head.
    Rows come depth first, in order of registration. Shapes are lists with the batch in front, of a module's first run, null if the
    forward pass in eval mode does not run it (auxiliary heads; projections that an attention layer applies itself: their
    multiply-adds are counted in that layer's row). mult_adds is torch's FLOP counter / 2 for the whole batch. shared_with: the
    first path of the same module or parameter, else null. receptive_field: side in pixels of the square of the image that one unit of
    the output sees; stride: pixels from one unit to the next; null where they are not defined (see models/receptive_field.py).
    new_paths: the head and the new last layers of auxiliary heads. blocks: see `structure.blocks`. totals.*_mb are
    torchinfo's (megabytes of 1e6 bytes, float32); totals.params_bytes is the true size of all parameters.
    Raises InputError for an unknown model, for an input size that it cannot take, a head that does not fit and a cut that cannot be.
    """
    plan = blueprint(name, task)
    size = input_size or plan.input_size
    if size < 1 or batch < 1:
        raise InputError("Image size and batch have to be at least 1", "", "Take larger numbers")
    if max(size, batch, classes or 1) > _MOST:
        raise InputError(f"Image size, batch and classes may be at most {_MOST:,} each", "", "Take smaller numbers")
    module, end = outlined(plan, classes, head, cut, aux)
    try:
        x = torch.empty((batch, 3, size, size), device="meta")
    except RuntimeError:
        raise InputError(f"{batch:,} images of {size} x {size} pixels are more than can be counted", "", "Take smaller numbers") from None
    learning = {id(p) for p in module.parameters() if p.requires_grad}
    ran = _run(module, x, plan)
    own = list(module.parameters())
    return {
        "model": name,
        "title": plan.title,
        "task": plan.task,
        "input": list(x.shape),
        "rows": rows(module, ran.seen, learning),
        "totals": {
            "params": sum(p.numel() for p in own),
            "trainable": sum(p.numel() for p in own if id(p) in learning),
            "mult_adds": ran.flops // 2,
            **ran.megabytes,
            "params_bytes": sum(p.numel() * p.element_size() for p in own),
        },
        "presets": presets_of(module, end.head_path, end.aux_paths),
        "blocks": blocks(module, end.head_path, end.aux_paths),
        "head_path": end.head_path,
        "new_paths": [path for path in (end.head_path, *end.aux_paths) if path],
        "in_features": end.in_features or None,
    }


def outlined(
    plan: Blueprint, classes: int | None = None, head: Head | None = None, cut: str = "", aux: bool = True
) -> tuple[nn.Module, End]:
    """The network of `layers` on the `meta` device, in eval mode, and where its head is."""

    entry = plan.entry
    encoder = entry.role == "encoder"
    if encoder or cut or (head is not None and classes is not None):
        classes = classes or entry.outputs or catalogue.IMAGENET_CLASSES
        head = head or heads.default_for(entry)
        heads.check_fits(head.kind, entry)
        entry = prepared(entry, head, aux)
        module = skeleton(lambda: entry.construct(entry.classes))
        with torch.device("meta"):
            end = attach(module, body_of(entry), head=head, classes=classes, cut=cut, aux=aux)
        return end.module.eval(), end
    module = skeleton(lambda: plan.construct(classes or plan.classes)).eval()
    path = plan.head or find_head(module, classes or plan.classes)
    if not path or next(module.get_submodule(path).parameters(), None) is None:
        return module, End(module, "", 0)
    return module, End(module, path, _width(module.get_submodule(path)))


def _run(module: nn.Module, x: Tensor, plan: Blueprint) -> Pass:
    try:
        return dry_run(module, x)
    except (RuntimeError, AssertionError, ValueError, IndexError, TypeError) as error:
        side = x.shape[-1]
        raise InputError(
            f"The model {plan.title} cannot take images of {side} x {side} pixels",
            "its layers do not fit that size",
            f"Take {plan.input_size}, the size it was made for",
            details=f"{type(error).__name__}: {error}",
        ) from None


def rows(module: nn.Module, seen: Mapping[int, Seen] | None = None, learning: Collection[int] | None = None) -> list[dict[str, Any]]:
    """The rows of any module, see `layers`; without `seen` shapes are null, without `learning` (ids of parameters) all learn."""
    first: dict[int, str] = {}
    out: list[dict[str, Any]] = []
    seen = seen or {}
    sizes = {id(p): p.numel() for p in module.parameters()}
    learning = set(sizes) if learning is None else set(learning)
    inside: dict[int, dict[int, None]] = {}
    _gather(module, inside)
    for path, child in module.named_modules(remove_duplicate=False):
        one = seen.get(id(child), Seen())
        parameters = inside[id(child)]
        out.append(
            {
                "path": path,
                "type": type(child).__name__,
                "kind": "module",
                "input": one.input,
                "output": one.output,
                "params": sum(map(sizes.__getitem__, parameters)),
                "own_params": 0,
                "mult_adds": one.flops // 2,
                "flops": one.flops // 2 * 2,
                "trainable": not learning.isdisjoint(parameters),
                "batchnorm": isinstance(child, _BatchNorm),
                "receptive_field": one.sees and one.sees.side,
                "stride": one.sees and one.sees.stride,
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
                    "receptive_field": None,
                    "stride": None,
                    "shared_with": shared_with,
                }
            )
    return out


def _gather(module: nn.Module, inside: dict[int, dict[int, None]]) -> dict[int, None]:
    """Ids of the parameters in this module and in all within it, into `inside` by id of the module."""
    known = inside.get(id(module))
    if known is None:
        known = inside[id(module)] = {id(parameter): None for parameter in module._parameters.values() if parameter is not None}
        for child in module.children():
            known |= _gather(child, inside)
    return known


def _shared(first: dict[int, str], thing: object, path: str) -> str | None:
    """The path under which this module or parameter came first, None if that is now."""
    known = first.setdefault(id(thing), path)
    return None if known == path else known


def _width(head: nn.Module) -> int:
    """Features or channels that enter the head."""
    for child in head.modules():
        if isinstance(child, nn.Linear):
            return child.in_features
        if isinstance(child, nn.Conv2d):
            return child.in_channels
    raise InputError(f"The head {type(head).__name__} has no layer with weights")
