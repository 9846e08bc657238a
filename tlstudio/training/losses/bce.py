"""Binary cross-entropy of one score a pixel, for two classes: the network has a single output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tlstudio.data.masks import IGNORE
from tlstudio.errors import InputError
from tlstudio.registry import Kind
from tlstudio.training.losses.class_weights import Weighted, beside, weights_of
from tlstudio.training.losses.pixels import counted


class Options(Weighted):
    """What binary cross-entropy can be told."""


def _make(options: Options, classes: Sequence[str], counts: Sequence[int]) -> Any:
    from torch import Tensor
    from torch.nn import functional

    if len(classes) != 2:
        raise InputError("Binary cross-entropy tells two classes apart", f"there are {len(classes)}", "Set loss.kind to cross_entropy")
    found = weights_of(options, classes, counts)
    weights = None if found is None else beside(found)

    def criterion(logits: Tensor, labels: Tensor) -> Tensor:
        score = logits[:, 1] - logits[:, 0]
        loss = functional.binary_cross_entropy_with_logits(score, (labels == 1).to(score), reduction="none")
        if weights is not None:
            loss = weights(loss)[labels.clamp_max(1)] * loss
        return loss.masked_fill(labels == IGNORE, 0.0).sum() / counted(labels)

    return criterion


KIND = Kind(
    "bce",
    "Binary cross-entropy",
    "For two classes: the network gives one score a pixel, above 0 for the second class.",
    Options,
    _make,
    task="segmentation",
    one_logit=True,
)
