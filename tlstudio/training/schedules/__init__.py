"""Schedules: one file a kind, each with `KIND`. None needs torch.

make(options, epochs, steps_per_epoch) gives a Factor: what the rates are multiplied with in each step of the run.
"""

from __future__ import annotations

from collections.abc import Sequence

from tlstudio.recipe import Recipe, Schedule
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

    Through all stages of the run; where only the head learns, the backbone's rate is 0.
    """
    out: dict[str, list[float]] = {"lr": [], "backbone_lr": []}
    for epochs, lr, backbone_lr in _stretches(recipe):
        factor = factor_of(recipe.set({"training.epochs": epochs}), steps_per_epoch)
        falling = [1.0 / (epoch + 1) for epoch in range(epochs)]
        factors = [factor(step, falling) for step in range(epochs * steps_per_epoch)]
        out["lr"] += [lr * f for f in factors]
        out["backbone_lr"] += [backbone_lr * f for f in factors]
    return out


def _stretches(recipe: Recipe) -> list[tuple[int, float, float]]:
    """Epochs and rates (head, backbone) of each stage, as `training.stages` plans them; a network with very few blocks has fewer stages."""
    stages, optimizer, total = recipe.stages, recipe.optimizer, recipe.training.epochs
    if stages.own:
        return [
            (one.epochs, one.lr or optimizer.lr, 0.0 if one.learns == "head" else one.backbone_lr or optimizer.backbone_lr)
            for one in stages.own
        ]
    first = [(stages.head_epochs, stages.head_lr, 0.0)] if stages.head_epochs and recipe.frozen.strategy not in ("head", "scratch") else []
    steps = min(stages.steps, total) if recipe.frozen.strategy == "gradual" else 1
    shares = [stages.lr_decay**step for step in range(steps)]
    lengths = [total // steps] * (steps - 1) + [total // steps + total % steps]
    return first + [(length, optimizer.lr * share, optimizer.backbone_lr * share) for length, share in zip(lengths, shares, strict=True)]
