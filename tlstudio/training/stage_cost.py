"""From what was measured of a training step to what a stage of a run costs, with what is kept of its frozen part."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from tlstudio.data.row_store import limit
from tlstudio.models import catalogue
from tlstudio.recipe import Recipe
from tlstudio.training.budget import LEAST_SHARE, room, worth
from tlstudio.training.figures import Figures
from tlstudio.training.rank_environment import cores


@dataclass(frozen=True)
class Amount:
    """Images of a run. decode: seconds of one thread for one; pixels: bytes of one as it comes to the model.

    mask: seconds of one thread for one mask, which is read once; 0 where there are none.
    """

    n_train: int
    n_val: int
    decode: float
    pixels: int
    mask: float = 0.0


@dataclass(frozen=True)
class StageCost:
    """once: seconds before or in the first epoch; epoch: of each with its validation; step: of each, however many batches are added up
    in it; kept: bytes in memory or on disk; peak: bytes of memory while it learns.

    how: what is kept of each image: features (what enters the head), prefix (what the frozen layers make of it) or none (pictures).
    saved: seconds that a later run saves which finds them there.
    """

    how: str
    once: float
    epoch: float
    step: float
    kept: int
    peak: int
    saved: float


def how_kept(recipe: Recipe, figures: Figures, amount: Amount, area: int, device: torch.device) -> str:
    """As `keeping` will most likely decide it, without cutting the network. area: pixels of a view."""
    if figures.features_kept:
        return "features"
    rows, views = _rows(recipe, amount)
    epochs = recipe.training.epochs
    if recipe.training.cache == "exact" or figures.frozen_share < LEAST_SHARE or views >= epochs:
        return "none"
    entry = catalogue.find(recipe.model.name, recipe.data.task)
    one = (entry.mult_adds or math.inf) * area / entry.input_size**2
    passes = amount.n_train * epochs + amount.n_val * (epochs + 1)
    if not worth((passes - rows) * one, device):
        return "none"
    size = rows * figures.crossing_bytes
    near = max(room(device), room(torch.device("cpu")))
    return "prefix" if size // 2 <= max(near, limit()) else "none"


def stage_cost(recipe: Recipe, figures: Figures, amount: Amount, how: str, device: torch.device) -> StageCost:
    """recipe: of the stage. how: see `StageCost`."""
    n_train, n_val = amount.n_train, amount.n_val
    batch = min(n_train, recipe.training.batch_size)
    passes = -(-n_train // recipe.training.batch_size)  # measured was a step of one batch: one pass forward and back
    a_step = max(1, min(passes, recipe.training.accumulate))
    waiting = max(0, min(n_train, batch * a_step) - batch)  # images of a step that lie ready while others go through
    peak = figures.peak + waiting * (figures.feature_bytes if how == "features" else 4 * amount.pixels)
    # On the CPU decoding takes its time from the training, on a card it runs beside it.
    decoding, mask = amount.decode / cores(), amount.mask / cores()
    truth = mask * (n_train + n_val)
    rows, _ = _rows(recipe, amount)
    if how == "features":
        once = rows * (figures.forward + decoding) + truth
        epoch = passes * figures.step + n_val * figures.judge
        # Rows of training views have their masks with them; those that pictures are judged by are read in each run.
        return StageCost(how, once, epoch, a_step * figures.step, rows * figures.feature_bytes, peak, once - mask * n_val)
    if how == "prefix":
        front = figures.frozen_share * figures.forward
        a_pass = max(0.05 * figures.step, figures.step - batch * front)
        once = rows * (front + decoding) + truth
        epoch = passes * a_pass + n_val * max(0.0, figures.judge - front)
        return StageCost(how, once, epoch, a_step * a_pass, rows * figures.crossing_bytes, peak, once - mask * n_val)
    compute = passes * figures.step + n_val * figures.judge
    augmented = n_train if recipe.augment.enabled else 0
    fresh = decoding * augmented
    epoch = compute + fresh if device.type == "cpu" else max(compute, fresh)
    plain = n_train + n_val - augmented
    return StageCost(how, decoding * plain + truth, epoch, a_step * figures.step, plain * amount.pixels, peak, 0.0)


def _rows(recipe: Recipe, amount: Amount) -> tuple[int, int]:
    """Rows that would be kept, and views of each training image."""
    views = min(recipe.augment.views, recipe.training.epochs) if recipe.augment.enabled else 1
    return amount.n_train * views + amount.n_val, views
