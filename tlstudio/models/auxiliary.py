"""Auxiliary heads: those of googlenet, inception_v3 and torchvision's segmentation models, which help while training only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

# Attributes of the root in torchvision's models.
NAMES = ("aux1", "aux2", "AuxLogits", "aux_classifier")


def paths(module: nn.Module) -> tuple[str, ...]:
    """The auxiliary heads of a network, in order."""
    return tuple(name for name in NAMES if isinstance(getattr(module, name, None), nn.Module))


def remove(module: nn.Module) -> None:
    """Leave the auxiliary heads out; the network then answers with its main logits alone."""
    for name in paths(module):
        setattr(module, name, None)
    if hasattr(module, "aux_logits"):
        module.aux_logits = False  # type: ignore[assignment]


def renew(module: nn.Module, classes: int) -> tuple[str, ...]:
    """Give every auxiliary head a new last layer for `classes` classes, from torch's global generator: the paths of what is new."""
    new = []
    for name in paths(module):
        inside = module.get_submodule(name)
        last, old = [(path, child) for path, child in inside.named_modules() if isinstance(child, nn.Linear | nn.Conv2d)][-1]
        if isinstance(old, nn.Linear):
            inside.set_submodule(last, nn.Linear(old.in_features, classes, old.bias is not None))
        else:
            inside.set_submodule(last, nn.Conv2d(old.in_channels, classes, 1))
        new.append(f"{name}.{last}")
    return tuple(new)


def outputs(result: Any) -> tuple[Tensor, list[Tensor]]:
    """What a network returned as (main, auxiliary ones): a tensor, torchvision's named tuples, or its {"out", "aux"}.

    main: logits (B, classes), or (B, classes, H, W) of a segmentation model; the auxiliary ones have the same shape.
    """
    if isinstance(result, Tensor):
        return result, []
    if isinstance(result, Mapping):
        return result["out"], [value for name, value in result.items() if name != "out"]
    main, *rest = result
    return main, [value for value in rest if value is not None]
