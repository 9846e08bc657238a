"""Adam (Kingma and Ba, 2015); weight decay enters the gradient."""

from __future__ import annotations

from typing import Any

from tlstudio.registry import Kind
from tlstudio.training.optimizers.adamw import Options
from tlstudio.training.optimizers.fused import fused


def _make(options: Options, groups: list[dict[str, Any]], weight_decay: float) -> Any:
    import torch

    return torch.optim.Adam(groups, betas=(options.beta1, options.beta2), weight_decay=weight_decay, fused=fused(groups))


KIND = Kind("adam", "Adam", "Finds a rate of its own for each weight. AdamW treats weight decay more sensibly.", Options, _make)
