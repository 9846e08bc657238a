"""A run that goes back: the best, its weights, what is told and what the run folder says agree, whatever was the best meanwhile."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tlstudio.events import CheckpointWritten, EpochEnded, Event, Note, Progress, RunEnded, RunStarted, WentBack
from tlstudio.gui.history import RunHistory
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import checkpoint
from tlstudio.training import setup as setting_up
from tlstudio.training.fit import fit
from tlstudio.training.learner import Learner
from tlstudio.training.measure import Measured
from tlstudio.training.recorded import train

LABELS = torch.tensor([0, 1, 0, 1, 0])


def _found(right: int, margin: float) -> Measured:
    """So many of five pictures answered right, all by that margin."""
    sign = torch.where(torch.arange(5) < right, 1.0, -1.0) * (2 * LABELS - 1) * margin / 2
    return Measured(torch.stack([-sign, sign], 1), LABELS)


GOOD, BETTER, BEST, AWAY = _found(2, 1.0), _found(3, 1.0), _found(4, 1.0), _found(4, 500.0)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[Measured]:
    """What validation finds, one after the other; then what it found last. Above a rate of 0.05 the steps of what is deeper than the head
    lose themselves once an epoch after the first deeper one begins."""
    out: list[Measured] = []

    def measured(forward: object, batches: object) -> Generator[int, None, Measured]:
        yield 5
        return out.pop(0) if len(out) > 1 else out[0]

    step = Learner.step

    def stepping(self: Learner, module: Any, inputs: Any, labels: Any, number: int, **more: Any) -> tuple[torch.Tensor, torch.Tensor]:
        loss, logits = step(self, module, inputs, labels, number, **more)
        wild = number // len(self.cuts) > self.first_epoch - 1 and max(group["lr"] for group in self.optimizer.param_groups) > 0.05
        return (loss * float("nan") if wild and not self.warm else loss), logits  # type: ignore[attr-defined]

    monkeypatch.setattr(setting_up, "measured", measured)
    monkeypatch.setattr(Learner, "step", stepping)
    return out


def _recipe(photos: Path, alone: int, epochs: int) -> Recipe:
    base = {"data.path": str(photos), "data.image_size": 32, "training.batch_size": 6, "data.test_share": 0.0, "schedule.kind": "constant"}
    deep = {"training.epochs": epochs, "stages.head_epochs": alone, "optimizer.lr": 0.1, "optimizer.backbone_lr": 1e-4}
    return Recipe().set(base).with_strategy("last-block").set(deep)


def _all(said: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


def _star(said: list[Event]) -> int:
    best = RunHistory(said).best
    return best.epoch if best is not None else 0


def _through(training: Iterator[Event], epoch: int) -> None:
    """Until that epoch is over, and its checkpoint is asked for."""
    while not isinstance(event := next(training), EpochEnded) or event.epoch < epoch:
        pass
    while not isinstance(next(training), Progress):
        pass


@pytest.mark.parametrize(
    ("alone", "found", "told", "best", "end"),
    [
        # what is deeper ran away before it ever was the best: the head's epoch stays
        (1, [BETTER, _found(2, 500.0), BEST], "", 1, 2),
        # it was the best for an epoch; the head's last epoch is where the run goes back to
        (1, [GOOD, AWAY, BETTER], "The best so far is epoch 1 again", 1, 2),
        # and here the head's best epoch is not its last, and its weights are written over
        (2, [GOOD, _found(1, 1.0), AWAY, BETTER], "the best is chosen among those from here on", 0, 3),
    ],
)
def test_the_best_is_one_and_the_same_for_all(
    photos: Path,
    tmp_path: Path,
    every_step: None,
    judged: list[Measured],
    alone: int,
    found: list[Measured],
    told: str,
    best: int,
    end: int,
) -> None:
    run, said = Run.create(_recipe(photos, alone, 2), tmp_path / "run"), list[Event]()
    saved, file = list[int](), list[bool]()

    def tell(event: Event) -> None:
        said.append(event)
        if not _all(said, WentBack):
            return
        if isinstance(event, CheckpointWritten) and not saved:
            saved.append(((checkpoint.load(run) or {})["best"] or {"epoch": 0})["epoch"])
        if isinstance(event, EpochEnded):
            file.append(run.best.exists())

    judged[:] = found
    summary = train(run.recipe(), run, tell, None)
    (back,) = _all(said, WentBack)
    assert (back.epochs, back.steps, back.best) == (alone, 0, best)
    assert told in back.sentence
    assert ("best" in back.sentence) == bool(told)
    assert saved == [best], "last.ckpt knows it"
    assert file[0] == bool(best), "and no weights lie there that are nobody's best"
    assert _star(said[: said.index(back) + 1]) == best, "so does the window"
    assert summary["best_epoch"] == _star(said) == _star(run.history()) == checkpoint.load_best(run)[0]["epoch"] == end
    assert _all(said, RunEnded)[0].summary["best_epoch"] == end


def test_an_epoch_that_is_done_again_after_a_kill_is_the_best_again(
    photos: Path, tmp_path: Path, every_step: None, judged: list[Measured]
) -> None:
    """Killed between best.safetensors and the last.ckpt that knows of it."""
    judged[:] = [GOOD, BETTER, BETTER]
    recipe = Recipe().set({"data.path": str(photos), "data.image_size": 32, "training.epochs": 3, "data.test_share": 0.0})
    run = Run.create(recipe, tmp_path / "run")
    training = fit(recipe, run)
    _through(training, 1)
    while checkpoint.place_of(run) != (1, 0):
        time.sleep(0.01)
    older = run.last.read_bytes()
    _through(training, 2)
    training.close()
    run.last.write_bytes(older)
    said = list(fit(recipe, run))
    assert _all(said, RunStarted)[0].best == 2
    assert [(event.epoch, event.best) for event in _all(said, EpochEnded)] == [(2, True), (3, False)]
    assert checkpoint.load_best(run)[0]["epoch"] == _star(said) == _all(said, RunEnded)[0].summary["best_epoch"] == 2


def test_the_count_of_epochs_with_one_class_outlives_a_resume(
    photos: Path, tmp_path: Path, every_step: None, judged: list[Measured]
) -> None:
    judged[:] = [Measured(torch.tensor([[0.0, 1.0]] * 5), LABELS)]
    recipe = Recipe().set({"data.path": str(photos), "data.image_size": 32, "training.epochs": 3, "data.test_share": 0.0})
    run = Run.create(recipe, tmp_path / "run")
    training = fit(recipe, run)
    _through(training, 1)
    training.close()
    said = list(fit(recipe, run))
    (note,) = [note for note in _all(said, Note) if "for every" in note.message]
    assert [event.epoch for event in said[: said.index(note)] if isinstance(event, EpochEnded)] == [2]
