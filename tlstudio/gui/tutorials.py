"""The recipes of the well-known tutorials that come with the program."""

from __future__ import annotations

from tlstudio import places
from tlstudio.errors import StudioError
from tlstudio.recipe import Recipe

_TRAINED = "classification"  # what this version can train


def tutorials() -> list[Recipe]:
    """Those that can be trained, by name. A file that cannot be read is not among them."""
    found = []
    for path in sorted((places.resources() / "recipes").glob("*.toml")):
        try:
            recipe = Recipe.load(path)
        except StudioError:
            continue
        if recipe.data.task == _TRAINED:
            found.append(recipe)
    return sorted(found, key=lambda recipe: recipe.name.lower())


def on_data_of(recipe: Recipe, now: Recipe) -> Recipe:
    """The recipe with the images that are open now and what is left out of them."""
    kept = {key: now.get(key) for key in ("data.path", "data.task", "data.exclude", "data.val_share", "data.test_share", "data.split_seed")}
    return recipe.set(kept)
