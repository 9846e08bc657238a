"""Whether a run that goes on is the one that began: the same recipe, images and stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tlstudio.errors import InputError
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.stages import Stage

# What may differ when a run goes on: names and places, how far it goes, what is looked at and saved on the way, and the machine.
_FREE = (
    "data.path",
    "data.masks",
    "stages.longer",
    "training.epochs",
    "training.device",
    "training.gpus",
    "training.patience",
    "training.save_minutes",
    "training.guard",
    "training.keep_masks",
    "training.signals",
)
_FREE_SECTIONS = ("tracking",)


def fixed(recipe: Recipe) -> dict[str, Any]:
    """The recipe's values that may not differ by dotted key, as JSON."""
    sections = {
        name: said for name, said in recipe.model_dump(mode="json").items() if isinstance(said, dict) and name not in _FREE_SECTIONS
    }
    said = {f"{section}.{key}": value for section, values in sections.items() for key, value in values.items()}
    return {key: value for key, value in said.items() if key not in _FREE}


def refuse_changes(run: Run, recipe: Recipe, saved: dict[str, Any], data: str) -> None:
    """Raises InputError where the checkpoint is of another recipe or of other images. data: their digest."""
    now = fixed(recipe)
    for key, value in saved.get("recipe", now).items():
        if key in now and now[key] != value:
            raise InputError(
                f"The recipe of the run {run.name} was changed since it began",
                f"its {key} was {value!r} and is {now[key]!r}",
                "Bring back the old value, or train again with the new",
            )
    if saved["data"] != data:
        raise InputError(
            f"The images of the run {run.name} have changed since it began", "", "Bring back the old ones, or train again with the new"
        )


def refuse_other_stages(run: Run, stages: Sequence[Stage], saved: dict[str, Any]) -> None:
    """Raises InputError where other epochs would put another stage where the run is, or was."""
    before, now = list(saved.get("borders") or [])[:-1], [stage.last for stage in stages][:-1]
    passed = saved["epoch"] + (saved["step"] > 0)
    if [end for end in before if end < passed] != [end for end in now if end < passed]:
        raise InputError(
            f"Training of the run {run.name} cannot go on with other training.epochs",
            "its stages would begin and end where it has passed already",
            "Bring back the old value, or train again with the new",
        )
