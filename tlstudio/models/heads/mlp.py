"""A multi-layer perceptron: hidden layers, then one linear layer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled

Activation = Literal["relu", "gelu", "silu", "tanh"]
_LARGEST, _DEEPEST = 65_536, 8


class Options(Section):
    """What an MLP can be told."""

    hidden: tuple[int, ...] = titled(
        (512,), "Hidden layers", "Width of each hidden layer, the one next to the backbone first; commas between them."
    )
    activation: Activation = titled("relu", "Activation", "What bends the line between two layers. ReLU is the usual one.")
    dropout: float = titled(
        0.2, "Dropout", "Share of hidden features left out at random in each training step.", unit="share", ge=0.0, le=0.9
    )
    batch_norm: bool = titled(False, "Batch norm", "Keeps the hidden features in one range over each batch. Needs batches of 2 or more.")

    @field_validator("hidden")
    @classmethod
    def _widths(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not 1 <= len(value) <= _DEEPEST or not all(1 <= width <= _LARGEST for width in value):
            raise ValueError(f"1 to {_DEEPEST} whole numbers from 1 to {_LARGEST} are needed, such as 512 or 512, 256")
        return value


def activation(name: Activation) -> Any:
    """The nn.Module of that name. Imports torch."""
    from torch import nn

    return {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh}[name]()


def layers(options: Options, in_features: int, classes: int) -> list[Any]:
    """The layers from (B, in_features) to logits (B, classes), in order. Imports torch."""
    from torch import nn

    out: list[Any] = []
    for width in options.hidden:
        out.append(nn.Linear(in_features, width))
        if options.batch_norm:
            out.append(nn.BatchNorm1d(width))
        out += [activation(options.activation), nn.Dropout(options.dropout)]
        in_features = width
    return [*out, nn.Linear(in_features, classes)]


def _make(options: Options, in_features: int, classes: int) -> Any:
    from torch import nn

    return nn.Sequential(*layers(options, in_features, classes))


KIND = HeadKind(
    "mlp",
    "MLP",
    "Hidden layers between features and classes. Can bend its borders, so it fits more, and learns by heart sooner.",
    Options,
    _make,
)
