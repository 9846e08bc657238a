"""What a recipe can say about learning, in true runs: every loss, schedule, optimizer and head; averages, rates by layer, cuts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.saved import interrupted
from tlstudio import api
from tlstudio.errors import InputError
from tlstudio.events import EpochEnded, Event, RunStarted, Steps
from tlstudio.models.network import build
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import losses, optimizers, schedules
from tlstudio.training.fit import fit
from tlstudio.training.learner import Learner

CPU = torch.device("cpu")


def recipe_of(photos: Path, **changes: Any) -> Recipe:
    base = {"data.path": str(photos), "data.image_size": 64, "training.epochs": 2, "training.batch_size": 6, "data.test_share": 0.0}
    return Recipe().set(base | {key.replace("__", "."): value for key, value in changes.items()})


def train(recipe: Recipe, folder: Path) -> tuple[Run, list[Event]]:
    run = Run.create(recipe, folder)
    return run, list(fit(api.validate(recipe), run))


def losses_of(said: list[Event]) -> list[float]:
    return [loss for event in said if isinstance(event, Steps) for loss in event.loss]


@pytest.mark.parametrize(
    "choice",
    [
        {"loss.kind": kind, "head.kind": "mlp_log_softmax" if kind == "nll" else "linear"}
        for kind, found in losses.REGISTRY.kinds().items()
        if found.suits("classification")
    ]
    + [{"optimizer.kind": kind, "optimizer.lr": 0.01} for kind in optimizers.REGISTRY.kinds()]
    + [{"schedule.kind": kind, "schedule.warmup": 0.5} for kind in schedules.REGISTRY.kinds()]
    + [{"head.kind": kind} for kind in ("mlp", "extra_layer", "cosine", "dropout_linear")],
    ids=lambda choice: "-".join(str(value) for value in choice.values()),
)
def test_every_choice_learns_and_is_evaluated_as_its_summary_says(photos: Path, tmp_path: Path, choice: dict[str, Any]) -> None:
    run, said = train(recipe_of(photos).set({"training.epochs": 4} | choice), tmp_path / "run")
    found = losses_of(said)
    assert sum(found[-3:]) < sum(found[:3])
    assert any(event.cached for event in said if isinstance(event, RunStarted))
    summary = run.summary()
    assert summary is not None
    assert summary["frozen_proof"]["ok"]
    assert summary["peak_memory"] > 10_000_000
    document = api.evaluate(str(run.path))
    assert document["metrics"]["accuracy"] == summary["metrics"]["val_accuracy"]
    assert document["metrics"]["loss"] == summary["metrics"]["val_loss"]


EVERYTHING = {
    "training.ema": 0.9,
    "schedule.kind": "plateau",
    "schedule.options": {"patience": 1, "threshold": 0.9},
    "schedule.warmup": 0.5,
    "optimizer.clip_norm": 0.5,
    "optimizer.layer_decay": 0.7,
    "optimizer.multipliers": {"blocks.6": 0.5},
    "optimizer.decay_norms": False,
    "loss.options": {"label_smoothing": 0.1, "class_weights": "balanced"},
    "head.kind": "mlp",
}


@pytest.mark.parametrize("stop_after", [2, 9])
def test_all_of_it_resumes_to_the_bit(photos: Path, tmp_path: Path, stop_after: int, every_step: None) -> None:
    recipe = recipe_of(photos).with_strategy("last-block").set({"training.epochs": 4} | EVERYTHING)
    whole, said = train(recipe, tmp_path / "whole")
    rates = [rate for event in said if isinstance(event, Steps) for rate in event.lr]
    assert min(rates[6:]) < 0.2 * max(rates)  # the plateau was seen
    interrupted(recipe, tmp_path / "cut", stop_after, whole, said)


def test_the_average_is_what_is_judged_and_kept(photos: Path, tmp_path: Path) -> None:
    plain, _ = train(recipe_of(photos, training__epochs=1), tmp_path / "plain")
    averaged, said = train(recipe_of(photos, training__epochs=1, training__ema=0.5), tmp_path / "averaged")
    same_steps = losses_of(list(fit(recipe_of(photos, training__epochs=1), Run.create(recipe_of(photos), tmp_path / "again"))))
    assert losses_of(said) == same_steps  # training itself is not touched
    one, other = load_file(plain.best), load_file(averaged.best)
    assert not torch.equal(one["classifier.weight"], other["classifier.weight"])
    assert api.evaluate(str(averaged.path))["metrics"]["loss"] == next(e.val_loss for e in said if isinstance(e, EpochEnded))


def test_a_step_is_no_longer_than_the_clip_allows() -> None:
    network = build("mobilenet_v3_small", classes=3, weights="random")
    recipe = Recipe().set({"optimizer.kind": "sgd", "optimizer.options": {"momentum": 0.0}, "optimizer.clip_norm": 0.1})
    recipe = recipe.set({"model.name": "mobilenet_v3_small", "frozen.strategy": "full", "optimizer.weight_decay": 0.0})
    learner = Learner(recipe, network, CPU, losses.make(recipe.loss, "abc", [1, 1, 1]))
    learner.set_rates((1.0, 1.0))
    before = [parameter.detach().clone() for parameter in learner.learning]
    learner.train_mode()
    learner.step(learner.module, torch.randn(4, 3, 64, 64), torch.tensor([0, 1, 2, 0]), 0)
    moved = torch.stack([(now.detach() - then).norm() for now, then in zip(learner.learning, before, strict=True)]).norm()
    assert float(moved) == pytest.approx(0.1, rel=0.02)


def test_a_network_cut_at_a_layer_is_trained_kept_and_opened_again(photos: Path, tmp_path: Path) -> None:
    recipe = recipe_of(photos).set({"model.cut": "blocks.2", "head.kind": "linear"})
    run, said = train(recipe, tmp_path / "run")
    assert next(event for event in said if isinstance(event, RunStarted)).cached
    kept = load_file(run.best)
    assert not any(name.startswith(("blocks.3", "conv_head", "classifier")) for name in kept)
    summary = run.summary()
    assert summary is not None
    assert api.evaluate(str(run.path))["metrics"]["loss"] == summary["metrics"]["val_loss"]


def test_auxiliary_heads_learn_and_are_not_judged(photos: Path, tmp_path: Path) -> None:
    recipe = recipe_of(photos).set({"model.name": "googlenet", "data.image_size": 96, "training.epochs": 1})
    recipe = recipe.with_strategy("scratch").set({"training.epochs": 1})
    with_aux, said = train(recipe, tmp_path / "with")
    without, other = train(recipe.set({"model.aux": 0}), tmp_path / "without")
    assert losses_of(said)[0] > 1.2 * losses_of(other)[0]  # two more heads of random weights add their loss
    assert any(name.startswith("aux1.") for name in load_file(with_aux.best))
    assert not any(name.startswith("aux1.") for name in load_file(without.best))


def test_what_does_not_go_together_is_told_before_anything_is_read(photos: Path) -> None:
    with pytest.raises(InputError, match="logarithms of probabilities"):
        api.validate(recipe_of(photos, loss__kind="nll"))
    with pytest.raises(InputError, match="made for masks"):
        api.validate(recipe_of(photos, model__name="fcn_resnet50"))
    with pytest.raises(InputError, match="does not fit"):
        api.validate(recipe_of(photos, head__kind="deeplab"))


def test_a_head_with_batchnorm_cannot_learn_from_single_images(photos: Path, tmp_path: Path) -> None:
    recipe = recipe_of(photos, head__kind="mlp", head__options={"batch_norm": True}, training__batch_size=1)
    with pytest.raises(InputError, match=r"One image .* too little"):
        train(recipe, tmp_path / "run")
