"""Where a run stands: what a checkpoint keeps, and how a resume finds it again."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor

from tlstudio.errors import InputError
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import checkpoint
from tlstudio.training.checkpoint import copied
from tlstudio.training.setup import Setup
from tlstudio.training.steps import StepLog


@dataclass
class Place:
    """epoch: whole epochs done; step: steps done in the next; sums: of that epoch so far (see StepLog).

    best: {epoch, accuracy, loss, correct} of the best epoch; best_state: its moving tensors. seconds: spent before this session.
    curve: validation accuracy of each epoch.
    frozen: checksums of what is frozen when the run began. data: digest of its images.
    """

    frozen: dict[str, str]
    data: str
    epoch: int = 0
    step: int = 0
    sums: dict[str, float] = field(default_factory=StepLog.zero)
    best: dict[str, Any] | None = None
    seconds: float = 0.0
    curve: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.best_state: dict[str, Tensor] | None = None
        self._began = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds of all sessions of the run."""
        return self.seconds + time.perf_counter() - self._began

    def next_epoch(self) -> None:
        self.epoch, self.step, self.sums = self.epoch + 1, 0, StepLog.zero()

    def judge(self, setup: Setup, epoch: int, accuracy: float, loss: float, correct: int) -> bool:
        """Whether the epoch is the best so far: by metric, then loss; or by loss alone. If so, its weights are kept."""
        self.curve.append(accuracy)
        if self.best is not None:
            if setup.recipe.training.best_by == "loss":
                better = loss < self.best["loss"]
            else:
                better = (accuracy, -loss) > (self.best["accuracy"], -self.best["loss"])
            if not better:
                return False
        self.best = {"epoch": epoch, "accuracy": accuracy, "loss": loss, "correct": correct}
        self.best_state = copied(setup.moving)
        return True

    def snapshot(self, setup: Setup) -> dict[str, Any]:
        """A copy of all that an exact resume needs. Random numbers need none: they follow from seed, epoch, step and sample."""
        return {
            "version": checkpoint.VERSION,
            "recipe": _fixed(setup.recipe),
            **copied(asdict(self)),
            "seconds": self.elapsed,
            "moving": copied(setup.moving),
            "optimizer": copied(setup.optimizer.state_dict()),
        }

    @classmethod
    def find(cls, run: Run, setup: Setup) -> tuple[Place, bool]:
        """The place of the run's last checkpoint, put into the setup, and whether there was one.

        Raises InputError where the recipe, the images or the frozen weights are not those that the run began with.
        """
        place = cls(frozen=setup.before, data=setup.images.digest())
        saved = checkpoint.load(run)
        if saved is None:
            return place, False
        now = _fixed(setup.recipe)
        for key, value in saved.get("recipe", now).items():
            if now.get(key) != value:
                raise InputError(
                    f"The recipe of the run {run.name} was changed since it began",
                    f"its {key} was {value!r} and is {now.get(key)!r}",
                    "Bring back the old value, or train again with the new",
                )
        if saved["data"] != place.data:
            raise InputError(
                f"The images of the run {run.name} have changed since it began", "", "Bring back the old ones, or train again with the new"
            )
        if saved["frozen"] != place.frozen:
            raise InputError(
                f"The pretrained weights are not those that the run {run.name} began with", "another version was installed", "Train again"
            )
        setup.put_back(saved["moving"])
        setup.optimizer.load_state_dict(saved["optimizer"])
        found = cls(**{key: saved[key] for key in cls.__dataclass_fields__})
        if found.best is not None:
            # Written before the checkpoint that knows of it, it may hold a newer epoch: then that one is the best.
            found.best, state = checkpoint.load_best(run)
            found.best_state = {name: state[name] for name in setup.moving}
        return found, True


# What may differ when a run goes on: names and places, how far it goes, and the machine.
_FREE = ("data.path", "training.epochs", "training.device")


def _fixed(recipe: Recipe) -> dict[str, Any]:
    """The recipe's other values by dotted key, as JSON."""
    sections = {name: said for name, said in recipe.model_dump(mode="json").items() if isinstance(said, dict)}
    said = {f"{section}.{key}": value for section, values in sections.items() for key, value in values.items()}
    return {key: value for key, value in said.items() if key not in _FREE}
