"""A network for answering alone: BatchNorm that stands still is made a part of the convolutions before it, up to the head."""

from __future__ import annotations

import copy
import functools
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from tlstudio.models.folding import folded
from tlstudio.models.network import Network

TOLERANCE = 1e-4
"""Of the largest number that enters the head: rounding differs."""
_MARK = "_convolved_by"
"""On a tensor: the convolution that it comes from, and how often it had been written to by then."""

Pair = tuple[nn.Conv2d, nn.BatchNorm2d]
Hook = Callable[..., None]


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
        pairs, expected = _pairs(network, inputs)
        if not pairs:
            return None
        twin = network.twin(dict(_replaced(pairs)))
        return twin if _agree(expected, twin.features(inputs)) else None


def _pairs(network: Network, inputs: Tensor) -> tuple[list[Pair], list[Tensor]]:
    """Convolutions with the BatchNorm that takes what they give, each run once in a pass; and what enters the head."""
    ran: Counter[nn.Module] = Counter()
    found: list[Pair] = []

    def convolved(layer: nn.Conv2d, _copy: nn.Module, _given: object, out: Tensor) -> None:
        ran[layer] += 1
        setattr(out, _MARK, (layer, out._version))

    def normed(layer: nn.BatchNorm2d, _copy: nn.Module, given: tuple[Tensor, ...], _out: object) -> None:
        ran[layer] += 1
        before, version = getattr(given[0], _MARK, (None, 0)) if given else (None, 0)
        if before is not None and version == given[0]._version:  # nobody wrote over what the convolution gave
            found.append((before, layer))

    # The hooks hang on copies: whoever uses the network meanwhile, in another thread, does not meet them.
    entered = pytree.tree_leaves(network.twin(dict(_watched(network.module, convolved, normed))).features(inputs))
    norms_of = Counter(layer for layer, _ in found)
    return [pair for pair in found if ran[pair[0]] == ran[pair[1]] == norms_of[pair[0]] == 1], entered


def _watched(module: nn.Module, convolved: Hook, normed: Hook) -> Iterator[tuple[nn.Module, nn.Module]]:
    """What may be folded, each with a copy that tells of what it gave, or was given."""
    for layer in module.modules():
        if _hung_with(layer):
            continue
        if isinstance(layer, nn.Conv2d):
            hook = convolved
        elif isinstance(layer, nn.BatchNorm2d) and not layer.training and layer.running_mean is not None and _after(layer) is not None:
            hook = normed
        else:
            continue
        watched = copy.copy(layer)
        watched._forward_hooks = OrderedDict()  # of its own
        watched.register_forward_hook(functools.partial(hook, layer))
        yield layer, watched


def _hung_with(layer: nn.Module) -> bool:
    """Whether somebody wants to see or change what goes through the layer, or where its weights come from."""
    return bool(layer._forward_hooks or layer._forward_pre_hooks or "parametrizations" in layer._modules)


def _after(norm: nn.BatchNorm2d) -> nn.Module | None:
    """What is left of the layer without its BatchNorm; None where that is not known. timm's has dropout and activation in it."""
    if type(norm) is nn.BatchNorm2d:
        return nn.Identity()
    drop, act = norm._modules.get("drop"), norm._modules.get("act")
    return nn.Sequential(drop, act) if drop is not None and act is not None else None


def _replaced(pairs: Sequence[Pair]) -> Iterator[tuple[nn.Module, nn.Module]]:
    for layer, norm in pairs:
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
