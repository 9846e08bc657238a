"""How much the images, or the pixels, of each class count: what losses with class weights share. Registers no kind."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tlstudio.errors import InputError
from tlstudio.recipe import Section

if TYPE_CHECKING:
    from torch import Tensor


class Weighted(Section):
    """Options of a loss that can weigh classes."""

    class_weights: Literal["none", "balanced", "own"] = Field(
        "none",
        title="Class weights",
        description="none: each image (of masks, each pixel) counts the same. balanced: each class does, however rare. own: as you say.",
    )
    weights: dict[str, Annotated[float, Field(ge=0.0)]] = Field(
        default_factory=dict,
        title="Weights",
        description="With own: each class's name and how much it counts; others count 1.",
        json_schema_extra={"when": {"class_weights": "own"}},
    )


def weights_of(options: Weighted, classes: Sequence[str], counts: Sequence[int]) -> Tensor | None:
    """(C,) float32, scaled so that its mean over the training images is 1 (the rate then means the same); None where all count the same.

    counts: of training images, or of their pixels. balanced: N / (C n_c), as in scikit-learn; a class without any gets 0.
    Raises InputError for a class that is not there, and where nothing would count.
    """
    import torch

    if options.class_weights == "none":
        return None
    if options.class_weights == "balanced":
        raw = [1.0 / n if n else 0.0 for n in counts]
    else:
        for name in options.weights:
            if name not in classes:
                near = difflib.get_close_matches(name, classes, 1, 0.0)
                raise InputError(f"The loss weighs a class '{name}' that the images do not have", "", f"The nearest is '{near[0]}'")
        raw = [options.weights.get(name, 1.0) for name in classes]
    total = sum(weight * n for weight, n in zip(raw, counts, strict=True))
    if total <= 0:
        raise InputError("With these class weights no training image counts", "", "Give at least one class a weight above 0")
    return torch.tensor([weight * sum(counts) / total for weight in raw], dtype=torch.float32)


def beside(weights: Tensor) -> Callable[[Tensor], Tensor]:
    """Gives the weights on the device of a tensor, in its type. They stay there: to bring them to a card waits for all that it still does,
    which no step can afford."""
    import torch

    known: dict[tuple[object, object], Tensor] = {}

    def of(like: Tensor) -> Tensor:
        key = like.device, like.dtype
        if key not in known:
            with torch.inference_mode(False):  # they outlive whatever asked for them first
                known[key] = weights.to(like)
        return known[key]

    return of
