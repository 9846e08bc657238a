"""Learning: what can be chosen, what it costs, training."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tlstudio import runs
from tlstudio.api.given import Document, recipe_of
from tlstudio.control import Control, Tell, silent
from tlstudio.errors import InputError
from tlstudio.recipe import Data, Recipe
from tlstudio.registry import Kind


def kinds(section: str) -> dict[str, Kind]:
    """What can be chosen for head, optimizer, schedule, loss, tracking, by the word that recipes use; each with title, help and Options."""
    from tlstudio import tracking
    from tlstudio.models import heads
    from tlstudio.training import losses, optimizers, schedules

    registries = {"head": heads.REGISTRY, "optimizer": optimizers.REGISTRY, "schedule": schedules.REGISTRY, "loss": losses.REGISTRY}
    return (registries | {"tracking": tracking.REGISTRY})[section].kinds()


def schedule_rates(recipe: Recipe | Mapping[str, Any], steps_per_epoch: int = 20) -> dict[str, list[float]]:
    """The planned rates, one value a step: {lr, backbone_lr}."""
    from tlstudio.training.schedules import rates

    return rates(recipe_of(recipe), steps_per_epoch)


def validate(recipe: Recipe | Mapping[str, Any]) -> Recipe:
    """The recipe, with its model and all its kinds and options checked. Raises InputError naming the nearest for what is unknown."""
    from tlstudio.training.consistent import check

    checked = recipe_of(recipe)
    check(checked)
    return checked


def suited(recipe: Recipe, keep: Collection[str] = (), *, tell: Tell = silent, control: Control | None = None) -> Recipe:
    """The recipe with the task that its images are laid out for, and a model, head and loss that do it.

    keep: dotted keys that stay as they are, fitting or not; with data.task among them the images are not asked. Images that cannot be used
    change nothing: what is wrong with them is said when they are read.
    """
    from tlstudio.data.scan import task_of
    from tlstudio.training.suited import suited as suited_

    if "data.task" in keep:  # what nobody named is still that of the recipe's first task
        return suited_(recipe.set({"data.task": Data().task}), recipe.data.task, keep)
    try:
        task = task_of(runs.absolute(recipe.data.path), recipe.data, tell, control)
    except InputError:
        if not recipe.data.masks and recipe.data.layout == Data().layout:
            return recipe
        task = "segmentation"  # to which these belong, so that what is wrong with them is said
    return suited_(recipe, task, keep)


def train(recipe: Recipe | Mapping[str, Any], run: str | None = None, *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Train a recipe: its summary with `run`, the folder. run: a folder that `Run.create` made, or an absent or empty one.

    A dictionary that names images and no task gets the one that they are laid out for, and what suits it.
    A run that fails or is cancelled stays and can be resumed. Raises InputError for a folder in which a run has begun.
    """
    if not isinstance(recipe, Recipe) and "path" in (recipe.get("data") or {}):
        said = {f"{section}.{key}" for section, values in recipe.items() if isinstance(values, Mapping) for key in values}
        recipe = suited(recipe_of(recipe), said, tell=tell, control=control)
    checked = validate(recipe)
    path = runs.absolute(run) if run else None
    if path is None or not (path / "recipe.toml").exists():
        return _recorded(checked, runs.Run.create(checked, path), tell, control)
    made = runs.Run(path)
    if made.last.exists() or made.summary() is not None:
        raise InputError(f"The run {made.name} has begun already", "", "Resume it, or name another folder")
    with made.locked():
        made.write_text("recipe.toml", checked.to_toml())  # what is trained is what the folder says
    return _recorded(checked, made, tell, control)


def resume(run: str, *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Go on with a run from its last checkpoint, or from its beginning if it has none. A finished one answers with its summary."""
    found = runs.Run.open(run)
    summary = found.summary()
    if summary is not None:
        return {**summary, "run": str(found.path)}
    return _recorded(validate(found.recipe()), found, tell, control)


def train_longer(run: str, epochs: int, share: float = 0.1, *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Go on with a finished run for so many epochs, at that share of its last stage's rates: its summary, of all of it, with `run`.

    Its best weights stay the best until an epoch is better; the summary so far is kept as summary-1.json, -2, ...
    Raises InputError for a run that is not finished, or was stopped before its last stage. Can be resumed like any run.
    """
    from tlstudio.training.longer import made_longer

    found = runs.Run.open(run)
    with made_longer(found, epochs, share) as recipe:
        return _recorded(validate(recipe), found, tell, control)


def _recorded(recipe: Recipe, run: runs.Run, tell: Tell, control: Control | None) -> Document:
    from tlstudio.training.recorded import train as train_

    return train_(recipe, run, tell, control)


def estimate(
    recipe: Recipe | Mapping[str, Any],
    *,
    classes: int,
    n_train: int,
    n_val: int,
    samples: Sequence[str] = (),
    masks: Sequence[str] = (),
    coding: Mapping[str, Any] | None = None,
    tell: Tell = silent,
    control: Control | None = None,
) -> Document:
    """What the recipe costs on this machine with that many images, measured in three steps: the `estimate` document.

    samples, masks: a few files of either, reading which is timed; coding: of masks, as the `data` document has it.
    """
    from tlstudio.training.estimate import estimate as estimate_

    files: dict[str, Any] = {"samples": samples, "masks": masks, "coding": coding}
    return estimate_(validate(recipe), classes=classes, n_train=n_train, n_val=n_val, **files, tell=tell, control=control)


def advise(recipe: Recipe | Mapping[str, Any], *, tell: Tell = silent, control: Control | None = None) -> Document:
    """How much to freeze by the rules of thumb, with size and similarity of the images measured: the `advice` document."""
    from tlstudio.evaluation.advice import advise as advise_

    return advise_(validate(recipe), tell=tell, control=control)


def find_rate(recipe: Recipe | Mapping[str, Any], *, steps: int = 100, tell: Tell = silent, control: Control | None = None) -> Document:
    """Which learning rate suits the recipe, by a range test in at most that many steps and about twenty seconds. It leaves no trace.

    {rates, losses, smoothed (one a step, rates of the head; the last may be null), suggestion, steepest, too_high: rates or null,
    why: a sentence, group: head or both, now: the recipe's rate, backbone_share: of the head's rate or null, steps, batch_size, images,
    seconds}.
    """
    from tlstudio.training.rate_finder import find

    return find(validate(recipe), steps=steps, tell=tell, control=control or Control())
