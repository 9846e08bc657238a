"""The learning rates that a recipe plans, on the axis of epochs: each stage runs through the schedule once, from its own rates."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from tlstudio.gui.series import Floats
from tlstudio.gui.stage_plan import Planned
from tlstudio.recipe import Recipe, Schedule

_POINTS = 4000  # more than any plot has pixels


def planned(stages: Sequence[Planned]) -> tuple[Floats, Floats, Floats]:
    """(places in epochs, head's rates, backbone's rates), each (N,); empty where the schedule's options cannot be used.

    stages: of `stage_plan.plan`. The backbone's rate is NaN while it rests.
    """
    said = stages[0].recipe.schedule.model_dump_json()
    return _planned(said, tuple((stage.epochs, stage.lr, stage.backbone_lr) for stage in stages))


@functools.lru_cache(maxsize=16)
def _planned(schedule: str, stages: tuple[tuple[int, float, float | None], ...]) -> tuple[Floats, Floats, Floats]:
    from tlstudio import api
    from tlstudio.errors import InputError

    plain = Recipe(schedule=Schedule.model_validate_json(schedule))
    steps = max(1, min(20, _POINTS // sum(epochs for epochs, _, _ in stages)))
    x, head, backbone = [np.empty(0)], [np.empty(0)], [np.empty(0)]
    first = 0
    for epochs, lr, backbone_lr in stages:
        recipe = plain.set({"optimizer.lr": lr, "optimizer.backbone_lr": backbone_lr or lr, "training.epochs": epochs})
        try:
            rates = api.schedule_rates(recipe, steps)
        except InputError:
            return np.empty(0), np.empty(0), np.empty(0)
        x.append(first + np.arange(len(rates["lr"]), dtype=np.float64) * (epochs / max(1, len(rates["lr"]))))
        head.append(np.array(rates["lr"], dtype=np.float64))
        low = np.array(rates["backbone_lr"], dtype=np.float64)
        backbone.append(low if backbone_lr is not None else np.full(len(low), np.nan))
        first += epochs
    return np.concatenate(x), np.concatenate(head), np.concatenate(backbone)


def backbone_rests(recipe: Recipe) -> bool:
    """Whether no layer of the backbone learns at any time, so that its rate means nothing."""
    if recipe.stages.own:
        return all(stage.learns == "head" for stage in recipe.stages.own)
    return recipe.frozen.strategy == "head"
