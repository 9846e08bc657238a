"""Studies: several runs that answer one question. Documents: see `tlstudio.studies`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tlstudio.api.given import Document, recipe_of
from tlstudio.api.learning import suited, validate
from tlstudio.control import Control, Tell, silent
from tlstudio.recipe import Recipe

Arm = str | Mapping[str, Any]


def compare_choices(
    recipe: Recipe | Mapping[str, Any],
    arms: Sequence[Arm] = ("head", "full"),
    *,
    seeds: int = 5,
    shares: Sequence[float] = (1.0,),
    epochs: int | None = None,
    split: str = "val",
    name: str = "",
    question: str = "",
    only_queue: bool = False,
    tell: Tell = silent,
    control: Control | None = None,
) -> Document:
    """Train each arm with each seed on each share of the same training images, and say what the differences are worth: a `study`.

    arms: names of presets (the strategies; pretrained, scratch) or {name, changes: {dotted key: value}}. seeds: how many runs an arm.
    shares: of the training images, each within the larger ones. epochs: of every run, all stages together; None: what the recipe plans.
    split: whose pictures they are judged by. only_queue: train nothing yet; `resume_study` does.
    name: of the study; one that is there with the same question asked goes on. Raises InputError where it asks another.
    """
    from tlstudio.studies import comparison

    asked = comparison.Asked(_wanted(recipe, tell, control), tuple(arms), seeds, tuple(shares), epochs, split)
    made = comparison.create(asked, name=name, question=question)
    return study(made.name) if only_queue else resume_study(made.name, tell=tell, control=control)


def sweep(
    recipe: Recipe | Mapping[str, Any],
    vary: Mapping[str, Mapping[str, Any]],
    *,
    trials: int = 20,
    storage: str = "",
    pruner: str = "median",
    seed: int = 0,
    name: str = "",
    tell: Tell = silent,
    control: Control | None = None,
) -> Document:
    """Look for the values that give the best validation metric, with Optuna: a `study` with best, trials and importance.

    vary: {dotted key: {low, high, log?, step?} or {choices: [...]}}. trials: of the whole study, however many processes work on it.
    storage: URL of an Optuna storage that several machines share; "": an SQLite file in the study's folder. pruner: median or none.
    Raises InputError for keys and values that a recipe does not take, StudioError where Optuna is not installed.
    """
    from tlstudio.studies import sweep as sweeps

    asked = sweeps.Asked(_wanted(recipe, tell, control), dict(vary), trials, storage, pruner, seed)
    return resume_study(sweeps.create(asked, name=name).name, tell=tell, control=control)


def enqueue(
    recipe: Recipe | Mapping[str, Any], *, name: str = "queue", title: str = "", tell: Tell = silent, control: Control | None = None
) -> Document:
    """Put a recipe at the end of a queue, which is made where there is none, also while it is worked on: its `study`."""
    from tlstudio.studies import queued

    queued.add(_wanted(recipe, tell, control), name, title)
    return study(name)


def change_queue(study_name: str, number: int, do: str) -> Document:
    """Change an entry that waits: the `study`. do: skip, take (a skipped or failed one back), up, down, remove."""
    from tlstudio.studies.folder import StudyFolder
    from tlstudio.studies.queue import Queue

    Queue(StudyFolder.open(study_name).path).change(number, do)
    return study(study_name)


def study(name: str) -> Document:
    """The document of a study, by its name or folder, as far as it has come."""
    from tlstudio.studies.documents import document

    return document(name)


def studies() -> list[Document]:
    """Every study, newest first, one row each."""
    from tlstudio.studies.documents import rows

    return rows()


def resume_study(name: str, *, tell: Tell = silent, control: Control | None = None) -> Document:
    """Go on with a study where it stands: its `study` at the end. A finished one answers at once; failed runs are tried again.

    Raises InputError while another process works on its queue (several may work on one sweep), Cancelled.
    """
    from tlstudio.studies.working import work

    work(name, tell, control or Control())
    return study(name)


def verdict(runs: Sequence[str], *, split: str = "val", tell: Tell = silent, control: Control | None = None) -> Document:
    """What the differences between finished runs are worth: a `verdict`. Runs whose recipes differ in name and seed alone are one arm.

    Raises InputError for runs that are not finished, of different tasks, or judged by different pictures.
    """
    from tlstudio.studies.judged import verdict_of

    return verdict_of(runs, split=split, tell=tell, control=control)


def discard_study(name: str) -> Document:
    """Move a study to the trash, not its runs: {study, trash: its folder there, for `restore`}. Raises InputError while it is worked on."""
    from tlstudio.studies.folder import StudyFolder

    folder = StudyFolder.open(name)
    return {"study": folder.name, "trash": str(folder.to_trash())}


def _wanted(recipe: Recipe | Mapping[str, Any], tell: Tell, control: Control | None) -> Recipe:
    """As `train` takes it: a dictionary that names images and no task gets the one that they are laid out for."""
    if not isinstance(recipe, Recipe) and "path" in (recipe.get("data") or {}):
        said = {f"{section}.{key}" for section, values in recipe.items() if isinstance(values, Mapping) for key in values}
        recipe = suited(recipe_of(recipe), said, tell=tell, control=control)
    return validate(recipe)
