"""A recipe made fitting for a task: what images come with decides which models, heads and losses can learn from them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tlstudio.errors import InputError
from tlstudio.models import catalogue, heads
from tlstudio.recipe import Model, Recipe, suits
from tlstudio.training import losses

# Scenes are larger than things, and every pixel of them is a lesson of its own.
_BATCH = {"classification": 32, "segmentation": 8}


def suited(recipe: Recipe, task: str, keep: Collection[str] = ()) -> Recipe:
    """The recipe for that task: model, head, loss and batch size stay where they can.

    keep: dotted keys that are the user's own word and stay as they are, fitting or not.
    """
    changes: dict[str, Any] = {"data.task": task}
    try:
        entry = catalogue.find(recipe.model.name, task)
        if entry.task != task:
            raise InputError("another task")
    except InputError:
        if "model.name" in keep:
            return recipe.set(changes)
        entry = catalogue.find(Model().name, task)
        changes |= {"model.name": entry.name, "model.cut": ""}
    if heads.find(recipe.head.kind).task != task and "head.kind" not in keep:
        head = heads.default_for(entry)
        changes |= {"head.kind": head.kind, "head.options": head.options}
    if losses.REGISTRY.find(recipe.loss.kind).task not in ("", task) and "loss.kind" not in keep:
        changes |= {"loss.kind": "cross_entropy", "loss.options": {}}
    before, now = suits(recipe.frozen.strategy, recipe.data.task), suits(recipe.frozen.strategy, task)
    changes |= {key: value for key, value in now.items() if recipe.get(key) == before[key] and key not in keep}
    if recipe.training.batch_size == _BATCH[recipe.data.task] and "training.batch_size" not in keep:
        changes["training.batch_size"] = _BATCH[task]
    return recipe.set(changes)
