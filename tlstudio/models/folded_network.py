"""A network for answering alone: BatchNorm that stands still is made a part of the convolutions before it, up to the
head; activations too, on a processor."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from tlstudio.models.activated import activated_network
from tlstudio.models.folding import folded
from tlstudio.models.following import followers
from tlstudio.models.network import Network

TOLERANCE = 1e-4
"""Of the largest number that enters the head: rounding differs."""


def folded_network(network: Network, shape: tuple[int, int]) -> Network | None:
    """The same with less to do, for images of about that (H, W); None where there is nothing to fold, or where it would answer otherwise.

    network is in eval mode, and stays as it is, for other threads as well: what is not folded is shared, so that the head may go on
    learning. The twin is in eval mode for ever; its weights are those of now, as much memory as the convolutions that it folds.
    What a user hung on a layer (hooks, parametrizations) stays, with the layer unfolded.
    """
    if not any(isinstance(layer, nn.BatchNorm2d) for layer in network.module.modules()):
        return None
    # Cards round the products of a convolution to 10 bits (TF32) where they may, each way of computing it elsewhere: no other answer.
    exactly = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
    with exactly, torch.inference_mode(False), torch.no_grad():  # which counts how often a tensor is written to, inference mode does not
        weight = next(network.module.parameters())
        inputs = torch.rand(1, 3, *shape, generator=torch.Generator().manual_seed(0)).sub_(0.5).mul_(4.0).to(weight)  # about as normalised
        found = followers(network, inputs, lambda layer: isinstance(layer, nn.Conv2d), _stands_still)
        pairs = [(conv, norm) for conv, norm in found.pairs if isinstance(conv, nn.Conv2d) and found.ran[norm] == 1]
        if not pairs:
            return None
        twin = network.twin(dict(_replaced(pairs)))
        if not _agree(found.entered, twin, inputs):
            return None
        return activated_network(twin, inputs, lambda quick: _agree(found.entered, quick, inputs)) or twin


def _stands_still(layer: nn.Module) -> bool:
    """Whether it is a BatchNorm that works with its averages and can be taken away."""
    return isinstance(layer, nn.BatchNorm2d) and not layer.training and layer.running_mean is not None and _after(layer) is not None


def _after(norm: nn.BatchNorm2d) -> nn.Module | None:
    """What is left of the layer without its BatchNorm; None where that is not known. timm's has dropout and activation in it."""
    if type(norm) is nn.BatchNorm2d:
        return nn.Identity()
    drop, act = norm._modules.get("drop"), norm._modules.get("act")
    return nn.Sequential(drop, act) if drop is not None and act is not None else None


def _replaced(pairs: Sequence[tuple[nn.Conv2d, nn.Module]]) -> Iterator[tuple[nn.Module, nn.Module]]:
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


def _agree(expected: Sequence[Tensor], twin: Network, inputs: Tensor) -> bool:
    """Whether what enters the twin's head is the same but for rounding."""
    found = pytree.tree_leaves(twin.features(inputs))
    return len(found) == len(expected) and all(
        a.shape == b.shape and bool((a - b).abs().max() <= TOLERANCE * a.abs().max()) for a, b in zip(expected, found, strict=True)
    )
