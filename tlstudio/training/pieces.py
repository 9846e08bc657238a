"""Whether a batch may go through a network in pieces, whose gradients are added up, with the same result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

if TYPE_CHECKING:
    from tlstudio.training.learner import Learner


def not_in_pieces(learner: Learner) -> str:
    """Why batches of that learner have to go through whole, as a sentence; "" where pieces give the same but for rounding.

    The loss of classes of whole images is a mean over images, so that those of pieces add up. Losses of masks divide by pixels that
    count, or by areas of the whole batch.
    """
    whole = "Batches go through the network whole"
    if learner.recipe.data.task == "segmentation":
        return f"{whole}: losses of masks look at all of a batch together."
    for child in learner.training_modules():
        if isinstance(child, _BatchNorm):
            return f"{whole}: its BatchNorm layers learn from all images of a batch together."
        if draws(child):
            return f"{whole}: its random layers would draw other numbers in pieces."
    return ""


def in_pieces(n: int, size: int) -> list[tuple[int, int]]:
    """Where a batch of n is cut into pieces of that size. A last one of a single image joins the one before, for BatchNorm's sake."""
    starts = list(range(0, n, size))
    if size > 1 and len(starts) > 1 and n - starts[-1] == 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], n], strict=True))


def draws(child: nn.Module) -> bool:
    """Whether it draws random numbers in training mode: dropout of values, of attention, or of whole branches (StochasticDepth of
    torchvision, DropPath of timm)."""
    if isinstance(child, _DropoutNd):
        return child.p > 0
    return any(isinstance(p := getattr(child, name, None), float) and p > 0 for name in ("dropout", "drop_prob", "p"))
