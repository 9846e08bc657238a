"""The learning rates that a recipe plans, on the axis of epochs."""

from __future__ import annotations

import functools

import numpy as np

from tlstudio.gui.series import Floats
from tlstudio.recipe import Recipe, Schedule

_POINTS = 4000  # more than any plot has pixels


def planned(recipe: Recipe) -> tuple[Floats, Floats, Floats]:
    """(places in epochs, head's rates, backbone's rates), each (N,); empty where the schedule's options cannot be used."""
    said = recipe.schedule.model_dump_json()
    return _planned(said, recipe.optimizer.lr, recipe.optimizer.backbone_lr, recipe.training.epochs)


@functools.lru_cache(maxsize=16)
def _planned(schedule: str, lr: float, backbone_lr: float, epochs: int) -> tuple[Floats, Floats, Floats]:
    from tlstudio import api
    from tlstudio.errors import InputError

    recipe = Recipe(schedule=Schedule.model_validate_json(schedule))
    recipe = recipe.set({"optimizer.lr": lr, "optimizer.backbone_lr": backbone_lr, "training.epochs": epochs})
    try:
        rates = api.schedule_rates(recipe, max(1, min(20, _POINTS // epochs)))
    except InputError:
        return np.empty(0), np.empty(0), np.empty(0)
    head, backbone = (np.array(rates[group], dtype=np.float64) for group in ("lr", "backbone_lr"))
    return np.arange(len(head), dtype=np.float64) * (epochs / max(1, len(head))), head, backbone


def backbone_rests(recipe: Recipe) -> bool:
    """Whether no layer of the backbone learns, so that its rate means nothing."""
    return recipe.frozen.strategy == "head"
