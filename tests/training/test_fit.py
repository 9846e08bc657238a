"""Training end to end on small pictures: what must hold whatever the recipe."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.saved import interrupted
from tlstudio import api
from tlstudio.control import Control
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.events import EpochEnded, Event, FrozenProof, Note, RunEnded, RunStarted, Steps
from tlstudio.models.network import build
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import setup as setting_up
from tlstudio.training.fit import fit
from tlstudio.training.measure import Measured
from tlstudio.training.steps import StepLog


def _recipe(photos: Path, **changes: Any) -> Recipe:
    base = {"data.path": str(photos), "data.image_size": 64, "training.epochs": 3, "training.batch_size": 6, "data.test_share": 0.0}
    return Recipe().set(base | {key.replace("__", "."): value for key, value in changes.items()})


def _train(recipe: Recipe, folder: Path, control: Control | None = None) -> tuple[Run, list[Event]]:
    run = Run.create(recipe, folder)
    return run, list(fit(recipe, run, control=control))


def _losses(said: list[Event]) -> list[float]:
    return [loss for event in said if isinstance(event, Steps) for loss in event.loss]


def test_head_only_learns_and_leaves_the_rest_as_published(photos: Path, tmp_path: Path) -> None:
    run, said = _train(_recipe(photos), tmp_path / "run")
    epochs = [event for event in said if isinstance(event, EpochEnded)]
    assert [event.epoch for event in epochs] == [1, 2, 3]
    assert epochs[-1].train_loss < epochs[0].train_loss
    assert isinstance(said[-1], RunEnded)
    assert said[-1].reason == "completed"
    published = build("efficientnet_lite0", classes=2).module.state_dict()
    trained = load_file(run.best)
    assert trained.keys() == published.keys()
    moved = {name for name in trained if not torch.equal(trained[name], published[name])}
    assert moved == {"classifier.weight", "classifier.bias"}
    proof = next(event for event in said if isinstance(event, FrozenProof) and event.epoch is None)
    assert proof.ok
    assert proof.tensors == len(published) - 2


@pytest.mark.parametrize("strategy", ["last-block", "full", "scratch"])
def test_each_strategy_moves_just_what_it_says(photos: Path, tmp_path: Path, strategy: str) -> None:
    recipe = _recipe(photos).with_strategy(strategy).set({"training.epochs": 1})
    run, said = _train(recipe, tmp_path / "run")
    start = build("efficientnet_lite0", classes=2, weights=recipe.model.weights, seed=recipe.training.seed).module.state_dict()
    trained = load_file(run.best)
    still = {name for name in trained if torch.equal(trained[name], start[name])}
    proof = next(event for event in said if isinstance(event, FrozenProof) and event.epoch is None)
    assert proof.ok
    assert proof.tensors == (0 if strategy in ("full", "scratch") else sum(not name.startswith(_LAST) for name in trained))
    if strategy == "last-block":
        assert still == {name for name in trained if not name.startswith(_LAST)}
    else:
        assert not still


_LAST = ("blocks.6.", "conv_head.", "bn2.", "classifier.")


def test_kept_features_give_the_same_numbers_as_the_whole_network(photos: Path, tmp_path: Path) -> None:
    _, kept = _train(_recipe(photos), tmp_path / "kept")
    _, whole = _train(_recipe(photos, training__cache="exact"), tmp_path / "whole")
    assert [event.cached for event in (*kept, *whole) if isinstance(event, RunStarted)] == [True, False]
    assert _losses(kept) == pytest.approx(_losses(whole), rel=1e-4)


def test_the_same_seed_gives_the_same_run_and_another_does_not(photos: Path, tmp_path: Path) -> None:
    losses = [_losses(_train(_recipe(photos, training__seed=seed), tmp_path / f"{n}")[1]) for n, seed in enumerate((7, 7, 8))]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


@pytest.mark.parametrize("strategy", ["head", "last-block"])
@pytest.mark.parametrize("stop_after", [1, 3, 5])
def test_resumed_equals_uninterrupted_to_the_bit(photos: Path, tmp_path: Path, strategy: str, stop_after: int, every_step: None) -> None:
    dropout = {"head.kind": "dropout_linear", "augment.enabled": strategy == "last-block", "training.epochs": 2}
    recipe = _recipe(photos).with_strategy(strategy).set(dropout)
    whole, said = _train(recipe, tmp_path / "whole")
    interrupted(recipe, tmp_path / "cut", stop_after, whole, said)


def test_stop_keeps_the_best_and_ends_in_good_order(photos: Path, tmp_path: Path) -> None:
    control = Control()
    run = Run.create(_recipe(photos, training__epochs=500), tmp_path / "run")
    said = []
    for event in fit(run.recipe(), run, control=control):
        said.append(event)
        if isinstance(event, EpochEnded) and event.epoch == 3:
            control.stop()
    assert isinstance(said[-1], RunEnded)
    assert said[-1].reason == "stopped"
    assert said[-1].summary["epochs"] <= 4
    assert run.state() == "finished"
    assert api.evaluate(str(run.path))["metrics"]["accuracy"] == said[-1].summary["metrics"]["val_accuracy"]


def test_stop_in_the_first_epoch_keeps_what_was_learned(photos: Path, tmp_path: Path) -> None:
    control = Control()
    recipe = _recipe(photos).with_strategy("full").set({"stages.head_epochs": 0})
    run = Run.create(recipe, tmp_path / "run")
    said = []
    for event in fit(recipe, run, control=control):
        said.append(event)
        if isinstance(event, RunStarted):
            control.stop()
    assert isinstance(said[-1], RunEnded)
    assert run.best.exists()
    assert sum(isinstance(event, EpochEnded) for event in said) == 1


def test_cancel_leaves_a_run_that_can_be_resumed(photos: Path, tmp_path: Path) -> None:
    control = Control()
    run = Run.create(_recipe(photos), tmp_path / "run")
    training = fit(run.recipe(), run, control=control)
    while not isinstance(next(training), EpochEnded):
        pass
    control.cancel()
    with pytest.raises(Cancelled):
        list(training)
    assert run.state() == "unfinished"
    recipe = run.recipe()
    for change in ({"optimizer.kind": "sgd"}, {"training.batch_size": 5}, {"head.kind": "dropout_linear"}):
        run.write_text("recipe.toml", recipe.set(change).to_toml())
        with pytest.raises(InputError, match=next(iter(change))):
            api.resume(str(run.path))
    run.write_text("recipe.toml", recipe.set({"training.epochs": 4, "training.keep_masks": 3}).to_toml())
    assert api.resume(str(run.path))["epochs"] == 4


def test_a_moved_frozen_buffer_is_told(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlstudio.training.setup import Setup

    original = Setup.train_mode

    def with_a_leak(self: Setup) -> None:
        original(self)
        self.module.get_buffer("bn1.running_mean").add_(1e-3)

    monkeypatch.setattr(Setup, "train_mode", with_a_leak)
    _, said = _train(_recipe(photos), tmp_path / "run")
    proof = next(event for event in said if isinstance(event, FrozenProof) and event.epoch is None)
    assert not proof.ok
    assert proof.moved == ["bn1.running_mean"]


def test_a_loss_that_is_no_number_is_said_in_words() -> None:
    log = StepLog(epoch=2, done=0, sums=StepLog.zero())
    log.add(torch.tensor(float("nan")), torch.zeros(4, 2), torch.zeros(4, dtype=torch.int64), (0.1, 0.1))
    with pytest.raises(StudioError, match="no number any more in epoch 2"):
        list(log.read())


def test_freezing_everything_is_refused(photos: Path, tmp_path: Path) -> None:
    paths = ("conv_stem", "bn1", "blocks", "conv_head", "bn2", "classifier")
    with pytest.raises(InputError, match="Nothing learns"):
        _train(_recipe(photos, frozen__strategy="custom", frozen__paths=paths), tmp_path / "run")


def test_a_device_that_is_not_there_is_refused(photos: Path, tmp_path: Path) -> None:
    if torch.backends.mps.is_available():
        pytest.skip("this machine has the device that others lack")
    with pytest.raises(InputError, match="no device 'mps'"):
        _train(_recipe(photos, training__device="mps"), tmp_path / "run")


def test_batch_size_one_and_a_last_batch_of_one(photos: Path, tmp_path: Path) -> None:
    recipe = (
        _recipe(photos, training__batch_size=3, training__epochs=1)
        .with_strategy("full")
        .set({"training.epochs": 1, "stages.head_epochs": 0})
    )
    _, said = _train(recipe, tmp_path / "run")
    started = next(event for event in said if isinstance(event, RunStarted))
    assert started.n_train % 3 == 1
    assert len(_losses(said)) == started.steps_per_epoch == started.n_train // 3


def test_one_image_too_small_for_batchnorm_is_refused(photos: Path, tmp_path: Path) -> None:
    base = {"training.epochs": 1, "training.batch_size": 1, "data.image_size": 32, "model.name": "mobilenet_v3_small"}
    with pytest.raises(InputError, match="too little to learn from"):
        _train(_recipe(photos).with_strategy("scratch").set(base), tmp_path / "run")
    _train(_recipe(photos).with_strategy("scratch").set({**base, "data.image_size": 64}), tmp_path / "larger")


def test_what_is_left_out_or_cannot_be_learned_is_told(photos: Path, tmp_path: Path) -> None:
    for split in ("train", "val"):
        shutil.copytree(photos, tmp_path / "insects" / split)
    (tmp_path / "insects" / "train" / "ants" / "broken.png").write_bytes(b"no picture")
    shutil.copytree(photos / "ants", tmp_path / "insects" / "val" / "wasps")
    _, said = _train(_recipe(tmp_path / "insects", training__epochs=1), tmp_path / "run")
    notes = [event.message for event in said if isinstance(event, Note)]
    assert any(note.startswith("1 of 61 files cannot be used") for note in notes)
    assert any("'wasps'" in note and "cannot be learned" in note for note in notes)


def test_a_pause_is_not_counted_as_work(photos: Path, tmp_path: Path, every_step: None) -> None:
    class Resting(Control):
        """Rests for as long, from when the job heeds it."""

        def check(self) -> None:
            if self.paused:
                threading.Timer(0.6, self.go_on).start()
            super().check()

    control = Resting()
    run = Run.create(_recipe(photos, training__epochs=2), tmp_path / "run")
    said = []
    for event in fit(run.recipe(), run, control=control):
        said.append(event)
        if isinstance(event, Steps) and event.epoch == 2 and event.first == 1:
            control.pause()
    learned = next(event.n_train for event in said if isinstance(event, RunStarted)) // 6 * 6  # a batch is six
    first, second = (event for event in said if isinstance(event, EpochEnded))
    assert second.at - first.at > 0.59
    assert second.seconds < second.at - first.at - 0.3  # the timer may be ahead of the thread that it lets go on
    assert second.images_per_second * second.seconds >= learned  # as fast as without the pause


def test_weights_that_went_out_of_bounds_are_never_the_best(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(forward: object, batches: object) -> Generator[int, None, Measured]:
        yield 4
        return Measured(torch.full((4, 2), float("nan")), torch.zeros(4, dtype=torch.int64))

    monkeypatch.setattr(setting_up, "measured", nowhere)
    with pytest.raises(StudioError, match="no number any more in epoch 1"):
        _train(_recipe(photos), tmp_path / "run")
    assert not (tmp_path / "run" / "best.safetensors").exists()
