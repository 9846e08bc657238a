"""RMSprop (Tieleman and Hinton, 2012)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tlstudio.recipe import Section
from tlstudio.registry import Kind


class Options(Section):
    """What RMSprop can be told."""

    alpha: float = Field(0.99, ge=0.0, lt=1.0, title="Alpha", description="How long the mean of the squared gradients remembers.")
    momentum: float = Field(0.0, ge=0.0, lt=1.0, title="Momentum", description="Share of the last step that is taken again.")


def _make(options: Options, groups: list[dict[str, Any]], weight_decay: float) -> Any:
    import torch

    return torch.optim.RMSprop(groups, alpha=options.alpha, momentum=options.momentum, weight_decay=weight_decay)


KIND = Kind(
    "rmsprop",
    "RMSprop",
    "Divides each step by the size of recent gradients; MobileNets were trained so.",
    Options,
    _make,
)
