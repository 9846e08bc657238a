"""Stages: what a recipe plans, and runs that go through several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.saved import interrupted
from tlstudio import api
from tlstudio.control import Control
from tlstudio.errors import InputError
from tlstudio.events import EpochEnded, FrozenProof, PrefixCached, Progress, RunEnded, RunStarted, StageStarted
from tlstudio.models.freezing import frozen_paths, presets
from tlstudio.models.network import Network, build
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.fit import fit
from tlstudio.training.place import Place
from tlstudio.training.schedules import rates
from tlstudio.training.setup import learning_of
from tlstudio.training.stages import at, plan


@pytest.fixture(scope="module")
def network() -> Network:
    return build("efficientnet_lite0", classes=2, weights="random")


def _recipe(photos: Path | str, strategy: str, **changes: Any) -> Recipe:
    base = {"data.path": str(photos), "data.image_size": 64, "training.batch_size": 6, "data.test_share": 0.0}
    said = {key.replace("__", "."): value for key, value in changes.items()}
    return Recipe().set(base).with_strategy(strategy).set(said)


def test_head_only_and_from_scratch_are_one_stage(network: Network) -> None:
    for strategy, learns in (("head", "head"), ("scratch", "everything, from scratch")):
        recipe = _recipe("x", strategy, stages__head_epochs=5)
        (only,) = plan(recipe, network)
        assert only.recipe is recipe
        assert (only.first, only.last, only.learns, only.warm) == (1, recipe.training.epochs, learns, False)


@pytest.mark.parametrize("strategy", ["last-block", "full"])
def test_the_head_learns_first_where_more_learns_later(network: Network, strategy: str) -> None:
    recipe = _recipe("x", strategy, stages__head_epochs=3, training__epochs=4)
    head, main = plan(recipe, network)
    assert (head.name, head.first, head.last, head.warm) == ("head", 1, 3, True)
    assert (main.first, main.last, main.warm) == (4, 7, False)
    assert main.recipe is recipe
    assert head.recipe.optimizer.lr == recipe.stages.head_lr
    frozen = frozen_paths(network, head.recipe.frozen)
    assert set(presets(network)["head"]) <= set(frozen)
    assert not any(path.startswith("classifier") for path in frozen)
    assert len(plan(recipe.set({"stages.head_epochs": 0}), network)) == 1


def test_what_the_user_froze_of_the_head_stays_frozen_while_the_head_learns_first(network: Network) -> None:
    recipe = _recipe("x", "custom", frozen__paths=["blocks.0", "classifier.bias"], stages__head_epochs=2)
    head, _ = plan(recipe, network)
    assert "classifier.bias" in frozen_paths(network, head.recipe.frozen)
    whole = _recipe("x", "custom", frozen__paths=["blocks.0", "classifier"], stages__head_epochs=2)
    assert len(plan(whole, network)) == 1, "a frozen head has nothing to learn alone"
    alone = _recipe("x", "custom", frozen__paths=presets(network)["head"], stages__head_epochs=2)
    assert len(plan(alone, network)) == 1, "the head learns alone anyway"


def test_gradual_unfreezes_from_the_last_block_on(network: Network) -> None:
    recipe = _recipe("x", "gradual", stages__head_epochs=2, stages__steps=3, stages__blocks=2, training__epochs=7)
    stages = plan(recipe, network)
    assert [stage.learns for stage in stages] == ["head", "last 2 blocks", "last 4 blocks", "last 6 blocks"]
    assert [(stage.first, stage.last) for stage in stages] == [(1, 2), (3, 4), (5, 6), (7, 9)]
    lr = recipe.optimizer.lr
    assert [stage.recipe.optimizer.lr for stage in stages[1:]] == pytest.approx([lr, lr / 2, lr / 4])
    learning = [learning_of(network, stage.recipe) for stage in stages]
    assert learning == sorted(learning)
    assert len(set(learning)) == 4
    deep = plan(recipe.set({"stages.blocks": 100}), network)
    assert [stage.learns for stage in deep] == ["head", "everything"]
    assert [stage.learns for stage in plan(recipe.set({"training.epochs": 1}), network)] == ["head", "last 2 blocks"]


def test_a_plan_of_ones_own(network: Network) -> None:
    own = [{"learns": "head", "epochs": 2, "lr": 0.1}, {"learns": "blocks.5", "epochs": 3, "backbone_lr": 0.5}, {"learns": "everything"}]
    stages = plan(_recipe("x", "full", stages__own=own), network)
    assert [(stage.learns, stage.first, stage.last) for stage in stages] == [
        ("head", 1, 2),
        ("from blocks.5 on", 3, 5),
        ("everything", 6, 10),
    ]
    assert stages[0].recipe.optimizer.lr == 0.1
    assert stages[1].recipe.optimizer.backbone_lr == 0.5
    assert "blocks.4" in stages[1].recipe.frozen.paths or "blocks" not in stages[1].recipe.frozen.paths
    with pytest.raises(InputError, match=r"blocks\.55"):
        plan(_recipe("x", "full", stages__own=[{"learns": "blocks.55"}]), network)


def test_a_run_that_is_trained_longer_has_another_stage_like_its_last(network: Network) -> None:
    longer = [{"epochs": 3, "share": 0.5}, {"epochs": 1}]
    recipe = _recipe("x", "gradual", stages__head_epochs=2, training__epochs=5, stages__longer=longer)
    stages = plan(recipe, network)
    assert [(stage.learns, stage.first, stage.last) for stage in stages[-3:]] == [
        ("last 2 blocks", 5, 7),
        ("last 2 blocks, longer", 8, 10),
        ("last 2 blocks, longer", 11, 11),
    ]
    last, first, second = (stage.recipe for stage in stages[-3:])
    assert last.frozen == first.frozen == second.frozen
    assert [its.optimizer.lr / last.optimizer.lr for its in (first, second)] == pytest.approx([0.5, 0.05])
    (head, again) = plan(_recipe("x", "head", stages__longer=[{"epochs": 4}]), network)
    assert (again.recipe.frozen, again.warm) == (head.recipe.frozen, False)
    assert len(rates(recipe, 3)["lr"]) == 11 * 3


def test_at_finds_the_stage_of_the_next_epoch(network: Network) -> None:
    stages = plan(_recipe("x", "full", stages__head_epochs=3, training__epochs=4), network)
    assert [at(stages, done).first for done in range(9)] == [1, 1, 1, 4, 4, 4, 4, 4, 4]


def test_the_planned_rates_go_through_all_stages() -> None:
    recipe = _recipe("x", "gradual", stages__head_epochs=2, training__epochs=5, schedule__kind="constant")
    planned = rates(recipe, 1)
    assert planned["lr"] == pytest.approx([0.01] * 2 + [0.002] * 2 + [0.001] * 3)
    assert planned["backbone_lr"] == pytest.approx([0.0] * 2 + [0.0005] * 2 + [0.00025] * 3)


def test_a_run_goes_through_its_stages(photos: Path, tmp_path: Path) -> None:
    recipe = _recipe(photos, "gradual", stages__head_epochs=2, training__epochs=2)
    run = Run.create(recipe, tmp_path / "run")
    said = list(fit(recipe, run))
    started = next(event for event in said if isinstance(event, RunStarted))
    assert started.epochs == 4
    stages = [event for event in said if isinstance(event, StageStarted)]
    assert [(stage.learns, stage.first_epoch, stage.last_epoch) for stage in stages] == [
        ("head", 1, 2),
        ("last block", 3, 3),
        ("last 2 blocks", 4, 4),
    ]
    assert stages[0].backbone_lr is None
    assert stages[1].backbone_lr == recipe.optimizer.backbone_lr
    epochs = [event for event in said if isinstance(event, EpochEnded)]
    assert [event.epoch for event in epochs] == [1, 2, 3, 4]
    assert [event.stage for event in epochs] == ["head", "head", "last block", "last 2 blocks"]
    kept = [event for event in said if isinstance(event, PrefixCached)]
    assert len(kept) == 3
    assert kept[0].how == "features"
    proof = next(event for event in said if isinstance(event, FrozenProof) and event.epoch is None)
    assert proof.ok
    assert isinstance(said[-1], RunEnded)
    assert said[-1].summary["epochs"] == 4
    assert said[-1].summary["best_epoch"] > 2, "what the head came to alone is not what the run is for"
    start = build("efficientnet_lite0", classes=2).module.state_dict()
    trained = load_file(run.best)
    assert all(torch.equal(trained[name], start[name]) for name in trained if name.startswith(("conv_stem", "blocks.0.", "blocks.4.")))
    assert not torch.equal(trained["blocks.6.0.conv_pw.weight"], start["blocks.6.0.conv_pw.weight"])


@pytest.mark.parametrize("stop_after", [3, 8, 9, 13])
def test_resumed_in_any_stage_equals_uninterrupted_to_the_bit(photos: Path, tmp_path: Path, stop_after: int, every_step: None) -> None:
    recipe = _recipe(photos, "gradual", stages__head_epochs=2, training__epochs=2, training__batch_size=5)
    whole = Run.create(recipe, tmp_path / "whole")
    said = list(fit(recipe, whole))
    interrupted(recipe, tmp_path / "cut", stop_after, whole, said)


def test_progress_never_goes_back_between_stages(photos: Path, tmp_path: Path) -> None:
    recipe = _recipe(photos, "gradual", stages__head_epochs=2, training__epochs=2)
    said = list(fit(recipe, Run.create(recipe, tmp_path / "run")))
    shares = [event.overall for event in said if isinstance(event, Progress) and event.phase != "scan" and event.overall is not None]
    assert shares == sorted(shares)
    assert shares[-1] <= 1.0


def test_the_best_of_an_earlier_stage_is_measured_with_its_own_backbone(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = Place.judge
    monkeypatch.setattr(Place, "judge", lambda place, setup, epoch, found: epoch == 1 and judge(place, setup, epoch, found))
    own = [{"learns": "everything", "epochs": 2}, {"learns": "head", "epochs": 2}]
    recipe = _recipe(photos, "full", stages__own=own)
    run = Run.create(recipe, tmp_path / "run")
    ended = list(fit(recipe, run))[-1]
    assert isinstance(ended, RunEnded)
    assert ended.summary["best_epoch"] == 1
    assert api.evaluate(str(run.path))["metrics"]["loss"] == ended.summary["metrics"]["val_loss"]


def test_stop_while_a_resumed_run_computes_again_leaves_its_choice(photos: Path, tmp_path: Path, every_step: None) -> None:
    recipe = _recipe(photos, "head", training__epochs=4)
    run = Run.create(recipe, tmp_path / "run")
    training = fit(recipe, run)
    while not (isinstance(event := next(training), EpochEnded) and event.epoch == 3):
        pass
    training.close()
    api.forget_kept()
    control = Control()
    for event in fit(recipe, run, control=control):
        if isinstance(event, Progress) and event.phase == "features":
            control.stop()
    (run.path / "summary.json").unlink(missing_ok=True)
    kept = [event for event in fit(recipe, run) if isinstance(event, PrefixCached)]
    assert [event.how for event in kept] == ["features"]


def test_other_epochs_are_refused_where_stages_would_move_behind_the_run(photos: Path, tmp_path: Path, every_step: None) -> None:
    recipe = _recipe(photos, "gradual", stages__head_epochs=1, training__epochs=2)
    run = Run.create(recipe, tmp_path / "run")
    training = fit(recipe, run)
    while not (isinstance(event := next(training), EpochEnded) and event.epoch == 3):
        pass
    training.close()
    with pytest.raises(InputError, match=r"training\.epochs"):
        list(fit(recipe.set({"training.epochs": 6}), run))


def test_averaged_weights_whose_file_is_lost_are_written_whole(photos: Path, tmp_path: Path, every_step: None) -> None:
    recipe = _recipe(photos, "full", stages__head_epochs=2, training__epochs=1, training__ema=0.9)
    run = Run.create(recipe, tmp_path / "run")
    training = fit(recipe, run)
    while not (isinstance(event := next(training), EpochEnded) and event.epoch == 1):
        pass
    training.close()
    run.best.unlink(missing_ok=True)
    list(fit(recipe, run))
    assert load_file(run.best).keys() == build("efficientnet_lite0", classes=2).module.state_dict().keys()
