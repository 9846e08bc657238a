"""Lovasz-softmax loss (Berman et al., 2018): a smooth stand-in for the intersection over union itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.losses.pixels import shares

if TYPE_CHECKING:
    from torch import Tensor


class Options(Section):
    """What the Lovasz loss can be told."""


def _make(options: Options, classes: Sequence[str], counts: Sequence[int]) -> Any:
    import torch

    def criterion(logits: Tensor, labels: Tensor) -> Tensor:
        """The mean over the classes in the truth, errors of the whole batch sorted together.

        With the order of its errors fixed the loss is a plain sum of a * p + b over the pixels: the slopes a are found without
        gradients, so that only they are kept, not what the sorting of each class went through.
        """
        p, true = shares(logits, labels)
        with torch.no_grad():
            slopes, base, present = torch.zeros_like(p), p.new_zeros(()), 0
            there = torch.stack([truth.any() for truth in true.unbind(1)]).tolist()  # a card is waited for once, not for each class
            for c in range(p.shape[1]):
                truth = true[:, c]
                if not there[c]:
                    continue
                # An ignored pixel's error is 0, as that of one that is right: it comes last and changes nothing.
                weights = _weights(torch.where(truth, 1 - p[:, c], p[:, c]).flatten(), truth.flatten()).view_as(truth)
                slopes[:, c] = torch.where(truth, -weights, weights)
                base += torch.where(truth, weights, 0.0).sum()
                present += 1
        return ((slopes * p).sum() + base) / max(present, 1)

    return criterion


def _weights(errors: Tensor, truth: Tensor) -> Tensor:
    """How much each pixel's error (N,) counts: the steps by which the Jaccard loss grows as pixels turn wrong, worst first.

    truth: (N,) bool, some true. With I true pixels not yet wrong and U of the union, after the step: 1 / U for a true pixel,
    I / (U (U - 1)) for another. Written so, small steps among millions of pixels keep their digits.
    """
    order = errors.argsort(descending=True)
    of_class = truth[order]
    wrong = of_class.cumsum(0)
    left, union = wrong[-1] - wrong, wrong[-1] + (~of_class).cumsum(0)
    union = union.to(errors.dtype)
    steps = (left / (union - 1).clamp_min(1)).masked_fill(of_class, 1.0) / union
    return steps.new_empty(steps.shape).scatter_(0, order, steps)


KIND = Kind(
    "lovasz",
    "Lovasz",
    "Made for the intersection over union, which masks are scored by. Best after, or beside, cross-entropy.",
    Options,
    _make,
    task="segmentation",
)
