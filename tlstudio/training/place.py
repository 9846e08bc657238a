"""Where a run stands: what a checkpoint keeps, and how a resume finds it again."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.errors import InputError, StudioError, sentences
from tlstudio.events import Note
from tlstudio.models.freezing import moved_since
from tlstudio.recipe import Recipe
from tlstudio.runs import Run, cannot_write
from tlstudio.training import checkpoint
from tlstudio.training.checkpoint import copied
from tlstudio.training.keeping import none
from tlstudio.training.setup import Ground, Result, Setup
from tlstudio.training.stages import at
from tlstudio.training.steps import StepLog


@dataclass
class Place:
    """epoch: whole epochs done; step: steps done in the next; sums: of that epoch so far (see StepLog).

    best: {epoch, accuracy, loss, correct, warm} of the best epoch, where accuracy is the metric, mean IoU of masks, and warm says that the
    head had learned alone; best_state: its moving tensors; best_to_write: their file is lost.
    seconds: spent before this session.
    curve, losses: validation metric and loss of each epoch.
    frozen: checksums of what is frozen when the stage began. data: digest of its images.
    moved: names of what moved in an earlier stage although it was frozen there. kept: how the stage keeps what the frozen part gives.
    borders: the last epoch of each stage.
    """

    frozen: dict[str, str]
    data: str
    epoch: int = 0
    step: int = 0
    sums: dict[str, float] = field(default_factory=StepLog.zero)
    best: dict[str, Any] | None = None
    seconds: float = 0.0
    curve: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    kept: dict[str, Any] | None = None
    borders: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._recipe: dict[str, Any] = {}
        self.best_state: dict[str, Tensor] | None = None
        self.best_to_write = False
        self._began = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds of all sessions of the run."""
        return self.seconds + time.perf_counter() - self._began

    def next_epoch(self) -> None:
        self.epoch, self.step, self.sums = self.epoch + 1, 0, StepLog.zero()

    def judge(self, setup: Setup, epoch: int, found: Result) -> bool:
        """Whether the epoch is the best so far: by metric, then loss; or by loss alone. If so, its weights are kept.

        What the head came to while it learned alone, before deeper layers, is the best only until they have learned for an epoch.
        """
        del self.curve[epoch - 1 :], self.losses[epoch - 1 :]  # a part of this epoch may have been judged before a resume
        self.curve.append(found.metric)
        self.losses.append(found.loss)
        if self.best is not None and (setup.warm or not self.best.get("warm")):
            if setup.recipe.training.best_by == "loss":
                better = found.loss < self.best["loss"]
            else:
                better = (found.metric, -found.loss) > (self.best["accuracy"], -self.best["loss"])
            if not better:
                return False
        self.take(setup, epoch, found)
        return True

    def take(self, setup: Setup, epoch: int, found: Result) -> None:
        """Keep the weights as they stand, of that epoch, as the best."""
        self.best = {"epoch": epoch, "accuracy": found.metric, "loss": found.loss, "correct": found.correct, "warm": setup.warm}
        self.best_state = copied(setup.moving)

    def snapshot(self, setup: Setup) -> dict[str, Any]:
        """A copy of all that an exact resume needs. Random numbers need none: they follow from seed, epoch, step and sample."""
        return {
            "version": checkpoint.VERSION,
            "recipe": self._recipe,
            **copied(asdict(self)),
            "seconds": self.elapsed,
            "moving": copied(setup.trained),
            "optimizer": copied(setup.optimizer.state_dict()),
            "average": copied(setup.average.state) if setup.average else {},
            "extra": copied(setup.extra()),
        }

    def enter(self, setup: Setup) -> None:
        """A new stage begins: what was frozen in the one before is looked at for the last time."""
        self.moved = sorted({*self.moved, *moved_since(setup.module, self.frozen)})
        self.frozen, self.kept = setup.before, None

    @classmethod
    def find(cls, run: Run, ground: Ground) -> Generator[Note, None, tuple[Place, Setup, bool]]:
        """The place of the run's last checkpoint, the stage it is in, set up as it was left, and whether there was one.

        Files that are damaged or gone get a Note: without last.ckpt the run begins anew, without best.safetensors it goes on.
        Raises InputError where the recipe, the images or the frozen weights are not those that the run began with.
        """
        data = ground.images.digest()
        try:
            saved = checkpoint.load(run)
        except checkpoint.Damaged as damage:
            yield _begins_anew(run, damage)
            saved = None
        if saved is None:
            setup = ground.setup(ground.stages[0])
            place = cls(frozen=setup.before, data=data)
            place._recipe, place.borders = _fixed(ground.recipe), [stage.last for stage in ground.stages]
            return place, setup, False
        _refuse_changes(run, ground.recipe, saved, data)
        _refuse_other_stages(run, ground, saved)
        _put(ground.network.module, saved["moving"])
        stage = at(ground.stages, saved["epoch"])
        setup = ground.setup(stage)
        begins = stage.first == saved["epoch"] + 1 and not saved["step"] and stage is not ground.stages[0]
        if saved["frozen"] != setup.before and not begins:
            raise InputError(
                f"The pretrained weights are not those that the run {run.name} began with", "another version was installed", "Train again"
            )
        found = cls(**{key: saved[key] for key in cls.__dataclass_fields__ if key in saved})
        found._recipe, found.borders = _fixed(ground.recipe), [stage.last for stage in ground.stages]
        if "kept" not in saved and not setup.keep_features:
            found.kept = none("the run began with an earlier version of the program").to_json()
        if begins:  # the stage before had just ended
            found.enter(setup)
        else:
            setup.load_optimizer(saved["optimizer"])
            setup.load_extra(saved.get("extra") or {})
            if setup.average:
                setup.average.load(saved["average"])
        if found.best is not None:
            try:
                # Written before the checkpoint that knows of it, it may hold a newer epoch: then that one is the best.
                found.best, state = checkpoint.load_best(run)
                found.best_state = {name: state[name] for name in setup.moving}
            except (StudioError, KeyError) as trouble:
                yield found._without_best(setup, trouble)
        return found, setup, True

    def _without_best(self, setup: Setup, trouble: Exception) -> Note:
        """Make do without best.safetensors; what to say about it."""
        assert self.best is not None
        if self.best["epoch"] == self.epoch and not self.step:  # the checkpoint was written right after the best epoch
            averaged = setup.average.state if setup.average else {}
            self.best_state, self.best_to_write = copied({**setup.moving, **averaged}), True
            then = "They are the same as those of the last checkpoint, and are written anew."
        else:
            self.best = None
            then = "Training goes on from the last checkpoint; the best epoch is chosen among those from here on."
        said = sentences(trouble.what, trouble.why) if isinstance(trouble, StudioError) else "best.safetensors holds another model."
        return Note(level="warn", message=f"{said} The best weights so far are lost. {then}")


