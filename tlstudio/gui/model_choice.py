"""What the choice of a model or of a task changes in a recipe, and what the layer tree follows from."""

from __future__ import annotations

from typing import Any

from tlstudio.errors import InputError
from tlstudio.models import catalogue
from tlstudio.recipe import Data, Model, Recipe


def entry_of(recipe: Recipe) -> catalogue.Entry:
    """The recipe's model as it does the recipe's task (a classifier as the encoder of a network that makes masks).

    Where it does not do that task, as it was published. Raises InputError for a model that is not in the catalogue.
    """
    return entry_for(recipe.model.name, recipe.data.task)


def entry_for(name: str, task: str) -> catalogue.Entry:
    """As `entry_of`, of a model and a task."""
    try:
        return catalogue.find(name, task)
    except InputError:
        return catalogue.find(name)


def inspection(recipe: Recipe, classes: int = 0, batch: int = 1) -> dict[str, Any]:
    """What the job `inspect` is asked. classes: of the data, 0 while there are none; batch: images at once."""
    from tlstudio.training import losses

    asked: dict[str, Any] = {
        "model": recipe.model.name,
        "input_size": recipe.data.image_size or None,
        "classes": losses.outputs(recipe.loss, classes) or None,
        "head": recipe.head.model_dump(mode="json"),
    }
    if recipe.data.task != Data().task:
        asked["task"] = recipe.data.task
    if batch > 1:
        asked["batch"] = batch
    if recipe.model.cut:
        asked["cut"] = recipe.model.cut
    if not recipe.model.aux:
        asked["aux"] = False
    return asked


def other_model(recipe: Recipe, name: str) -> dict[str, Any]:
    """Changes of the recipe for another model: what was said of the old one's layers goes, and a head that does not fit on it."""
    from tlstudio.models import heads

    changes, entry = {"model.name": name, **_other_layers(recipe)}, entry_for(name, recipe.data.task)
    if not heads.fits(heads.find(recipe.head.kind), entry):
        head = heads.default_for(entry)
        changes |= {"head.kind": head.kind, "head.options": head.options}
    return changes


def other_task(recipe: Recipe, task: str) -> Recipe:
    """The recipe so that it learns that task: model and head stay where they can, the strategy stays."""
    from tlstudio.training.suited import suited

    out = suited(recipe, task)
    if out.model.name != recipe.model.name and recipe.frozen.strategy != "scratch":
        out = out.set({"model.weights": Model().weights})  # a file with the weights of the model before
    return out.set(_other_layers(recipe))


def _other_layers(recipe: Recipe) -> dict[str, Any]:
    changes: dict[str, Any] = {"model.cut": "", "frozen.paths": (), "optimizer.multipliers": {}}
    return changes | ({"frozen.strategy": "head"} if recipe.frozen.strategy == "custom" else {})
