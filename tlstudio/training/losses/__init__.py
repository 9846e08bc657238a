"""Losses: what training makes small. One file a kind, each with `KIND`. Read without importing torch.

make(options, classes, counts): classes are the names in the order of the labels, counts how many training images each has, or how many
pixels of their masks. It gives a Criterion. Validation is always judged by cross-entropy in nats, so that runs with different losses
can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tlstudio.errors import InputError
from tlstudio.recipe import Loss, Recipe
from tlstudio.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["REGISTRY", "Criterion", "check_fits", "make", "one_logit", "outputs"]

REGISTRY = Registry(__name__, "loss", Loss().kind)
_LEARNS = {"classification": "classes of whole images", "segmentation": "masks"}

Criterion = Callable[["Tensor", "Tensor"], "Tensor"]
"""criterion(logits (B, C) float, labels (B,) int64) is the mean loss of the batch, a scalar.

Of masks: criterion(logits (B, C, H, W) float, labels (B, H, W) int64, 255 for ignored pixels) is the mean over the pixels that count;
where none does it is 0, with gradients of 0.
"""


def make(loss: Loss, classes: Sequence[str], counts: Sequence[int]) -> Criterion:
    """Raises InputError for an unknown kind, option or class, and for a number of classes that the loss cannot have."""
    criterion: Criterion = REGISTRY.make(loss.kind, loss.options, classes, counts)
    return criterion


def one_logit(loss: Loss) -> bool:
    """Whether the network needs a single output, the score z of the second of two classes; the criterion takes it as (0, z).

    Raises InputError for an unknown kind.
    """
    return REGISTRY.find(loss.kind).one_logit


def outputs(loss: Loss, classes: int) -> int:
    """Outputs of the network's head for so many classes: one each, or the single one that the loss takes. An unknown kind takes all."""
    kind = REGISTRY.kinds().get(loss.kind)
    return 1 if classes == 2 and kind is not None and kind.one_logit else classes


def check_fits(recipe: Recipe) -> None:
    """Raises InputError where the loss is for another task, or the head does not give what the loss takes."""
    from tlstudio.models import heads

    loss, task = REGISTRY.find(recipe.loss.kind), recipe.data.task
    if not loss.suits(task):
        others = [kind.kind for kind in REGISTRY.kinds().values() if kind.suits(task)]
        raise InputError(
            f"The loss {loss.title} is made for {_LEARNS[loss.task]}",
            f"this recipe learns {_LEARNS[task]}",
            f"Set loss.kind to one of these: {', '.join(others)}",
        )
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
