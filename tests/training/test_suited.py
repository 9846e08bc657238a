"""A recipe made fitting for what the images are laid out for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pictures import class_folders
from tests.scenes import pairs
from tlstudio import api
from tlstudio.recipe import Recipe
from tlstudio.training.suited import suited


@pytest.mark.parametrize("strategy", ["head", "last-block", "full", "scratch"])
def test_there_and_back_is_the_same_recipe(strategy: str) -> None:
    recipe = Recipe().with_strategy(strategy)
    masks = suited(recipe, "segmentation")
    assert (masks.model.name, masks.head.kind, masks.data.task) == ("efficientnet_lite0", "lraspp", "segmentation")
    assert api.validate(masks) == masks
    assert suited(masks, "classification") == recipe


def test_what_the_user_chose_stays() -> None:
    recipe = Recipe().with_strategy("full").set({"optimizer.lr": 0.003, "training.batch_size": 4, "loss.kind": "focal"})
    masks = suited(recipe, "segmentation")
    assert (masks.optimizer.lr, masks.training.batch_size, masks.loss.kind) == (0.003, 4, "focal")
    kept = suited(Recipe().with_strategy("full").set({"optimizer.lr": 0.002}), "segmentation", {"optimizer.lr"})
    assert kept.optimizer.lr == 0.002


def test_a_model_loss_and_head_that_cannot_do_it_are_replaced_unless_they_were_asked_for() -> None:
    recipe = Recipe().set({"model.name": "vgg11", "loss.kind": "hinge", "head.kind": "mlp"})
    masks = suited(recipe, "segmentation")
    assert (masks.model.name, masks.loss.kind, masks.head.kind) == ("efficientnet_lite0", "cross_entropy", "lraspp")
    asked = suited(recipe, "segmentation", {"model.name"})
    assert asked.model.name == "vgg11"
    own = suited(Recipe().set({"model.name": "fcn_resnet50"}), "segmentation")
    assert (own.model.name, own.head.kind) == ("fcn_resnet50", "fcn")


def test_the_task_is_found_by_looking(tmp_path: Path) -> None:
    scenes, photos = pairs(tmp_path / "scenes", train=2, val=1), class_folders(tmp_path / "photos")
    assert api.suited(Recipe().set({"data.path": str(scenes)})).data.task == "segmentation"
    assert api.suited(Recipe().set({"data.path": str(photos)})).data.task == "classification"


def test_a_task_that_was_asked_for_is_suited_whatever_the_images_look_like(tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos")
    asked = Recipe().with_strategy("full").set({"data.path": str(photos), "data.task": "segmentation"})
    assert api.suited(Recipe().set({"data.path": str(photos), "data.layout": "voc"}), {"data.layout"}).data.task == "segmentation"
    assert api.suited(asked, {"data.task"}) == suited(Recipe().with_strategy("full").set({"data.path": str(photos)}), "segmentation")
