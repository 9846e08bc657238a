"""Adagrad (Duchi, Hazan and Singer, 2011)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.optimizers.fused import fused


class Options(Section):
    """What Adagrad can be told."""

    lr_decay: float = Field(0.0, ge=0.0, le=1.0, title="Rate's decay", description="How fast the rate falls with the number of steps.")


def _make(options: Options, groups: list[dict[str, Any]], weight_decay: float) -> Any:
    import torch

    return torch.optim.Adagrad(groups, lr_decay=options.lr_decay, weight_decay=weight_decay, fused=fused(groups, ("cpu",)))


KIND = Kind("adagrad", "Adagrad", "Weights that moved much move less and less. For heads on few, very unlike images.", Options, _make)
