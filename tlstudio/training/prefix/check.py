"""Whether a cut network still is the network: answers, gradients and averages on a random batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree
from torch.utils.flop_counter import FlopCounterMode

from tlstudio.training.prefix.tape import undone

TOLERANCE = 1e-4
"""Of the largest number of a tensor: rounding differs where BatchNorm is folded and where other batches are computed at once."""


def mismatch(module: nn.Module, prefix: Callable[[Tensor], list[Tensor]], suffix: nn.Module, x: Tensor) -> str:
    """What differs, "" if nothing does; everything is as before afterwards.

    x: (B, 3, H, W), of another B than the network was looked at with.
    """
    modes = [(child, child.training) for child in module.modules()]
    with torch.inference_mode(False), undone(module, x.device):
        with torch.no_grad():
            crossing = prefix(x)
            alone = prefix(x[:1])
        if any(len(one) != len(x) for one in crossing) or not _close(alone, [one[:1] for one in crossing]):
            return "an image gives something else when it comes alone"
        versions = [one._version for one in crossing]
        suffix.train()
        first = _learned(module, module, (x,))
        second = _learned(module, suffix, crossing)
        for name, ours, theirs in zip(("its answers in training", "its gradients", "its averages"), first, second, strict=True):
            if not _close(ours, theirs):
                return f"{name} would be others"
        module.eval()
        suffix.eval()
        try:
            with torch.no_grad():
                same = _close(pytree.tree_leaves(module(x)), pytree.tree_leaves(suffix(*crossing)))
        finally:
            for child, training in modes:
                child.training = training
            suffix.train()
        if not same:
            return "its answers would be others"
        return "" if versions == [one._version for one in crossing] else "it writes to what is kept"


def same_answers(module: nn.Module, prefix: Callable[[Tensor], list[Tensor]], suffix: nn.Module, x: Tensor) -> bool:
    """Whether both answer alike; module is in eval mode, and suffix is left in it."""
    suffix.eval()
    with torch.no_grad():
        return _close(pytree.tree_leaves(module(x)), pytree.tree_leaves(suffix(*prefix(x))))


def agree(prefix: Callable[[Tensor], list[Tensor]], other: Callable[[Tensor], list[Tensor]], x: Tensor) -> bool:
    """Whether two prefixes give the same for images x."""
    with torch.inference_mode():
        return _close(prefix(x), other(x))


def share(prefix: Callable[[Tensor], list[Tensor]], suffix: nn.Module, x: Tensor) -> float:
    """Of the multiply-adds of a forward pass in eval mode, those of the prefix: 0..1."""
    suffix.eval()
    with torch.no_grad():
        with FlopCounterMode(display=False) as before:
            crossing = prefix(x)
        with FlopCounterMode(display=False) as behind:
            suffix(*crossing)
    suffix.train()
    total = before.get_total_flops() + behind.get_total_flops()
    return before.get_total_flops() / total if total else 0.0


def _learned(module: nn.Module, runs: nn.Module, inputs: Sequence[Tensor]) -> tuple[list[Any], list[Any], list[Any]]:
    """Answers, gradients of what learns, and buffers after one pass with fixed chances."""
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    with torch.enable_grad(), undone(module, inputs[0].device):
        torch.manual_seed(0)
        answers = pytree.tree_leaves(runs(*inputs))
        tensors = [one for one in answers if isinstance(one, Tensor) and one.requires_grad]
        generator = torch.Generator().manual_seed(1)
        weighted = [(one * torch.randn(one.shape, generator=generator).to(one)).sum() / one[0].numel() for one in tensors]
        gradients = torch.autograd.grad(torch.stack(weighted).sum(), learning, allow_unused=True) if weighted else ()
        return [one.detach() if isinstance(one, Tensor) else one for one in answers], list(gradients), [b.clone() for b in module.buffers()]


def _close(ours: Sequence[Any], theirs: Sequence[Any]) -> bool:
    if len(ours) != len(theirs):
        return False
    # A gradient that should be zero (of a bias before BatchNorm, say) is nothing but rounding, to be seen beside the others.
    largest = max((float(one.detach().abs().max()) for one in ours if isinstance(one, Tensor) and one.numel()), default=0.0)
    return all(_near(a, b, 0.1 * largest) for a, b in zip(ours, theirs, strict=True))


def _near(a: Any, b: Any, least: float) -> bool:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return bool(a is b) or (not isinstance(a, Tensor) and not isinstance(b, Tensor) and bool(a == b))
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    a, b = a.detach().double(), b.detach().double()
    return not a.numel() or bool((a - b).abs().max() <= TOLERANCE * max(float(a.abs().max()), least) + 1e-12)
