"""A plain queue: recipes that ask nothing together and are trained one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlstudio import runs
from tlstudio.errors import InputError
from tlstudio.recipe import Recipe
from tlstudio.studies.folder import StudyFolder
from tlstudio.studies.queue import Entry, Queue


def add(recipe: Recipe, name: str, title: str = "") -> StudyFolder:
    """Put a recipe at the end of the queue of that name, which is made where there is none. Raises InputError for another kind of study."""
    path = str(runs.absolute(recipe.data.path))  # it may be trained from another folder
    recipe = recipe.set({"data.path": path})

    def again(before: Mapping[str, Any]) -> Mapping[str, Any]:
        if before["kind"] != "queue":
            raise InputError(f"The study {name} is no plain queue", "it asks something that this recipe does not belong to", "Name another")
        return {}

    folder = StudyFolder.create("queue", name, title=name, question="", asked={}, again=again)
    words = title or recipe.name or f"{recipe.model.name}, {recipe.frozen.strategy}"
    Queue(folder.path).add([Entry(title=words, recipe=recipe.model_dump(mode="json"), seed=recipe.training.seed)])
    return folder
