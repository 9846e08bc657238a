"""What a layer was constructed with, in words."""

from __future__ import annotations

import inspect
from typing import Any

from torch import nn

# In the words of the field; a name that is not here is shown with its underscores as spaces.
_NAMES = {
    "in_channels": "Channels in",
    "out_channels": "Channels out",
    "in_features": "Features in",
    "out_features": "Features out",
    "num_features": "Channels",
    "num_channels": "Channels",
    "normalized_shape": "Normalised shape",
    "kernel_size": "Kernel",
    "output_size": "Output size",
    "p": "Probability",
    "eps": "Epsilon",
    "affine": "Scale and shift",
    "elementwise_affine": "Scale and shift",
    "track_running_stats": "Running averages",
    "embed_dim": "Width",
    "num_heads": "Heads",
    "inplace": "In place",
    "ceil_mode": "Round sizes up",
    "count_include_pad": "Count the padding",
    "drop_prob": "Probability",
}
_LEFT_OUT = {"self", "device", "dtype", "transposed"}
# Numbers that stand for height and width alike.
_SQUARE = {"kernel_size", "stride", "padding", "dilation", "output_size", "output_padding"}


def arguments(layer: nn.Module) -> list[dict[str, str]]:
    """[{key, name, value}]: those arguments of the layer's constructor that it kept as attributes, in the constructor's order.

    key: as in code ("kernel_size"); name and value: to be read ("Kernel", "3 × 3"). An argument that is a tensor or None reads as
    yes and no (bias); those that are modules or functions are left out.
    """
    out = []
    for key in _constructor_names(type(layer)):
        value = getattr(layer, key, _MISSING)
        told = _told(layer, key, value)
        if told is not None:
            out.append({"key": key, "name": _NAMES.get(key, key.replace("_", " ").capitalize()), "value": told})
    return out


_MISSING = object()


def _constructor_names(kind: type) -> list[str]:
    """Names of the arguments, those of a base class behind where **kwargs passes them on (BatchNorm2d, ReLU6 and the like)."""
    names: list[str] = []
    for base in kind.__mro__:
        if base is nn.Module:
            break
        if "__init__" in vars(base):
            found = inspect.signature(vars(base)["__init__"]).parameters.values()
            names += [p.name for p in found if p.name not in names and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [name for name in names if name not in _LEFT_OUT]


def _told(layer: nn.Module, key: str, value: Any) -> str | None:
    if value is _MISSING or (value is None and key != "bias"):
        return None
    if key == "output_padding" and not getattr(layer, "transposed", True):
        return None
    if key == "bias" or isinstance(value, bool):
        return "yes" if value is not None and value is not False else "no"
    if isinstance(value, int | float) and not isinstance(value, bool):
        two = key in _SQUARE and type(layer).__name__.endswith("2d") and isinstance(value, int)
        return f"{value} × {value}" if two else f"{value:g}" if isinstance(value, float) else f"{value}"
    if isinstance(value, str):
        return value
    if isinstance(value, tuple | list) and value and all(isinstance(one, int | float) for one in value):
        return " × ".join(f"{one:g}" for one in value)
    return None
