"""Negative log-likelihood: cross-entropy for heads that end in log-softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tlstudio.registry import Kind
from tlstudio.training.losses.class_weights import Weighted, beside, weights_of


class Options(Weighted):
    """What NLL can be told."""


def _make(options: Options, classes: Sequence[str], counts: Sequence[int]) -> Any:
    from torch import Tensor
    from torch.nn import functional

    found = weights_of(options, classes, counts)
    weights = None if found is None else beside(found)

    def criterion(log_probabilities: Tensor, labels: Tensor) -> Tensor:
        weight = weights(log_probabilities) if weights is not None else None
        return functional.nll_loss(log_probabilities, labels, weight, reduction="sum") / len(labels)

    return criterion


KIND = Kind(
    "nll",
    "NLL",
    "Negative log-likelihood, for a head that ends in log-softmax: cross-entropy in two parts.",
    Options,
    _make,
    task="classification",
)
