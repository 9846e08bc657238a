"""What the recipe takes over from images that were opened, and which of its changes ask for reading them again."""

from __future__ import annotations

from typing import Any

from tlstudio.gui.model_choice import other_task
from tlstudio.recipe import Data, Recipe

# What decides how files are read; the rest only counts anew what was read.
_READ_BY = ("path", "max_pixels", "task", "layout", "masks", "ignore")
# What is said of one set of images, and of no other.
_OF_ITS_OWN = ("exclude", "layout", "masks", "class_names", "ignore")


def read_otherwise(before: Data, after: Data) -> bool:
    """Whether files have to be read again, progress shown."""
    return any(getattr(before, key) != getattr(after, key) for key in _READ_BY)


def of_images(recipe: Recipe, document: dict[str, Any], name: str) -> Recipe:
    """The recipe for the images of a `data` document: with their place and, as one step with it, what their task needs."""
    if document["source"] != recipe.data.path:
        fresh = {f"data.{key}": getattr(Data(), key) for key in _OF_ITS_OWN}
        recipe = recipe.set({"data.path": document["source"], **fresh, "name": name})
    task = str(document["task"])
    return recipe if task == recipe.data.task else other_task(recipe, task)
