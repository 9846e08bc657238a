"""A multi-layer perceptron that ends in log-softmax, as PyTorch's flower tutorials have it; it is trained with the NLL loss."""

from __future__ import annotations

from typing import Any

from tlstudio.models.heads.kind import HeadKind
from tlstudio.models.heads.mlp import Options, layers


def _make(options: Options, in_features: int, classes: int) -> Any:
    from torch import nn

    return nn.Sequential(*layers(options, in_features, classes), nn.LogSoftmax(dim=1))


KIND = HeadKind(
    "mlp_log_softmax",
    "MLP + log-softmax",
    "An MLP that gives the logarithms of probabilities. It needs the NLL loss; together they equal an MLP with cross-entropy.",
    Options,
    _make,
    log_probabilities=True,
)
