"""One layer under the magnifying glass: arguments, statistics of its weights and running averages, its kernels as pictures."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.control import Control, Tell, silent
from tlstudio.models import tiles
from tlstudio.models.blueprint import blueprint
from tlstudio.models.layer_arguments import arguments
from tlstudio.models.opened import Opened, absent, layer_at, opened
from tlstudio.models.tree import outlined
from tlstudio.recipe import Recipe

_BINS = 48
_KERNELS = 256
_RUNNING = ("running_mean", "running_var")


def layer_detail(
    recipe: Recipe, path: str, *, classes: int | None = None, tell: Tell = silent, control: Control | None = None
) -> dict[str, Any]:
    """{model, path, type, arguments, weights, weights_state, running, kernels} of the module or parameter at that path.

    classes:       outputs of the head; None: as published.
    arguments:     see `layer_arguments.arguments`; of a parameter, those of its layer.
    weights:       of each parameter that lies directly in the layer (of a parameter, itself): {path, shape, n, origin, mean, std, min,
                   max, zeros, histogram: {edges, counts}}. origin: pretrained, file, random, or new (in the head); zeros: share of
                   values that are exactly 0. All but path, shape and n are null where the weights are absent.
    weights_state: "here", or "absent": published, but not on this computer. Nothing is downloaded.
    running:       of a BatchNorm {mean, var: as weights, batches}, else null.
    kernels:       of a convolution of colour images or of single channels (also depthwise) that is larger than 1 x 1: the picture as
                   `tiles.save` says, with `of`: how many kernels there are in all; else null. Zero is the middle grey of each.
    Raises InputError naming the nearest for a path that the network has not.
    """
    there = not absent(recipe)
    plan = blueprint(recipe.model.name, recipe.data.task)
    network = opened(recipe, classes, tell=tell, control=control) if there else None
    module = network.module if network else outlined(plan, classes, recipe.head, recipe.model.cut, recipe.model.aux > 0)[0]
    layer, name = layer_at(module, path, plan.title)
    inside = path.removesuffix(name).removesuffix(".") if name else path
    own = {key: value for key, value in layer._parameters.items() if value is not None and name in ("", key)}
    return {
        "model": recipe.model.name,
        "path": path,
        "type": type(layer._parameters[name] if name else layer).__name__,
        "arguments": arguments(layer),
        "weights": [_weight(network, f"{inside}.{key}" if inside else key, value) for key, value in own.items()],
        "weights_state": "here" if there else "absent",
        "running": _running(layer) if there and not name else None,
        "kernels": _kernels(layer, (recipe.model.name, recipe.model.weights, recipe.training.seed, inside)) if there else None,
    }


def statistics(values: Tensor) -> dict[str, Any]:
    """{mean, std, min, max, zeros, histogram: {edges, counts}} of any tensor of numbers; std is that of all values, not of a sample."""
    flat = values.detach().reshape(-1).float()
    low, high = float(flat.min()), float(flat.max())
    edge = (low, high) if high > low else (low - 0.5, high + 0.5)
    counts = torch.histc(flat, _BINS, *edge)
    width = (edge[1] - edge[0]) / _BINS
    return {
        "mean": float(flat.mean()),
        "std": float(flat.std(correction=0)),
        "min": low,
        "max": high,
        "zeros": float((flat == 0).float().mean()),
        "histogram": {"edges": [edge[0] + i * width for i in range(_BINS)] + [edge[1]], "counts": [int(n) for n in counts]},
    }


_NOTHING = dict.fromkeys(("mean", "std", "min", "max", "zeros", "histogram"))


def _weight(network: Opened | None, path: str, value: Tensor) -> dict[str, Any]:
    told = statistics(value) if network and value.numel() else _NOTHING
    return {"path": path, "shape": list(value.shape), "n": value.numel(), "origin": network.origin(path) if network else None, **told}


def _running(layer: nn.Module) -> dict[str, Any] | None:
    mean, var = (getattr(layer, name, None) for name in _RUNNING)
    if not isinstance(mean, Tensor) or not isinstance(var, Tensor):
        return None
    batches = getattr(layer, "num_batches_tracked", None)
    told = {name: {"shape": list(t.shape), "n": t.numel(), **statistics(t)} for name, t in (("mean", mean), ("var", var))}
    return {**told, "batches": int(batches) if isinstance(batches, Tensor) else None}


def _kernels(layer: nn.Module, key: tuple[object, ...]) -> dict[str, Any] | None:
    weight = layer._parameters.get("weight")
    if not isinstance(layer, nn.Conv2d) or weight is None or weight.shape[1] not in (1, 3) or max(weight.shape[2:]) == 1:
        return None
    first = weight.detach()[:_KERNELS].float()
    drawn = first.permute(0, 2, 3, 1) if weight.shape[1] == 3 else first[:, 0]
    return {**tiles.save(tiles.symmetric(drawn.numpy()), "kernels", *key), "of": len(weight)}
