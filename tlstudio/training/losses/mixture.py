"""A sum of losses: what one of them sees badly, another sees well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from pydantic import Field, model_validator

from tlstudio.registry import Kind
from tlstudio.training.losses import cross_entropy, dice, focal, lovasz
from tlstudio.training.losses.class_weights import Weighted


def _share(default: float, title: str) -> Any:
    return Field(default, ge=0.0, le=1000.0, title=title, description="How much it counts in the sum; 0 leaves it out.")


class Options(Weighted):
    """How much each loss counts. Class weights hold for cross-entropy and focal."""

    cross_entropy: float = _share(1.0, "Cross-entropy")
    dice: float = _share(1.0, "Dice")
    focal: float = _share(0.0, "Focal")
    lovasz: float = _share(0.0, "Lovasz")

    @model_validator(mode="after")
    def _something_counts(self) -> Self:
        if not any((self.cross_entropy, self.dice, self.focal, self.lovasz)):
            raise ValueError("at least one of the losses has to count more than 0")
        return self


def _make(options: Options, classes: Sequence[str], counts: Sequence[int]) -> Any:
    from torch import Tensor

    weighed = {"class_weights": options.class_weights, "weights": options.weights}
    said: list[tuple[float, Kind, dict[str, Any]]] = [
        (options.cross_entropy, cross_entropy.KIND, weighed),
        (options.dice, dice.KIND, {}),
        (options.focal, focal.KIND, weighed),
        (options.lovasz, lovasz.KIND, {}),
    ]
    parts = [(share, kind.make(kind.Options.model_validate(own), classes, counts)) for share, kind, own in said if share]

    def criterion(logits: Tensor, labels: Tensor) -> Tensor:
        total = logits.new_zeros(())
        for share, part in parts:
            total = total + share * part(logits, labels)
        return total

    return criterion


KIND = Kind("mixture", "Sum of losses", "Several losses added up, each as much as you say.", Options, _make, task="segmentation")
