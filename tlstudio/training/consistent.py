"""Whether a recipe goes together: known model, kinds and options, a head that fits the model, a loss that fits the head."""

from __future__ import annotations

from tlstudio import tracking
from tlstudio.errors import InputError
from tlstudio.models import catalogue, heads
from tlstudio.recipe import Recipe
from tlstudio.training import losses, optimizers, schedules

_MADE_FOR = {"classification": "classes of whole images", "segmentation": "masks"}


def check(recipe: Recipe) -> None:
    """Raises InputError with what does not go together, or naming the nearest for what is unknown. Needs no torch."""
    entry = catalogue.find(recipe.model.name, recipe.data.task)
    heads.REGISTRY.options(recipe.head.kind, recipe.head.options)
    optimizers.REGISTRY.options(recipe.optimizer.kind, recipe.optimizer.options)
    schedules.REGISTRY.options(recipe.schedule.kind, recipe.schedule.options)
    losses.REGISTRY.options(recipe.loss.kind, recipe.loss.options)
    losses.check_fits(recipe)
    tracking.check(recipe.tracking)
    if recipe.frozen.strategy == "scratch" and recipe.model.weights == "pretrained":
        raise InputError("From scratch means random weights", "the recipe's model.weights is pretrained", "Set model.weights to random")
    if entry.task != recipe.data.task:
        raise InputError(
            f"{entry.title} is made for {_MADE_FOR[entry.task]}",
            f"the images come with {_MADE_FOR[recipe.data.task]}",
            "Choose another model",
        )
    heads.check_fits(recipe.head.kind, entry)
