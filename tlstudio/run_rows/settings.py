"""What the recipes of several runs differ in, under the names that a recipe's fields have for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tlstudio import recipe
from tlstudio.recipe import Recipe

_SECTIONS = {
    "data": "Images", "model": "Model", "frozen": "What learns", "stages": "Stages", "head": "Head", "optimizer": "Optimizer",
    "schedule": "Schedule", "loss": "Loss", "augment": "Augmentation", "training": "Training", "tracking": "Tracking",
}  # fmt: skip


def flat(said: Recipe) -> dict[str, Any]:
    """{dotted key: value as JSON}; options of a kind each under its own key."""
    out: dict[str, Any] = {}
    for section, values in said.model_dump(mode="json").items():
        if not isinstance(values, dict):
            out[section] = values
            continue
        for key, value in values.items():
            if key == "options" and isinstance(value, dict):
                out |= {f"{section}.options.{name}": inner for name, inner in value.items()}
            else:
                out[f"{section}.{key}"] = value
    return out


def differing(recipes: Sequence[Recipe]) -> dict[str, list[Any]]:
    """{dotted key: its value in each recipe}, in the order of the recipe, only where they are not all the same. None: not set there."""
    values = [flat(one) for one in recipes]
    out = {key: [one.get(key) for one in values] for key in dict.fromkeys(key for one in values for key in one)}
    return {key: row for key, row in out.items() if key != "name" and any(value != row[0] for value in row[1:])}


def title(key: str) -> str:
    """A dotted key as people call it: the section and the field's own title."""
    section, _, rest = key.partition(".")
    words = _SECTIONS.get(section, section)
    if rest.startswith("options."):
        return f"{words}: {rest.removeprefix('options.').replace('_', ' ')}"
    try:
        name = recipe.field_info(key).title or rest
    except (AttributeError, KeyError):
        name = rest
    return name if not rest or name == words else f"{words}: {name[:1].lower()}{name[1:]}"
