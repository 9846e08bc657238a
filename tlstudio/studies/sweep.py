"""A sweep: trials of a recipe with varied fields, chosen by Optuna (TPE), poor ones cut short; any number of processes may work on it."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio import places, runs
from tlstudio.errors import InputError, StudioError
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import epochs as planned_epochs
from tlstudio.studies import space
from tlstudio.studies.folder import StudyFolder

if TYPE_CHECKING:
    import optuna

_PRUNERS = ("median", "none")
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
        raise StudioError("Sweeps need Optuna, which is not installed", "", "Run: pip install 'tlstudio[all]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def create(asked: Asked, *, name: str = "") -> StudyFolder:
    """The study. One of that name that asks the same is taken, and given more trials if more are asked for now.

    Raises InputError for what cannot be swept, and for a name that stands for another question.
    """
    asked = replace(asked, recipe=asked.recipe.set({"data.path": str(runs.absolute(asked.recipe.data.path))}))
    asked.check()
    folder = StudyFolder(places.studies() / name)
    if name and folder.exists():
        before = folder.said()
        if before["kind"] != "sweep" or replace(Asked.from_json(before["asked"]), trials=asked.trials).to_json() != asked.to_json():
            raise InputError(f"The study {name} asks something else", "", "Name the new one otherwise, or leave the name out")
        folder.write("study.json", {**before, "asked": {**before["asked"], "trials": max(asked.trials, before["asked"]["trials"])}})
        return folder
    title = f"{asked.recipe.name or Path(asked.recipe.data.path).stem} sweep"
    question = f"Which {', '.join(asked.vary)}?"
    return StudyFolder.create("sweep", name, title=title, question=question, asked=asked.to_json())


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
    except Exception as error:  # what SQLAlchemy and the drivers behind it raise is of many kinds
        raise unusable(url, error) from None
    return study


def unusable(url: str, error: Exception) -> StudioError:
    why = without_password(f"{type(error).__name__}: {str(error) or 'no reason given'}".splitlines()[0])
    return StudioError(f"The storage {without_password(url)} cannot be used", why, "Check the address and the room there, then go on")


def without_password(url: str) -> str:
    """The address of a storage as it may be shown."""
    return re.sub(r"(://[^:/@]*):[^/]*@", r"\1:***@", url)


@contextmanager
def asking(folder: StudyFolder) -> Iterator[None]:
    """One process of those that share this folder chooses at a time."""
    from filelock import FileLock

    with FileLock(folder.path / ".asking", timeout=120):
        yield
