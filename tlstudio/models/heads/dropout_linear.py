"""Dropout, then one linear layer."""

from __future__ import annotations

from typing import Any

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What dropout + linear can be told."""

    dropout: float = titled(
        0.2,
        "Dropout",
        "Share of features hidden at random in each training step. More helps when few images are learned by heart.",
        unit="share",
        ge=0.0,
        le=0.9,
    )


def _make(options: Options, in_features: int, classes: int) -> Any:
    from torch import nn

    return nn.Sequential(nn.Dropout(options.dropout), nn.Linear(in_features, classes))


KIND = HeadKind(
    "dropout_linear",
    "Dropout + linear",
    "Hides a random share of the features in each step, then one linear layer. Helps against learning few images by heart.",
    Options,
    _make,
)
