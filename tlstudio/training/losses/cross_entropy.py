"""Cross-entropy of softmax and truth, with label smoothing (Szegedy et al., 2016) and class weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from tlstudio.registry import Kind
from tlstudio.training.losses.class_weights import Weighted, beside, weights_of
from tlstudio.training.losses.pixels import counted, ignored


class Options(Weighted):
    """What cross-entropy can be told."""

    label_smoothing: float = Field(
        0.0,
        ge=0.0,
        lt=1.0,
        title="Label smoothing",
        description="Share of the truth that is spread over all classes. 0.1 keeps a large network from being too sure.",
        json_schema_extra={"unit": "share"},
    )


def _make(options: Options, classes: Sequence[str], counts: Sequence[int]) -> Any:
    from torch import Tensor
    from torch.nn import functional

    found = weights_of(options, classes, counts)
    weights = None if found is None else beside(found)

    def criterion(logits: Tensor, labels: Tensor) -> Tensor:
        if weights is None and labels.dim() == 1:
            return functional.cross_entropy(logits, labels, label_smoothing=options.label_smoothing)
        # Divided by what counts, not by the sum of this batch's weights: each image, or pixel, counts the same in every batch.
        weight = weights(logits) if weights is not None else None
        total = functional.cross_entropy(
            logits, labels, weight, label_smoothing=options.label_smoothing, reduction="sum", ignore_index=ignored(labels)
        )
        return total / counted(labels)

    return criterion


KIND = Kind("cross_entropy", "Cross-entropy", "Surprise at the truth: the loss for classes that exclude each other.", Options, _make)
