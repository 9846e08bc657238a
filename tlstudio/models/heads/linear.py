"""One linear layer: logistic regression on the backbone's features."""

from __future__ import annotations

from typing import Any

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section


class Options(Section):
    """A linear head has nothing to set."""


def _make(options: Options, in_features: int, classes: int) -> Any:
    from torch import nn

    return nn.Linear(in_features, classes)


KIND = HeadKind(
    "linear", "Linear", "One layer of weights, from each feature to each class. Hard to overfit, quick to train.", Options, _make
)
