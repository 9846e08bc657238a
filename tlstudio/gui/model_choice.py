"""What the choice of a model changes in a recipe, and what its layer tree follows from."""

from __future__ import annotations

from typing import Any

from tlstudio.models import catalogue
from tlstudio.recipe import Recipe


def inspection(recipe: Recipe, classes: int = 0, batch: int = 1) -> dict[str, Any]:
    """What the job `inspect` is asked. classes: of the data, 0 while there are none; batch: images at once."""
    asked: dict[str, Any] = {
        "model": recipe.model.name,
        "input_size": recipe.data.image_size or None,
        "classes": classes or None,
        "head": recipe.head.model_dump(mode="json"),
    }
    if batch > 1:
        asked["batch"] = batch
    if recipe.model.cut:
        asked["cut"] = recipe.model.cut
    if not recipe.model.aux:
        asked["aux"] = False
    return asked


def other_model(recipe: Recipe, name: str) -> dict[str, Any]:
    """Changes of the recipe for another model: what was said of the old one's layers goes."""
    changes: dict[str, Any] = {"model.name": name, "model.cut": "", "frozen.paths": (), "optimizer.multipliers": {}}
    changes |= _head_for(catalogue.find(name), recipe)
    if recipe.frozen.strategy == "custom":
        changes["frozen.strategy"] = "head"
    return changes


def _head_for(entry: catalogue.Entry, recipe: Recipe) -> dict[str, Any]:
    """The head that a model of another task takes instead of the recipe's: of its own kind, if it is known."""
    from tlstudio.models import heads

    if heads.find(recipe.head.kind).task == entry.task:
        return {}
    own = (kind.kind for kind in heads.kinds(entry.task) if kind.kind in entry.head_type.lower())
    return {"head.kind": next(own, heads.default(entry.task).kind), "head.options": {}}
