"""Adam with Nesterov's momentum (Dozat, 2016)."""

from __future__ import annotations

from typing import Any

from tlstudio.registry import Kind
from tlstudio.training.optimizers.adamw import Options


def _make(options: Options, groups: list[dict[str, Any]], weight_decay: float) -> Any:
    import torch

    return torch.optim.NAdam(groups, betas=(options.beta1, options.beta2), weight_decay=weight_decay, decoupled_weight_decay=True)


KIND = Kind("nadam", "NAdam", "AdamW that looks ahead along its momentum. Often a little quicker in the first epochs.", Options, _make)
