"""Losses: what training makes small. One file a kind, each with `KIND`. Read without importing torch.

make(options, classes, counts): classes are the names in the order of the labels, counts how many training images each has. It gives
a Criterion. Validation is always judged by cross-entropy in nats, so that runs with different losses can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tlstudio.errors import InputError
from tlstudio.recipe import Loss, Recipe
from tlstudio.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["REGISTRY", "Criterion", "check_fits", "make"]

REGISTRY = Registry(__name__, "loss", Loss().kind)

Criterion = Callable[["Tensor", "Tensor"], "Tensor"]
"""criterion(logits (B, C) float, labels (B,) int64) is the mean loss of the batch, a scalar."""


def make(loss: Loss, classes: Sequence[str], counts: Sequence[int]) -> Criterion:
    """Raises InputError for an unknown kind, option or class."""
    criterion: Criterion = REGISTRY.make(loss.kind, loss.options, classes, counts)
    return criterion


def check_fits(recipe: Recipe) -> None:
    """Raises InputError where the head does not give what the loss takes."""
    from tlstudio.models import heads

    probabilities = heads.REGISTRY.find(recipe.head.kind).log_probabilities
    if recipe.loss.kind == "nll" and not probabilities:
        raise InputError(
            "The loss NLL takes logarithms of probabilities",
            f"the head '{recipe.head.kind}' gives plain scores",
            "Take the head mlp_log_softmax, or the loss cross_entropy, which is NLL on the log-softmax of scores",
        )
    if recipe.loss.kind == "hinge" and probabilities:
        raise InputError(
            "The hinge loss takes plain scores", f"the head '{recipe.head.kind}' gives logarithms of probabilities", "Take the head linear"
        )
