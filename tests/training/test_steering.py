"""Runs that are turned from their way: other rates, a runaway, too little memory, an end before the end, a pause."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tests.saved import has_learned
from tlstudio.control import Control
from tlstudio.errors import InputError, StudioError
from tlstudio.events import (
    CheckpointWritten,
    EpochEnded,
    Event,
    FrozenProof,
    Note,
    RateChanged,
    RunEnded,
    RunStarted,
    Signals,
    Steps,
    WentBack,
)
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import checkpoint, signals
from tlstudio.training import setup as setting_up
from tlstudio.training.fit import fit
from tlstudio.training.learner import Learner
from tlstudio.training.mask_measure import MeasuredMasks
from tlstudio.training.measure import Measured
from tlstudio.training.remarks import about_one_class, one_class


def _recipe(photos: Path, **changes: Any) -> Recipe:
    base = {"data.path": str(photos), "data.image_size": 32, "training.epochs": 3, "training.batch_size": 6, "data.test_share": 0.0}
    return Recipe().set(base | {key.replace("__", "."): value for key, value in changes.items()})


def _train(recipe: Recipe, folder: Path, control: Control | None = None) -> tuple[Run, list[Event]]:
    run = Run.create(recipe, folder)
    return run, list(fit(recipe, run, control=control))


def _losses(said: list[Event]) -> list[float]:
    return [loss for event in said if isinstance(event, Steps) for loss in event.loss]


def _all(said: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


def _alike(a: Run, b: Run) -> bool:
    """Whether two runs came to the same weights and figures, to the bit."""
    one, other = load_file(a.best), load_file(b.best)
    figures = [(run.summary() or {})["metrics"] for run in (a, b)]
    return figures[0] == figures[1] and one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture
def wild(monkeypatch: pytest.MonkeyPatch) -> None:
    """In step 7 and later (the second epoch) a rate above 0.005 makes a loss that is no number, and weights that are none."""
    step = Learner.step

    def stepping(self: Learner, module: Any, inputs: Any, labels: Any, number: int, **more: Any) -> tuple[torch.Tensor, torch.Tensor]:
        loss, logits = step(self, module, inputs, labels, number, **more)
        if number >= 7 and self.optimizer.param_groups[0]["lr"] > 0.005:
            for parameter in self.learning:
                parameter.data.fill_(float("nan"))
            return loss * float("nan"), logits
        return loss, logits

    monkeypatch.setattr(Learner, "step", stepping)


def _wild(photos: Path, **changes: Any) -> Recipe:
    return _recipe(photos, training__batch_size=4, schedule__kind="constant", optimizer__lr=0.1, training__ema=0.9, **changes)


def test_a_runaway_goes_back_to_the_best_epoch_and_on_at_lower_rates(photos: Path, tmp_path: Path, wild: None, every_step: None) -> None:
    whole, said = _train(_wild(photos), tmp_path / "whole")
    back, changed = _all(said, WentBack), _all(said, RateChanged)
    assert [(event.epochs, event.steps) for event in back] == [(1, 0), (1, 0)]
    assert "no number any more in epoch 2" in back[0].sentence
    assert "goes back to epoch 1" in back[0].sentence
    assert [(event.epoch, event.step, event.why) for event in changed] == [(2, 0, "guard")] * 2
    assert [event.lr for event in changed] == pytest.approx([0.01, 0.001])
    assert isinstance(said[-1], RunEnded)
    assert said[-1].reason == "completed"
    assert [change["factor"] for change in said[-1].summary["rate_changes"]] == pytest.approx([0.1, 0.01])
    assert not checkpoint.good_of(whole).exists()
    # Interrupted after it went back, at any time: it comes to the same.
    run = Run.create(_wild(photos), tmp_path / "cut")
    training = fit(run.recipe(), run)
    while not isinstance(next(training), WentBack):
        pass
    training.close()
    again = list(fit(run.recipe(), run))
    assert [event.factor for event in _all(again, RateChanged)] == pytest.approx([0.1, 0.01])
    assert _alike(whole, run)


def test_without_the_guard_or_when_it_does_not_help_the_run_ends_with_a_sentence(photos: Path, tmp_path: Path, wild: None) -> None:
    with pytest.raises(StudioError, match="no number any more in epoch 2"):
        _train(_wild(photos, training__guard=False), tmp_path / "off")
    assert not (tmp_path / "off" / "good.ckpt").exists()
    with pytest.raises(StudioError, match=r"4 times it went back.*best epoch so far is kept"):
        _train(_wild(photos, optimizer__multipliers={"classifier": 1000.0}), tmp_path / "on")
    assert checkpoint.load_best(Run(tmp_path / "on"))[0]["epoch"] == 1


def test_an_absurd_rate_ends_in_a_model_that_works(photos: Path, tmp_path: Path) -> None:
    absurd = {"model.name": "squeezenet1_1", "model.weights": "random", "optimizer.kind": "sgd", "data.image_size": 64}
    rates = {"optimizer.lr": 1.0, "optimizer.backbone_lr": 1.0, "stages.head_epochs": 0, "training.epochs": 2}
    _, said = _train(_recipe(photos).with_strategy("full").set(absurd | rates), tmp_path / "run")
    back = _all(said, WentBack)
    assert 1 <= len(back) <= 4
    assert "begins anew" in back[0].sentence
    assert {event.epochs for event in back} == {0}, "an epoch that had run away already is no place to go back to"
    assert isinstance(said[-1], RunEnded)
    assert said[-1].summary["metrics"]["val_loss"] < 10


def test_the_rates_of_a_running_run_can_be_changed_and_a_resume_knows_it(photos: Path, tmp_path: Path, every_step: None) -> None:
    recipe = _recipe(photos, schedule__kind="constant")

    def steered(run: Run) -> Generator[Event, None, None]:
        control = Control()
        for event in fit(recipe, run, control=control):
            if isinstance(event, Steps) and (event.epoch, event.first) == (2, 1):
                control.scale_rates(0.25)
            yield event

    whole = Run.create(recipe, tmp_path / "whole")
    said = list(steered(whole))
    (changed,) = _all(said, RateChanged)
    assert (changed.epoch, changed.step, changed.factor, changed.why) == (2, 1, 0.25, "user")
    rates = [rate for event in _all(said, Steps) for rate in event.lr]
    assert rates == pytest.approx([0.01] * 4 + [0.0025] * 5)
    assert changed.lr == pytest.approx(0.0025)
    assert said[said.index(changed) + 1 :][0].kind == CheckpointWritten.kind
    run = Run.create(recipe, tmp_path / "cut")
    training = steered(run)
    while not isinstance(next(training), RateChanged):
        pass
    assert isinstance(next(training), CheckpointWritten)
    training.close()
    second = list(fit(recipe, run))
    assert _all(second, RunStarted)[0].resumed_from == (1, 1)
    assert _all(second, Steps)[0].lr[0] == pytest.approx(0.0025)
    assert (run.summary() or {})["rate_changes"] == (whole.summary() or {})["rate_changes"]
    assert _alike(whole, run)


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), 1e9, "x"])
def test_what_is_no_factor_of_rates_is_refused(factor: Any) -> None:
    with pytest.raises(InputError, match="cannot be multiplied"):
        Control().scale_rates(factor)


def test_looking_and_pieces_change_nothing_of_what_is_learned(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "INTERVAL", 0.0)
    monkeypatch.setattr(signals, "RATIO", 0.0)
    watched, said = _train(_recipe(photos), tmp_path / "watched")
    assert _all(said, Signals)
    proofs = _all(said, FrozenProof)
    assert [proof.ok for proof in proofs] == [True] * len(proofs)
    assert proofs[-1].epoch is None
    assert {proof.epoch for proof in proofs} >= {event.epoch for event in _all(said, EpochEnded) if event.best}
    alone, _ = _train(_recipe(photos, training__signals=False, training__guard=False), tmp_path / "alone")
    assert _alike(watched, alone)
    # Two batches a step are one of twice the size.
    _, accumulated = _train(_recipe(photos, training__batch_size=3, training__accumulate=2), tmp_path / "accumulated")
    assert _all(accumulated, RunStarted)[0].steps_per_epoch == _all(said, RunStarted)[0].steps_per_epoch
    assert _losses(accumulated) == pytest.approx(_losses(said), rel=1e-4)


def test_training_goes_on_in_smaller_pieces_where_memory_runs_out(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, said = _train(_recipe(photos, training__epochs=2), tmp_path / "roomy")
    forward, most = Learner._forward, 2

    def tight(self: Learner, module: Any, inputs: Any, labels: Any, *more: Any) -> Any:
        if len(labels) > most:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:1] . DefaultCPUAllocator: can't allocate memory")
        return forward(self, module, inputs, labels, *more)

    monkeypatch.setattr(Learner, "_forward", tight)
    run, tight_said = _train(_recipe(photos, training__epochs=2), tmp_path / "tight")
    notes = [note.message for note in _all(tight_said, Note) if "ran out of memory" in note.message]
    assert notes == [
        "The computer ran out of memory at batch 6. Training goes on with 3 and twice the accumulation.",
        "The computer ran out of memory with pieces of 3. Training goes on with 1 and the gradients of 6 passes added up.",
    ]
    assert (run.receipt() or {})["at_once"] == (run.summary() or {})["at_once"] == 1
    assert _losses(tight_said) == pytest.approx(_losses(said), rel=1e-4)
    most = 0
    with pytest.raises(StudioError, match=r"ran out of memory with a single image.*smaller"):
        _train(_recipe(photos), tmp_path / "none")


def test_a_run_that_gets_no_better_ends_early(photos: Path, tmp_path: Path) -> None:
    recipe = _recipe(photos, training__epochs=50, training__patience=2, optimizer__lr=1e-30, optimizer__weight_decay=0.0)
    run, said = _train(recipe, tmp_path / "run")
    assert isinstance(said[-1], RunEnded)
    assert said[-1].reason == (run.summary() or {})["reason"] == "early"
    assert [event.epoch for event in _all(said, EpochEnded)] == [1, 2, 3]
    assert any(note.message.startswith("Stopped early: 2 epochs in a row were not better than epoch 1") for note in _all(said, Note))


def test_one_class_for_everything_is_said_once(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bees(forward: object, batches: object) -> Generator[int, None, Measured]:
        yield 5
        return Measured(torch.tensor([[0.0, 1.0]] * 5), torch.tensor([0, 1, 0, 1, 0]))

    monkeypatch.setattr(setting_up, "measured", bees)
    _, said = _train(_recipe(photos), tmp_path / "run")
    notes = [note for note in _all(said, Note) if "for every" in note.message]
    assert len(notes) == 1
    assert notes[0].message.startswith("The model answers *bees* for every picture. The learning rate may be too high")
    assert [event.epoch for event in said[: said.index(notes[0])] if isinstance(event, EpochEnded)] == [1, 2]


@pytest.mark.parametrize(("confusion", "answer"), [([[5, 0], [3, 0]], 0), ([[5, 0], [1, 3]], None), ([[5, 0], [0, 0]], None)])
def test_one_class_for_every_pixel(confusion: list[list[int]], answer: int | None) -> None:
    found = MeasuredMasks(["sky", "road"], np.array(confusion), 1.0, 2)
    assert one_class(found) == answer
    assert "answers *sky* for every pixel" in about_one_class(found, ["sky", "road"], 0, 0.1).message


def test_a_pause_acts_within_one_step(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control, made = Control(), list[tuple[bool, float]]()
    step = Learner.step

    def stepping(self: Learner, *args: Any, **more: Any) -> Any:
        made.append((control.paused, time.monotonic()))
        if len(made) == 5:
            control.pause()
            threading.Timer(0.5, control.go_on).start()
        return step(self, *args, **more)

    monkeypatch.setattr(Learner, "step", stepping)
    _train(_recipe(photos), tmp_path / "run", control)
    assert sum(paused for paused, _ in made) <= 1
    assert made[5][1] - made[4][1] > 0.4


def test_a_disk_that_takes_no_checkpoint_is_told_before_the_first_step(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StudioError("The disk is full")

    really = checkpoint.write_atomic
    monkeypatch.setattr(checkpoint, "write_atomic", full)
    run, said = Run.create(_recipe(photos), tmp_path / "run"), list[Event]()
    with pytest.raises(StudioError, match="The disk is full"):
        said.extend(fit(run.recipe(), run))
    assert not _all(said, Steps)
    # One that is full only later is told, and training goes on.
    run = Run.create(_recipe(photos), tmp_path / "later")
    monkeypatch.setattr(checkpoint, "write_atomic", really)
    said = []
    for event in fit(run.recipe(), run):
        said.append(event)
        if isinstance(event, EpochEnded):
            monkeypatch.setattr(checkpoint, "write_atomic", full if event.epoch < 3 else really)
    assert isinstance(said[-1], RunEnded)
    assert has_learned(run)
