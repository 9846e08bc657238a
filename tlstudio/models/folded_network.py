"""A network for answering alone: BatchNorm that stands still is made a part of the convolutions before it, up to the head."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils import _pytree as pytree
from torch.utils.hooks import RemovableHandle

from tlstudio.models.folding import folded
from tlstudio.models.network import Network

TOLERANCE = 1e-4
"""Of the largest number that enters the head: rounding differs."""


def folded_network(network: Network, shape: tuple[int, int]) -> Network | None:
    """The same with less to do, for images of about that (H, W); None where there is nothing to fold, or where it would answer otherwise.

    network is in eval mode, and stays as it is: what is not folded is shared, so that the head may go on learning. The twin is in eval
    mode for ever; its weights are those of now. What a user hung on a layer (hooks, parametrizations) stays, with the layer unfolded.
    """
    if not any(isinstance(layer, nn.BatchNorm2d) for layer in network.module.modules()):
        return None
    weight = next(network.module.parameters())
    inputs = torch.rand(1, 3, *shape, generator=torch.Generator().manual_seed(0)).sub_(0.5).mul_(4.0).to(weight)  # about as normalised
    with torch.inference_mode():
        pairs, expected = _pairs(network, inputs)
        if not pairs:
            return None
        twin = network.twin(dict(_replaced(pairs)))
        return twin if _agree(expected, twin.features(inputs)) else None


def _pairs(network: Network, inputs: Tensor) -> tuple[list[tuple[nn.Conv2d, _BatchNorm]], list[Tensor]]:
    """Convolutions with the BatchNorm that takes what they give, each run once in a pass; and what enters the head."""
    ran: list[nn.Module] = []
    found: list[tuple[nn.Conv2d, _BatchNorm]] = []

    def convolved(layer: nn.Module, _: object, out: Tensor) -> None:
        ran.append(layer)
        out.__dict__["from_layer"] = layer

    def normed(layer: nn.Module, given: tuple[Tensor, ...], _: object) -> None:
        ran.append(layer)
        before = given[0].__dict__.pop("from_layer", None)
        if before is not None:
            found.append((before, layer))  # type: ignore[arg-type]

    hooks = list(_watched(network.module, convolved, normed))
    try:
        entered = pytree.tree_leaves(network.features(inputs))
    finally:
        for hook in hooks:
            hook.remove()
    return [pair for pair in found if all(ran.count(layer) == 1 for layer in pair)], entered


def _watched(module: nn.Module, convolved: object, normed: object) -> Iterator[RemovableHandle]:
    for layer in module.modules():
        if _hung_with(layer):
            continue
        if isinstance(layer, nn.Conv2d):
            yield layer.register_forward_hook(convolved)  # type: ignore[arg-type]
        elif isinstance(layer, nn.BatchNorm2d) and not layer.training and layer.running_mean is not None and _after(layer) is not None:
            yield layer.register_forward_hook(normed)  # type: ignore[arg-type]


def _hung_with(layer: nn.Module) -> bool:
    """Whether somebody wants to see or change what goes through the layer, or where its weights come from."""
    return bool(layer._forward_hooks or layer._forward_pre_hooks or "parametrizations" in layer._modules)


def _after(norm: nn.BatchNorm2d) -> nn.Module | None:
    """What is left of the layer without its BatchNorm; None where that is not known. timm's has dropout and activation in it."""
    if type(norm) is nn.BatchNorm2d:
        return nn.Identity()
    drop, act = norm._modules.get("drop"), norm._modules.get("act")
    return nn.Sequential(drop, act) if drop is not None and act is not None else None


def _replaced(pairs: Sequence[tuple[nn.Conv2d, _BatchNorm]]) -> Iterator[tuple[nn.Module, nn.Module]]:
    for layer, norm in pairs:
        assert isinstance(norm, nn.BatchNorm2d)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        tensors = folded(layer.weight, layer.bias, norm.weight, norm.bias, norm.running_mean, norm.running_var, eps=norm.eps)
        whole, after = copy.copy(layer), _after(norm)
        whole.__dict__["_parameters"] = {
            name: nn.Parameter(tensor, requires_grad=False) for name, tensor in zip(("weight", "bias"), tensors, strict=True)
        }
        assert after is not None
        yield layer, whole
        yield norm, after.eval()


def _agree(expected: Sequence[Tensor], given: object) -> bool:
    """Whether tensors are the same but for rounding."""
    found = pytree.tree_leaves(given)
    return len(found) == len(expected) and all(
        a.shape == b.shape and bool((a - b).abs().max() <= TOLERANCE * a.abs().max()) for a, b in zip(expected, found, strict=True)
    )
