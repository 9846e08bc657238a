"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.optimizers.fused import fused


class Options(Section):
    """What SGD can be told."""

    momentum: float = Field(0.9, ge=0.0, lt=1.0, title="Momentum", description="Share of the last step that is taken again.")
    nesterov: bool = Field(False, title="Nesterov", description="Look ahead along the momentum before measuring the slope.")


def _make(options: Options, groups: list[dict[str, Any]], weight_decay: float) -> Any:
    import torch

    nesterov = options.nesterov and options.momentum > 0  # without momentum there is nowhere to look ahead to
    return torch.optim.SGD(groups, momentum=options.momentum, nesterov=nesterov, weight_decay=weight_decay, fused=fused(groups))


KIND = Kind(
    "sgd", "SGD", "Plain steps down the slope, with momentum. As in the classic tutorials (rate 0.001, momentum 0.9).", Options, _make
)
