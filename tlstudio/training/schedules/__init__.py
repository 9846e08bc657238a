"""Schedules: one file a kind, each with `KIND`. None needs torch.

make(options, epochs, steps_per_epoch) gives factor(step): what the rates are multiplied with in training step 0, 1, ... of the run.
"""

from __future__ import annotations

from tlstudio.recipe import Recipe, Schedule
from tlstudio.registry import Registry

REGISTRY = Registry(__name__, "schedule", Schedule().kind)


def rates(recipe: Recipe, steps_per_epoch: int = 20) -> dict[str, list[float]]:
    """The planned rates of both groups, one value a step: {"lr": [...], "backbone_lr": [...]}."""
    epochs = recipe.training.epochs
    factor = REGISTRY.make(recipe.schedule.kind, recipe.schedule.options, epochs, steps_per_epoch)
    factors = [factor(step) for step in range(epochs * steps_per_epoch)]
    return {
        "lr": [recipe.optimizer.lr * f for f in factors],
        "backbone_lr": [recipe.optimizer.backbone_lr * f for f in factors],
    }
