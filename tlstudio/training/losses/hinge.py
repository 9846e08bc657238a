"""Multi-class hinge loss (Crammer and Singer, 2001): with a linear head on frozen features, a linear support vector machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from tlstudio.registry import Kind
from tlstudio.training.losses.class_weights import Weighted, beside, weights_of


class Options(Weighted):
    """What the hinge loss can be told."""

    margin: float = Field(1.0, gt=0.0, le=100.0, title="Margin", description="How far the truth's score has to lead.")
    power: Literal["linear", "squared"] = Field(
        "linear", title="Growth", description="linear: as a support vector machine; squared: large errors count much more."
    )


def _make(options: Options, classes: Sequence[str], counts: Sequence[int]) -> Any:
    import torch
    from torch import Tensor

    found = weights_of(options, classes, counts)
    weights = None if found is None else beside(found)

    def criterion(logits: Tensor, labels: Tensor) -> Tensor:
        truth = logits.gather(1, labels[:, None])
        others = logits.scatter(1, labels[:, None], -torch.inf)
        short = (options.margin - (truth[:, 0] - others.amax(1))).clamp_min(0.0)
        loss = short.square() if options.power == "squared" else short
        return (loss if weights is None else weights(loss)[labels] * loss).mean()

    return criterion


KIND = Kind(
    "hinge",
    "Hinge (linear SVM)",
    "The truth's score has to lead by a margin. On frozen features a linear SVM.",
    Options,
    _make,
    task="classification",
)
