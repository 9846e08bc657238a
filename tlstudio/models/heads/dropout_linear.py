"""Dropout, then one linear layer."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tlstudio.recipe import Section
from tlstudio.registry import Kind


class Options(Section):
    """What dropout + linear can be told."""

    dropout: float = Field(
        0.2,
        ge=0.0,
        le=0.9,
        title="Dropout",
        description="Share of features hidden at random in each training step. More helps when few images are learned by heart.",
        json_schema_extra={"unit": "share", "advanced": False},
    )


def _make(options: Options, in_features: int, classes: int) -> Any:
    from torch import nn

    return nn.Sequential(nn.Dropout(options.dropout), nn.Linear(in_features, classes))


KIND = Kind(
    "dropout_linear",
    "Dropout + linear",
    "Hides a random share of the features in each step, then one linear layer. Helps against learning few images by heart.",
    Options,
    _make,
)
