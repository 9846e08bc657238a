"""Training on masks, end to end: what must hold whatever the recipe."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from tests.scenes import NAMES, pairs, scene
from tlstudio import api
from tlstudio.control import Control
from tlstudio.data import masks, overlay_index
from tlstudio.data.masks import Coding
from tlstudio.errors import InputError
from tlstudio.events import EpochEnded, Event, FrozenProof, MasksKept, Note, PrefixCached, RunStarted, Steps
from tlstudio.models.network import build
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import budget, losses, mask_scores, mask_tiles
from tlstudio.training.fit import fit
from tlstudio.training.learner import Learner


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    return pairs(tmp_path / "scenes")


def _recipe(scenes: Path, **changes: Any) -> Recipe:
    base = {
        **{"data.path": str(scenes), "data.task": "segmentation", "data.image_size": 64, "head.kind": "lraspp"},
        **{"head.options": {"width": 16}, "training.epochs": 2, "training.batch_size": 3},
    }
    return Recipe().set(base | {key.replace("__", "."): value for key, value in changes.items()})


def _train(recipe: Recipe, folder: Path, control: Control | None = None) -> tuple[Run, list[Event]]:
    run = Run.create(recipe, folder)
    return run, list(fit(recipe, run, control=control))


def _of(kind: type[Any], said: list[Event]) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


def test_head_only_learns_masks_and_leaves_the_encoder_as_published(scenes: Path, tmp_path: Path) -> None:
    run, said = _train(_recipe(scenes, training__epochs=6), tmp_path / "run")
    epochs = _of(EpochEnded, said)
    assert epochs[-1].train_loss < epochs[0].train_loss
    assert max(event.val_mean_iou for event in epochs) > 0.4
    assert all(event.correct is None for event in epochs)
    assert _of(RunStarted, said)[0].classes == list(NAMES)
    assert _of(RunStarted, said)[0].cached
    start = build("efficientnet_lite0", classes=3, head=_recipe(scenes).head, task="segmentation").module.state_dict()
    trained = load_file(run.best)
    assert trained.keys() == start.keys()
    moved = {name for name in trained if not torch.equal(trained[name], start[name])}
    assert moved
    assert all(name.startswith("head.") for name in moved)
    assert _of(FrozenProof, said)[0].ok


def test_kept_maps_measure_what_the_whole_network_measures(scenes: Path, tmp_path: Path) -> None:
    kept = Run(_train(_recipe(scenes, training__epochs=1), tmp_path / "kept")[0].path).summary()
    whole = Run(_train(_recipe(scenes, training__epochs=1, training__cache="exact"), tmp_path / "whole")[0].path).summary()
    assert kept is not None
    assert whole is not None
    assert kept["features_kept"]
    assert not whole["features_kept"]
    for name, value in kept["metrics"].items():
        if isinstance(value, float):
            assert value == pytest.approx(whole["metrics"][name], abs=0.02), name  # the backbone saw other batches


def test_kept_maps_of_augmented_scenes_come_with_their_masks_and_are_found_again(scenes: Path, tmp_path: Path) -> None:
    augmented = {"augment__enabled": True, "training__epochs": 2}
    said = _train(_recipe(scenes, **augmented), tmp_path / "kept")[1]
    kept = _of(PrefixCached, said)[0]
    assert (kept.how, kept.views) == ("features", 2)
    exact = _train(_recipe(scenes, training__cache="exact", **augmented), tmp_path / "whole")[1]
    losses_of = [[loss for event in _of(Steps, events) for loss in event.loss] for events in (said, exact)]
    assert losses_of[0] == pytest.approx(losses_of[1], rel=1e-2)
    again = _train(_recipe(scenes, **augmented), tmp_path / "again")[1]
    assert _of(PrefixCached, again)[0].computed == 0
    assert [loss for event in _of(Steps, again) for loss in event.loss] == losses_of[0]


def test_another_head_that_takes_other_maps_finds_none_of_the_kept_ones(scenes: Path, tmp_path: Path) -> None:
    heads = {"lraspp": {"width": 16}, "deeplab": {}, "fpn": {}}
    for name, options in heads.items():
        said = _train(_recipe(scenes, head__kind=name, head__options=options, training__epochs=1), tmp_path / name)[1]
        assert _of(PrefixCached, said)[0].reused == 0, name


def test_the_last_block_learns_from_a_cut_where_scenes_have_one_shape(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "WORTH", {"cpu": 0.0})
    recipe = _recipe(scenes).with_strategy("last-block").set({"training.epochs": 2, "stages.head_epochs": 0, "augment.enabled": False})
    said = _train(recipe, tmp_path / "cut")[1]
    assert _of(PrefixCached, said)[0].how == "graph"
    exact = _train(recipe.set({"training.cache": "exact"}), tmp_path / "whole")[1]
    losses_of = [[loss for event in _of(Steps, events) for loss in event.loss] for events in (said, exact)]
    assert losses_of[0] == pytest.approx(losses_of[1], rel=1e-2)


def test_evaluate_gives_the_summary_and_masks_that_score_so(scenes: Path, tmp_path: Path) -> None:
    run, _ = _train(_recipe(scenes), tmp_path / "run")
    summary = run.summary()
    assert summary is not None
    document = api.evaluate(str(run.path))
    metrics = summary["metrics"]
    assert document["metrics"] == {name.removeprefix("val_"): value for name, value in metrics.items() if name != "val_iou"}
    assert {row["name"]: row["iou"] for row in document["per_class"]} == metrics["val_iou"]
    # the masks on disk, read with nothing of the program but Pillow, have that confusion
    said = json.loads((Path(document["masks"]) / "index.json").read_text())
    confusion = np.zeros((3, 3), np.int64)
    for image in said["images"]:
        predicted = np.asarray(Image.open(Path(document["masks"]) / image["prediction"]))
        truth = np.asarray(Image.open(image["truth"]))
        np.add.at(confusion, (truth.ravel(), predicted.ravel()), 1)
        assert image["iou"] == pytest.approx(mask_scores.mean_iou(mask_scores.confusion(predicted, truth, 3)))
    assert confusion.tolist() == document["confusion"]
    right = np.diag(confusion)
    assert document["metrics"]["mean_iou"] == pytest.approx(np.mean(right / (confusion.sum(0) + confusion.sum(1) - right)))
    assert document["metrics"]["pixel_accuracy"] == pytest.approx(right.sum() / confusion.sum())


def test_evaluate_gives_the_summary_of_pictures_that_are_looked_at_through_windows(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mask_tiles, "WHOLE", 64 * 64)
    monkeypatch.setattr(mask_tiles, "SIDE", 64)
    run, said = _train(_recipe(scenes, training__epochs=1), tmp_path / "run")
    assert not _of(RunStarted, said)[0].cached  # windows have maps of their own
    summary = run.summary()
    assert summary is not None
    document = api.evaluate(str(run.path))
    assert document["metrics"] == {name.removeprefix("val_"): value for name, value in summary["metrics"].items() if name != "val_iou"}


def test_a_run_goes_on_where_the_data_were_moved_but_not_where_values_mean_other_classes(scenes: Path, tmp_path: Path) -> None:
    def masks_apart(to: Path) -> Path:
        for file in scenes.rglob("masks/*.png"):
            place = to / file.parent.parent.name / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
        shutil.copy(scenes / "classes.txt", to)
        return to

    first, second = masks_apart(tmp_path / "first"), masks_apart(tmp_path / "second")
    pictures = tmp_path / "pictures"
    for file in scenes.rglob("images/*.png"):
        place = pictures / file.parent.parent.name / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    recipe = _recipe(pictures, data__masks=str(first), training__epochs=1)
    run, _ = _train(recipe, tmp_path / "run")
    moved = recipe.set({"data.masks": str(second), "training.epochs": 2})
    assert [event.epoch for event in _of(EpochEnded, list(fit(moved, run)))] == [2]
    (second / "classes.txt").write_text("0 disc\n1 box\n2 ground\n")
    with pytest.raises(InputError, match=r"images of the run .* have changed"):
        list(fit(moved.set({"training.epochs": 3}), run))


def test_other_pictures_are_evaluated_by_the_names_of_their_classes(scenes: Path, tmp_path: Path) -> None:
    run, _ = _train(_recipe(scenes, training__epochs=1), tmp_path / "run")
    other = pairs(tmp_path / "other", train=0, val=2, names=False)
    for file in other.rglob("masks/*.png"):  # the same classes under other values
        labels = np.asarray(Image.open(file))
        Image.fromarray(np.array([7, 5, 9], np.uint8)[labels]).save(file)
    (other / "val").rename(other / "pictures")
    (other / "pictures" / "classes.txt").write_text("5 box\n7 ground\n9 disc\n")
    document = api.evaluate(str(run.path), data=str(other / "pictures"))
    assert document["n"] == 2
    assert sum(map(sum, document["confusion"])) == 2 * 64 * 48
    truth = sum((scene(n)[1] == 1).sum() for n in (1, 2))
    assert sum(document["confusion"][1]) == truth


def test_masks_are_kept_epoch_by_epoch(scenes: Path, tmp_path: Path) -> None:
    run, said = _train(_recipe(scenes, training__keep_masks=2, training__epochs=4), tmp_path / "run")
    kept = _of(MasksKept, said)
    assert [event.epoch for event in kept] == [2, 4]
    document = overlay_index.read(Path(kept[-1].folder))
    assert [Path(image["path"]).name for image in document["images"]] == ["s09.png", "s10.png", "s11.png"]
    first = document["images"][0]
    own = masks.own([one["name"] for one in document["classes"]], [tuple(one["colour"]) for one in document["classes"]])
    predicted = masks.read(Path(first["prediction"]), own)
    truth = masks.read(Path(first["truth"]), Coding.from_json(document["coding"]))
    assert predicted.shape == truth.shape == (48, 64)
    assert first["iou"] == pytest.approx(mask_scores.mean_iou(mask_scores.confusion(predicted, truth, 3)))
    assert run.path in Path(kept[0].folder).parents


@pytest.mark.parametrize("strategy", ["last-block", "full", "scratch"])
def test_every_strategy_trains(scenes: Path, tmp_path: Path, strategy: str) -> None:
    recipe = _recipe(scenes).with_strategy(strategy).set({"training.epochs": 1, "augment.enabled": True})
    run, said = _train(recipe, tmp_path / "run")
    assert _of(FrozenProof, said)[0].ok
    assert all(np.isfinite(step.loss).all() for step in _of(Steps, said))
    assert run.summary() is not None


def test_a_resumed_run_ends_as_one_that_was_never_interrupted(scenes: Path, tmp_path: Path, every_step: None) -> None:
    recipe = _recipe(scenes, training__epochs=3, augment__enabled=True)
    whole = _train(recipe, tmp_path / "whole")[0]
    run, control = Run.create(recipe, tmp_path / "cut"), Control()
    for event in fit(recipe, run, control=control):
        if isinstance(event, EpochEnded) and event.epoch == 1:
            break
    list(fit(recipe, run))
    one, other = load_file(whole.best), load_file(run.best)
    assert all(torch.equal(one[name], other[name]) for name in one)
    ours, theirs = run.summary(), whole.summary()
    assert ours is not None
    assert theirs is not None
    assert ours["metrics"] == theirs["metrics"]


def test_a_batch_with_nothing_but_ignored_pixels_moves_no_weight() -> None:
    """Neither by its gradient, which is 0, nor by what the optimizer remembers of earlier ones."""
    recipe = Recipe().set({"data.task": "segmentation", "head.kind": "lraspp", "head.options": {"width": 16}, "loss.kind": "dice"})
    network = build("efficientnet_lite0", classes=3, head=recipe.head, weights="random", task="segmentation")
    learner = Learner(recipe, network, torch.device("cpu"), losses.make(recipe.loss, NAMES, [5, 5, 5]))
    inputs, labels = torch.rand(2, 3, 64, 64), torch.randint(0, 3, (2, 64, 64))
    learner.train_mode()
    learner.step(learner.module, inputs, labels, 0)
    before = [weight.clone() for weight in learner.learning]
    loss, _ = learner.step(learner.module, inputs, torch.full_like(labels, masks.IGNORE), 1)
    assert float(loss.detach()) == 0
    assert all(torch.equal(weight, kept) for weight, kept in zip(learner.learning, before, strict=True))
    learner.step(learner.module, inputs, labels, 2)
    assert not all(torch.equal(weight, kept) for weight, kept in zip(learner.learning, before, strict=True))


def test_pictures_with_nothing_but_ignored_pixels_stop_no_run(scenes: Path, tmp_path: Path) -> None:
    for file in sorted(scenes.glob("train/masks/*.png"))[:6]:
        labels = np.asarray(Image.open(file)).copy()
        labels[:, :] = 255
        Image.fromarray(labels).save(file)
    _, said = _train(_recipe(scenes, training__batch_size=2), tmp_path / "run")
    assert all(np.isfinite(event.val_loss) for event in _of(EpochEnded, said))


def test_masks_without_their_task_are_refused_with_the_way_out(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="segmentation"):
        _train(Recipe().set({"data.path": str(scenes)}), tmp_path / "run")


def test_a_full_disk_costs_only_the_kept_masks(scenes: Path, tmp_path: Path) -> None:
    recipe = _recipe(scenes, training__epochs=1)
    run = Run.create(recipe, tmp_path / "run")
    (run.path / "masks").write_text("in the way")
    said = list(fit(recipe, run))
    assert any("could not be kept" in event.message for event in _of(Note, said))
    assert run.summary() is not None
