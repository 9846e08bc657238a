"""Where a run stands: what a checkpoint keeps, and how a resume finds it again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.errors import InputError, StudioError, sentences
from tlstudio.events import Note
from tlstudio.models.freezing import moved_since
from tlstudio.runs import Run, cannot_write
from tlstudio.training import checkpoint
from tlstudio.training.checkpoint import copied
from tlstudio.training.distributed import ranks
from tlstudio.training.good import is_good
from tlstudio.training.keeping import none
from tlstudio.training.mask_tiles import Windows
from tlstudio.training.same_run import fixed, refuse_changes, refuse_other_stages
from tlstudio.training.setup import Ground, Result, Setup
from tlstudio.training.stages import at
from tlstudio.training.steps import StepLog


@dataclass
class Place:
    """epoch: whole epochs done; step: steps done in the next; sums: of that epoch so far (see StepLog).

    best: {epoch, accuracy, loss, correct, warm} of the best epoch, where accuracy is the metric, mean IoU of masks, and warm says that the
    head had learned alone; best_state: its moving tensors; best_to_write: their file is lost, or holds others.
    seconds: spent before this session.
    curve, losses: validation metric and loss of each epoch.
    frozen: checksums of what is frozen when the stage began. data: digest of its images.
    moved: names of what moved in an earlier stage although it was frozen there. kept: how the stage keeps what the frozen part gives.
    borders: the last epoch of each stage.
    factor: of the recipe's rates, see `steering`; changes: of it, {epoch, step, factor, why} each; runaways: how often it went back.
    at_once: images that go through the network together at most, because more did not fit into memory; 0: no such limit.
    windows: through which pictures are judged, where they did not fit whole, see `mask_tiles.Windows`.
    collapsed: it was said that the model answers one class for everything; one_class: epochs in a row in which it did.
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
    factor: float = 1.0
    changes: list[dict[str, Any]] = field(default_factory=list)
    runaways: int = 0
    at_once: int = 0
    windows: dict[str, int] | None = None
    collapsed: bool = False
    one_class: int = 0

    def __post_init__(self) -> None:
        self._recipe: dict[str, Any] = {}
        self.best_state: dict[str, Tensor] | None = None
        self.best_to_write = False
        self._began = time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds of all sessions of the run."""
        return self.seconds + time.perf_counter() - self._began

    @property
    def best_epoch(self) -> int:
        """The epoch whose weights are the best so far; 0 while there is none."""
        return self.best["epoch"] if self.best is not None else 0

    def collapses(self, one_class: bool, last: bool) -> bool:
        """Whether it is to be said now, once in a run, that the model answers one class for everything: twice in a row, or at the end.

        one_class: whether it did after this epoch.
        """
        self.one_class = self.one_class + 1 if one_class else 0
        if self.collapsed or not (self.one_class > 1 or (one_class and last)):
            return False
        self.collapsed = True
        return True

    def next_epoch(self) -> None:
        self.epoch, self.step, self.sums = self.epoch + 1, 0, StepLog.zero()

    def judge(self, setup: Setup, epoch: int, found: Result) -> bool:
        """Whether the epoch is the best so far: by metric, then loss; or by loss alone. If so, its weights are kept.

        What the head came to while it learned alone, before deeper layers, is the best only until they have learned for an epoch, unless
        that ran away. An epoch that is judged a second time, after a resume, stands for itself again.
        """
        del self.curve[epoch - 1 :], self.losses[epoch - 1 :]  # a part of this epoch may have been judged before a resume
        self.curve.append(found.metric)
        self.losses.append(found.loss)
        deeper = self.best is not None and self.best.get("warm") and not setup.warm and is_good(found.loss, len(setup.images.classes))
        if self.best is not None and self.best["epoch"] != epoch and not deeper:
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
            **{one.name: _copy(getattr(self, one.name)) for one in fields(self)},
            "seconds": self.elapsed,
            "moving": self.best_state if self._at_best(setup) else copied(setup.trained),
            "optimizer": copied(setup.optimizer.state_dict()),
            "average": copied(setup.average.state) if setup.average else {},
            "extra": copied(setup.extra()),
        }

    def _at_best(self, setup: Setup) -> bool:
        """Whether the weights as they stand are the best, of which there is a copy: a whole epoch is done, and it is the best one."""
        return self.best_state is not None and setup.average is None and self.best_epoch == self.epoch > 0 and not self.step

    def enter(self, setup: Setup) -> None:
        """A new stage begins: what was frozen in the one before is looked at for the last time."""
        self.moved = sorted({*self.moved, *moved_since(setup.module, self.frozen)})
        self.frozen, self.kept = setup.before, None
        self._confine(setup)

    def _confine(self, setup: Setup) -> None:
        """Let it do no more at once than fitted into memory."""
        setup.limit(self.at_once)
        setup.windows = Windows.from_json(self.windows)

    def waited(self, setup: Setup) -> int:
        """Epochs in a row that were not better than the best. What learns in another stage is given its own time."""
        return 0 if self.best is None else self.epoch - max(self.best["epoch"], setup.first_epoch - 1)

    def go_back(self, run: Run, setup: Setup) -> bool:
        """Put everything back to the last place of this stage that is known to be good; whether there is one.

        That is the best epoch, or where the stage began; it does not depend on when checkpoints were written, so that a run which was
        interrupted goes back to the same. What was spent and said since then stays.
        """
        for file in (checkpoint.good_of(run), run.last):
            with contextlib.suppress(StudioError):
                saved = ranks().same(lambda file=file: checkpoint.load(run, file))  # type: ignore[misc]
                if saved is not None and saved["frozen"] == self.frozen and setup.first_epoch - 1 <= saved["epoch"] <= self.epoch:
                    break
        else:
            return False
        self.epoch, self.step, self.sums = saved["epoch"], saved["step"], saved["sums"]
        self.curve, self.losses, self.one_class = saved["curve"], saved["losses"], saved.get("one_class", 0)
        self._take_up(setup, saved)
        if self.best is not None and self.best["epoch"] > self.epoch:  # it lies on the way that is gone no more
            self.best = saved["best"]
            if self.best is not None and not self._best_from_here(setup):
                self._best_from_disk(run, setup, saved["best"])
        return True

    def _best_from_disk(self, run: Run, setup: Setup, best: dict[str, Any]) -> None:
        """Have that one for the best again, if its weights are still those of the file; a later best may have taken their place."""
        with contextlib.suppress(StudioError, KeyError):
            found, state = ranks().same(lambda: checkpoint.load_best(run))
            if found == best:
                self.best, self.best_state, self.best_to_write = best, {name: state[name] for name in setup.moving}, True

    @staticmethod
    def _take_up(setup: Setup, saved: dict[str, Any]) -> None:
        """Have the setup go on from a checkpoint of its stage."""
        setup.put_back(saved["moving"])
        setup.load_optimizer(saved["optimizer"])
        setup.load_extra(saved.get("extra") or {})
        if setup.average:
            setup.average.load(saved["average"])

    @classmethod
    def find(cls, run: Run, ground: Ground) -> Generator[Note, None, tuple[Place, Setup, bool]]:
        """The place of the run's last checkpoint, the stage it is in, set up as it was left, and whether there was one.

        Files that are damaged or gone get a Note: without last.ckpt the run begins anew, without best.safetensors it goes on.
        Raises InputError where the recipe, the images or the frozen weights are not those that the run began with.
        """
        data = ground.images.digest()
        try:
            saved = ranks().same(lambda: checkpoint.load(run))
        except checkpoint.Damaged as damage:
            trouble = damage
            yield ranks().same(lambda: _begins_anew(run, trouble))
            saved = None
        if saved is None:
            setup = ground.setup(ground.stages[0])
            place = cls(frozen=setup.before, data=data)
            place._recipe, place.borders = fixed(ground.recipe), [stage.last for stage in ground.stages]
            place.windows = _windows(run)
            place._confine(setup)
            return place, setup, False
        refuse_changes(run, ground.recipe, saved, data)
        refuse_other_stages(run, ground.stages, saved)
        _put(ground.network.module, saved["moving"])
        stage = at(ground.stages, saved["epoch"])
        setup = ground.setup(stage)
        begins = stage.first == saved["epoch"] + 1 and not saved["step"] and stage is not ground.stages[0]
        if saved["frozen"] != setup.before and not begins:
            raise InputError(
                f"The pretrained weights are not those that the run {run.name} began with", "another version was installed", "Train again"
            )
        found = cls(**{key: saved[key] for key in cls.__dataclass_fields__ if key in saved})
        found._recipe, found.borders = fixed(ground.recipe), [stage.last for stage in ground.stages]
        found.windows = found.windows or _windows(run)
        if "kept" not in saved and not setup.keep_features:
            found.kept = none("the run began with an earlier version of the program").to_json()
        if begins:  # the stage before had just ended
            found.enter(setup)
        else:
            found._take_up(setup, saved)
        found._confine(setup)
        if note := saved.get("note"):
            yield Note(message=note, level="warn")
        if found.best is not None:
            try:
                # Written before the checkpoint that knows of it, it may hold a newer epoch: then that one is the best.
                found.best, state = ranks().same(lambda: checkpoint.load_best(run))
                found.best_state = {name: state[name] for name in setup.moving}
            except (StudioError, KeyError) as trouble:
                yield found._without_best(setup, trouble)
        return found, setup, True

    def _without_best(self, setup: Setup, trouble: Exception) -> Note:
        """Make do without best.safetensors; what to say about it."""
        if self._best_from_here(setup):
            then = "They are the same as those of the last checkpoint, and are written anew."
        else:
            then = "Training goes on from the last checkpoint; the best epoch is chosen among those from here on."
        said = sentences(trouble.what, trouble.why) if isinstance(trouble, StudioError) else "best.safetensors holds another model."
        return Note(level="warn", message=f"{said} The best weights so far are lost. {then}")

    def _best_from_here(self, setup: Setup) -> bool:
        """Take the weights as they stand for the best, whose own are lost, where they are of the same epoch; else there is no best."""
        if self.best is None or self.best["epoch"] != self.epoch or self.step:
            self.best = self.best_state = None
            return False
        averaged = setup.average.state if setup.average else {}
        self.best_state, self.best_to_write = copied({**setup.moving, **averaged}), True
        return True


def _windows(run: Run) -> dict[str, int] | None:
    """Those of the receipt, which may be narrower than those of the last checkpoint."""
    return ranks().same(lambda: Windows.of_run(run).to_json())


def _copy(value: Any) -> Any:
    """A copy of a list or of a mapping; what is in them is never changed, only replaced."""
    return value.copy() if isinstance(value, list | dict) else value


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
