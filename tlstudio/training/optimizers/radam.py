"""Rectified Adam (Liu et al., 2020)."""

from __future__ import annotations

from typing import Any

from tlstudio.registry import Kind
from tlstudio.training.optimizers.adamw import Options


def _make(options: Options, groups: list[dict[str, Any]], weight_decay: float) -> Any:
    import torch

    return torch.optim.RAdam(groups, betas=(options.beta1, options.beta2), weight_decay=weight_decay, decoupled_weight_decay=True)


KIND = Kind("radam", "RAdam", "AdamW that takes careful first steps by itself, so that it needs no warm-up.", Options, _make)
