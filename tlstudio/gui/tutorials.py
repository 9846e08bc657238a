"""The recipes of the well-known tutorials that come with the program."""

from __future__ import annotations

from tlstudio import places
from tlstudio.errors import StudioError
from tlstudio.recipe import Recipe

# What of the section `data` is said of the images, not of how to learn from them.
_OF_IMAGES = (
    *("path", "task", "exclude", "val_share", "test_share", "split_seed"),
    *("layout", "masks", "class_names", "ignore"),
)


def tutorials(task: str = "classification") -> list[Recipe]:
    """Those for a task, by name. A file that cannot be read is not among them."""
    found = []
    for path in sorted((places.resources() / "recipes").glob("*.toml")):
        try:
            recipe = Recipe.load(path)
        except StudioError:
            continue
        if recipe.data.task == task:
            found.append(recipe)
    return sorted(found, key=lambda recipe: recipe.name.lower())


def on_data_of(recipe: Recipe, now: Recipe) -> Recipe:
    """The recipe with the images that are open now and what is left out of them."""
    return recipe.set({f"data.{key}": getattr(now.data, key) for key in _OF_IMAGES})
