"""One more layer on top of the old output layer, which stays and keeps what it learned."""

from __future__ import annotations

from typing import Any, Literal

from tlstudio.models.heads.kind import HeadKind
from tlstudio.models.heads.mlp import activation
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What an extra layer can be told."""

    activation: Literal["none", "relu", "gelu", "silu", "tanh"] = titled(
        "relu", "Activation", "What stands between the old output and the new layer. None: the new layer mixes the old classes."
    )
    dropout: float = titled(
        0.0, "Dropout", "Share of the old outputs hidden at random in each training step.", unit="share", ge=0.0, le=0.9
    )


def _make(options: Options, in_features: int, classes: int) -> Any:
    from torch import nn

    between = [] if options.activation == "none" else [activation(options.activation)]
    dropout = [nn.Dropout(options.dropout)] if options.dropout else []
    return nn.Sequential(*between, *dropout, nn.Linear(in_features, classes))


KIND = HeadKind(
    "extra_layer",
    "Extra layer",
    "Keeps the old output layer and learns from what it says of its old classes. Good where yours are mixtures of those.",
    Options,
    _make,
    takes="output",
)