def _put(module: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Give named tensors of the network these values."""
    state = module.state_dict()
    with torch.no_grad():
        for name, tensor in tensors.items():
            state[name].copy_(tensor)


def _begins_anew(run: Run, damage: StudioError) -> Note:
    """Set the best weights aside, which a new beginning would overwrite; what to say about it."""
    aside = ""
    if run.best.exists():
        before = run.best.with_name("best-before.safetensors")
        try:
            run.best.replace(before)
        except OSError as error:
            raise cannot_write(before, error) from None
        aside = f" The best weights so far are kept as {before.name}."
    same = "The run begins anew; with the same seed it comes to the same result."
    return Note(level="bad", message=f"{damage.what}: {damage.why}. {same}{aside}")


def _refuse_changes(run: Run, recipe: Recipe, saved: dict[str, Any], data: str) -> None:
    """Raises InputError where the checkpoint is of another recipe or of other images. data: their digest."""
    now = _fixed(recipe)
    for key, value in saved.get("recipe", now).items():
        if now.get(key) != value:
            raise InputError(
                f"The recipe of the run {run.name} was changed since it began",
                f"its {key} was {value!r} and is {now.get(key)!r}",
                "Bring back the old value, or train again with the new",
            )
    if saved["data"] != data:
        raise InputError(
            f"The images of the run {run.name} have changed since it began", "", "Bring back the old ones, or train again with the new"
        )


def _refuse_other_stages(run: Run, ground: Ground, saved: dict[str, Any]) -> None:
    """Raises InputError where other epochs would put another stage where the run is, or was."""
    before, now = list(saved.get("borders") or [])[:-1], [stage.last for stage in ground.stages][:-1]
    passed = saved["epoch"] + (saved["step"] > 0)
    if [end for end in before if end < passed] != [end for end in now if end < passed]:
        raise InputError(
            f"Training of the run {run.name} cannot go on with other training.epochs",
            "its stages would begin and end where it has passed already",
            "Bring back the old value, or train again with the new",
        )


# What may differ when a run goes on: names and places, how far it goes, and the machine.
_FREE = ("data.path", "data.masks", "training.epochs", "training.device")


def _fixed(recipe: Recipe) -> dict[str, Any]:
    """The recipe's other values by dotted key, as JSON."""
    sections = {name: said for name, said in recipe.model_dump(mode="json").items() if isinstance(said, dict)}
    said = {f"{section}.{key}": value for section, values in sections.items() for key, value in values.items()}
    return {key: value for key, value in said.items() if key not in _FREE}
