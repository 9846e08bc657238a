"""What another model or another task changes in a recipe, and what images bring with them."""

from __future__ import annotations

from typing import Any

from tlstudio.gui.data_choice import of_images, read_otherwise
from tlstudio.gui.model_choice import entry_of, inspection, other_model, other_task
from tlstudio.gui.session import Session
from tlstudio.recipe import Data, Recipe


def test_the_model_stays_where_it_can_learn_masks() -> None:
    recipe = Recipe().set(
        {"frozen.strategy": "custom", "frozen.paths": ["blocks.0"], "optimizer.multipliers": {"blocks": 0.5}, "loss.kind": "focal"}
    )
    masks = other_task(recipe, "segmentation")
    assert (masks.data.task, masks.model.name, masks.head.kind) == ("segmentation", "efficientnet_lite0", "lraspp")
    assert (masks.frozen.strategy, masks.frozen.paths, masks.optimizer.multipliers) == ("head", (), {})
    assert entry_of(masks).role == "encoder"
    assert other_task(masks, "classification").head.kind == "linear"


def test_a_model_that_cannot_makes_way_with_its_weights() -> None:
    recipe = Recipe().with_strategy("full").set({"model.name": "resnet18", "model.weights": "/mine.pt", "loss.kind": "hinge"})
    masks = other_task(recipe, "segmentation")
    assert (masks.model.name, masks.model.weights, masks.loss.kind) == ("efficientnet_lite0", "pretrained", "cross_entropy")
    assert masks.frozen.strategy == "full"
    assert other_task(recipe.with_strategy("scratch"), "segmentation").model.weights == "random"
    back = other_task(Recipe().set({"data.task": "segmentation", "model.name": "fcn_resnet50", "head.kind": "fcn"}), "classification")
    assert (back.model.name, back.head.kind) == ("efficientnet_lite0", "linear")


def test_a_model_for_masks_brings_the_head_that_fits() -> None:
    masks = other_task(Recipe(), "segmentation")
    assert masks.set(other_model(masks, "fcn_resnet50")).head.kind == "fcn"  # LR-ASPP takes two maps
    assert "head.kind" not in other_model(masks, "lraspp_mobilenet_v3_large")


def test_the_tree_is_asked_for_the_task_of_masks_alone() -> None:
    assert "task" not in inspection(Recipe())
    assert inspection(Recipe().set({"data.task": "segmentation"}), 3)["task"] == "segmentation"


def test_images_bring_their_task_and_take_away_what_was_said_of_others(scenes: dict[str, Any], data_document: dict[str, Any]) -> None:
    before = Recipe().set({"data.path": "/old", "data.class_names": ["a"], "data.ignore": [0], "data.layout": "voc", "data.val_share": 0.3})
    recipe = of_images(before, scenes, "Scenes")
    assert recipe.data.model_copy(update={"path": "", "task": "classification", "val_share": 0.2}) == Data()
    assert (recipe.name, recipe.data.task, recipe.data.val_share, recipe.head.kind) == ("Scenes", "segmentation", 0.3, "lraspp")
    assert of_images(recipe, scenes, "again") == recipe
    assert of_images(recipe, data_document, "Insects").head.kind == "linear"


def test_what_asks_for_reading_files_again() -> None:
    assert read_otherwise(Data(), Data(layout="voc"))
    assert read_otherwise(Data(), Data(ignore=(0,)))
    assert not read_otherwise(Data(), Data(val_share=0.1, class_names=("a", "b")))


def test_opening_masks_is_one_step_that_can_be_undone(session: Session, jobs: Any, scenes: dict[str, Any]) -> None:
    session.open_data(scenes["source"])
    jobs.last("scan").done.emit(scenes)
    assert (session.recipe.data.task, session.recipe.head.kind, session.undo.count()) == ("segmentation", "lraspp", 1)
    asked = jobs.last("inspect").args
    assert (asked["task"], asked["classes"], asked["head"]["kind"]) == ("segmentation", 3, "lraspp")
    session.undo.undo()
    assert session.recipe == Recipe()
    assert session.data.state == "empty"


def test_the_sample_of_a_task_and_another_task_for_the_same_images(session: Session, jobs: Any, scenes: dict[str, Any]) -> None:
    session.open_sample("segmentation")
    assert jobs.last("open_sample").args == {"task": "segmentation"}
    jobs.last("open_sample").done.emit(scenes)
    session.choose_task("classification")
    assert session.recipe.data.task == "classification"
    assert jobs.last("scan").args["recipe"]["data"]["task"] == "classification"
    session.undo.undo()
    assert jobs.last("scan").args["recipe"]["head"]["kind"] == "lraspp"
    n = len([job for job in jobs if job.job == "scan"])
    session.edit({"data.layout": "voc"}, "say the layout")
    assert session.data.state == "busy"
    assert len([job for job in jobs if job.job == "scan"]) == n + 1


def test_masks_of_a_run_or_of_a_folder_are_asked_for(session: Session) -> None:
    asked: list[tuple[str, ...]] = []
    session.masks_asked.connect(lambda place, split: asked.append((place, split)))
    session.asked_for.connect(lambda page: asked.append((page,)))
    session.show_masks("/runs/a", "val")
    session.show_masks("/runs/a/masks/epoch_0001")
    assert asked == [("/runs/a", "val"), ("overlay",), ("/runs/a/masks/epoch_0001", ""), ("overlay",)]


def test_the_same_folder_opened_again_is_read_as_was_said(session: Session, jobs: Any, scenes: dict[str, Any]) -> None:
    session.open_data(scenes["source"])
    jobs.last("scan").done.emit(scenes)
    session.edit({"data.ignore": (0,)}, "leave out the background")
    session.open_data(scenes["source"])
    assert jobs.last("scan").args["recipe"]["data"]["ignore"] == [0]


def test_a_loss_of_one_score_is_inspected_with_one_output() -> None:
    masks = Recipe().set({"data.task": "segmentation", "loss.kind": "bce"})
    assert inspection(masks, 2)["classes"] == 1
    assert inspection(masks, 3)["classes"] == 3
    assert inspection(masks)["classes"] is None
    assert inspection(Recipe(), 2)["classes"] == 2
