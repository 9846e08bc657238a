"""Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.optimizers.fused import fused


class Options(Section):
    """What Adam and AdamW can be told."""

    beta1: float = Field(0.9, ge=0.0, lt=1.0, title="Beta 1", description="How long the mean of the gradients remembers.")
    beta2: float = Field(0.999, ge=0.0, lt=1.0, title="Beta 2", description="How long the mean of their squares remembers.")


def _make(options: Options, groups: list[dict[str, Any]], weight_decay: float) -> Any:
    import torch

    return torch.optim.AdamW(groups, betas=(options.beta1, options.beta2), weight_decay=weight_decay, fused=fused(groups))


KIND = Kind(
    "adamw", "AdamW", "Finds a rate of its own for each weight; weight decay apart from the gradient. A good first choice.", Options, _make
)
