"""A sweep: trials of a recipe with varied fields, chosen by Optuna (TPE), poor ones cut short; any number of processes may work on it."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio import runs
from tlstudio.control import Control
from tlstudio.errors import InputError, StudioError
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import epochs as planned_epochs
from tlstudio.run_rows.settings import flat
from tlstudio.studies import space
from tlstudio.studies.folder import StudyFolder

if TYPE_CHECKING:
    import optuna

_PRUNERS = ("median", "none")
SURPLUS = "surplus"  # marks a trial that was one too many
_PATIENCE = 120.0  # seconds; the storage itself may take a minute
_OWN = ("name", "tracking.", "data.path", "data.masks", "training.device", "training.threads", "training.gpus")  # each computer's own
_FREE = 4  # trials that nothing is cut short before


@dataclass(frozen=True)
class Asked:
    """What a sweep asks, see `api.sweep`."""

    recipe: Recipe
    vary: Mapping[str, Mapping[str, Any]]
    trials: int = 20
    storage: str = ""
    pruner: str = "median"
    seed: int = 0

    def to_json(self) -> dict[str, Any]:
        said = {"recipe": self.recipe.model_dump(mode="json"), "vary": {key: dict(one) for key, one in self.vary.items()}}
        said |= {key: getattr(self, key) for key in ("trials", "storage", "pruner", "seed")}
        kept: dict[str, Any] = json.loads(json.dumps(said))
        return kept

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Asked:
        return cls(Recipe.parse(said["recipe"]), said["vary"], said["trials"], said["storage"], said["pruner"], said["seed"])

    @property
    def question(self) -> str:
        """A digest of what makes it the same question on whichever computer: not where the images lie there, nor what it computes on.

        Of the recipe what is not as usual: another version of the program may have fields that this one does not know.
        """
        said, usual = self.to_json(), flat(Recipe())
        recipe = {key: value for key, value in flat(self.recipe).items() if value != usual.get(key) and not key.startswith(_OWN)}
        text = json.dumps([recipe, said["vary"], said["pruner"], said["seed"]], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def check(self) -> None:
        """Raises InputError for what cannot be swept, StudioError without Optuna."""
        if self.trials < 1:
            raise InputError(f"{self.trials} trials cannot be made", "", "Take one or more; 20 to 50 are usual")
        if self.pruner not in _PRUNERS:
            raise InputError(f"There is no pruner '{self.pruner}'", "", f"Take {' or '.join(_PRUNERS)}")
        space.axes(self.recipe, self.vary)
        library()


def library() -> Any:
    """Optuna. Raises StudioError that says how to get it where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import optuna
    except ImportError:
        from tlstudio.doctor.software import pip

        raise StudioError("Sweeps need Optuna, which is not installed", "", f"Run: {pip('tlstudio[all]')}") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def create(asked: Asked, *, name: str = "") -> StudyFolder:
    """The study. One of that name that asks the same is taken, and given more trials if more are asked for now.

    Raises InputError for what cannot be swept, and for a name that stands for another question.
    """
    asked = replace(asked, recipe=asked.recipe.set({"data.path": str(runs.absolute(asked.recipe.data.path))}))
    asked.check()

    def again(before: Mapping[str, Any]) -> Mapping[str, Any]:
        if before["kind"] != "sweep" or replace(Asked.from_json(before["asked"]), trials=asked.trials).to_json() != asked.to_json():
            raise InputError(f"The study {name} asks something else", "a name stands for one question", "Take another name, or none")
        return {**before["asked"], "trials": max(asked.trials, before["asked"]["trials"])}

    title = f"{asked.recipe.name or Path(asked.recipe.data.path).stem} sweep"
    question = f"Which {', '.join(asked.vary)}?"
    return StudyFolder.create("sweep", name, title=title, question=question, asked=asked.to_json(), again=again)


def opened(folder: StudyFolder) -> optuna.Study:
    """Optuna's study of a sweep, made where there is none yet. Raises StudioError where its storage cannot be reached."""
    lib, asked = library(), Asked.from_json(folder.said()["asked"])
    url = asked.storage or f"sqlite:///{(folder.path / 'optuna.db').as_posix()}"
    wait = {"connect_args": {"timeout": 60}} if url.startswith("sqlite") else {}
    first = 1 + max(1, planned_epochs(asked.recipe) // 4)  # the epoch after which one may be cut short, not before
    pruner = lib.pruners.MedianPruner(_FREE, first) if asked.pruner == "median" else lib.pruners.NopPruner()
    try:
        with asking(folder):
            storage = lib.storages.RDBStorage(url, engine_kwargs=wait)
            study: optuna.Study = lib.create_study(
                storage=storage, study_name=folder.name, direction="maximize", pruner=pruner, load_if_exists=True
            )
            if asked.storage:
                _same_question(folder, study, asked)
    except StudioError:
        raise
    except Exception as error:  # what SQLAlchemy and the drivers behind it raise is of many kinds
        raise unusable(url, error) from None
    return study


def _same_question(folder: StudyFolder, study: optuna.Study, asked: Asked) -> None:
    """Raises InputError where the study of that name in a storage is about something else: its trials would not be comparable."""
    there = study.user_attrs.get("asked")
    if there is None:
        study.set_user_attr("asked", asked.question)
    elif there != asked.question:
        why = "who shares a storage asks the same there: recipe, varied fields and their ranges, pruner and seed"
        raise InputError(f"The study {folder.name} in that storage asks something else", why, "Ask the same, or take another name")


def unusable(url: str, error: Exception) -> StudioError:
    why = without_password(f"{type(error).__name__}: {str(error) or 'no reason given'}".splitlines()[0])
    return StudioError(f"The storage {without_password(url)} cannot be used", why, "Check the address and the room there, then go on")


def without_password(url: str) -> str:
    """The address of a storage as it may be shown."""
    return re.sub(r"(://[^:/@]*):[^/]*@", r"\1:***@", url)


def asking(folder: StudyFolder, control: Control | None = None) -> AbstractContextManager[None]:
    """One process of those that share this folder chooses at a time. Raises StudioError where another one does not come to its end."""
    return folder.changing(".asking", patience=_PATIENCE, control=control)
