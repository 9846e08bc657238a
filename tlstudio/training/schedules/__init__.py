"""Schedules: one file a kind, each with `KIND`. None needs torch.

make(options, epochs, steps_per_epoch) gives a Factor: what the rates are multiplied with in each step of the run.
"""

from __future__ import annotations

from collections.abc import Sequence

from tlstudio.recipe import Recipe, Schedule
from tlstudio.recipe.plan import parts
from tlstudio.registry import Registry
from tlstudio.training.schedules.factor import Factor

__all__ = ["REGISTRY", "Factor", "factor_of", "rates"]

REGISTRY = Registry(__name__, "schedule", Schedule().kind)


def factor_of(recipe: Recipe, steps_per_epoch: int) -> Factor:
    """The recipe's schedule, its warm-up included: a line from nearly 0 up to 1 that multiplies the schedule's first steps."""
    schedule, epochs = recipe.schedule, recipe.training.epochs
    factor: Factor = REGISTRY.make(schedule.kind, schedule.options, epochs, steps_per_epoch)
    rising = round(schedule.warmup * steps_per_epoch)
    if not rising:
        return factor

    def warmed(step: int, losses: Sequence[float]) -> float:
        return min(1.0, (step + 1) / rising) * factor(step, losses)

    return warmed


def rates(recipe: Recipe, steps_per_epoch: int = 20) -> dict[str, list[float]]:
    """The planned rates of both groups, one value a step: {"lr": [...], "backbone_lr": [...]}, as if the validation loss always fell.

    Through all stages of the run; where only the head learns, the backbone's rate is 0. A network with very few blocks has fewer stages.
    """
    out: dict[str, list[float]] = {"lr": [], "backbone_lr": []}
    for part in parts(recipe):
        optimizer, epochs = part.recipe.optimizer, part.epochs
        factor = factor_of(part.recipe, steps_per_epoch)
        falling = [1.0 / (epoch + 1) for epoch in range(epochs)]
        factors = [factor(step, falling) for step in range(epochs * steps_per_epoch)]
        out["lr"] += [optimizer.lr * f for f in factors]
        out["backbone_lr"] += [0.0 if part.learns == "head" else optimizer.backbone_lr * f for f in factors]
    return out
