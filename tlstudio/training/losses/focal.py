"""Focal loss (Lin et al., 2017): images, or pixels, that are already right count less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from tlstudio.registry import Kind
from tlstudio.training.losses.class_weights import Weighted, beside, weights_of
from tlstudio.training.losses.pixels import counted, ignored


class Options(Weighted):
    """What the focal loss can be told."""

    gamma: float = Field(2.0, ge=0.0, le=10.0, title="Gamma", description="How much less counts what is already right; 0 is cross-entropy.")


def _make(options: Options, classes: Sequence[str], counts: Sequence[int]) -> Any:
    from torch import Tensor
    from torch.nn import functional

    found = weights_of(options, classes, counts)
    weights = None if found is None else beside(found)

    def criterion(logits: Tensor, labels: Tensor) -> Tensor:
        loss = functional.cross_entropy(logits, labels, reduction="none", ignore_index=ignored(labels))
        wrong = -(-loss).expm1()  # 1 - p of the truth, exact where p is near 1
        focal = wrong.clamp_min(1e-12) ** options.gamma * loss  # a power below 1 has no slope at 0
        if weights is not None:
            focal = weights(focal)[labels.clamp_max(len(classes) - 1)] * focal  # at ignored pixels, whose label is beyond, it is 0
        return focal.mean() if labels.dim() == 1 else focal.sum() / counted(labels)

    return criterion


KIND = Kind("focal", "Focal", "Cross-entropy in which what is already right counts less. For rare classes.", Options, _make)
