"""Every loss on masks in true runs, and what the runs say afterwards: evaluation and prediction agree to the pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

from tests.scenes import pairs
from tlstudio import api
from tlstudio.data import overlay_index
from tlstudio.errors import InputError
from tlstudio.events import Event, Steps
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import losses

MASK_LOSSES = [kind for kind, found in losses.REGISTRY.kinds().items() if found.suits("segmentation")]


@pytest.fixture
def two_classes(tmp_path: Path) -> Path:
    """Pictures with something light on dark, or not, and masks of 0 and 255."""
    folder = tmp_path / "two"
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    rng = np.random.default_rng(3)
    for i in range(10):
        y, x = np.mgrid[:48, :64]
        inside = (x - rng.integers(16, 48)) ** 2 + (y - rng.integers(12, 36)) ** 2 < rng.integers(8, 14) ** 2
        pixels = rng.integers(0, 90, (48, 64, 3)) + 120 * inside[..., None]
        Image.fromarray(pixels.astype(np.uint8)).save(folder / "images" / f"{i}.png")
        Image.fromarray(inside.astype(np.uint8) * 255).save(folder / "masks" / f"{i}.png")
    return folder


def recipe_of(data: Path, **changes: Any) -> dict[str, Any]:
    return {
        "data": {"path": str(data), "task": "segmentation", "image_size": 64},
        "head": {"kind": "lraspp", "options": {"width": 16}},
        "training": {"epochs": 4, "batch_size": 4},
        **changes,
    }


@pytest.mark.parametrize("kind", [kind for kind in MASK_LOSSES if kind != "bce"])
def test_every_loss_learns_masks(kind: str, tmp_path: Path) -> None:
    said: list[Event] = []
    weighed = {"class_weights": "balanced"} if kind in ("cross_entropy", "focal", "mixture") else {}
    summary = api.train(
        recipe_of(pairs(tmp_path / "scenes"), loss={"kind": kind, "options": weighed}), str(tmp_path / "run"), tell=said.append
    )
    found = [loss for event in said if isinstance(event, Steps) for loss in event.loss]
    assert sum(found[-3:]) < sum(found[:3])
    assert summary["metrics"]["val_mean_iou"] > 0.2


def test_one_logit_learns_and_is_evaluated_and_predicted_as_two_classes(two_classes: Path, tmp_path: Path) -> None:
    summary = api.train(recipe_of(two_classes, loss={"kind": "bce", "options": {"class_weights": "balanced"}}), str(tmp_path / "run"))
    assert summary["metrics"]["val_mean_iou"] > 0.4
    last = [tensor for name, tensor in load_file(Run(Path(summary["run"])).best).items() if name.endswith("_classifier.weight")]
    assert {len(tensor) for tensor in last} == {1}
    document = api.evaluate(summary["run"])
    assert document["metrics"]["mean_iou"] == summary["metrics"]["val_mean_iou"]
    assert document["metrics"]["loss"] == summary["metrics"]["val_loss"]
    images = overlay_index.read(Path(document["masks"]))["images"]
    entries = api.predict(summary["run"], [image["path"] for image in images])
    for image, entry in zip(images, entries, strict=True):
        assert list(entry["classes"].values()) == image["shares"]
        for ours, theirs in (("mask", "prediction"), ("confidence", "confidence"), ("entropy", "entropy")):
            assert np.array_equal(np.asarray(Image.open(entry[ours])), np.asarray(Image.open(image[theirs])))


def test_one_logit_is_the_single_output_of_the_layers_that_one_looks_at(two_classes: Path) -> None:
    recipe = Recipe.parse(recipe_of(two_classes, loss={"kind": "bce"}))
    for classes, outputs in ((2, 1), (3, 3)):
        shape = api.layer_detail(recipe, "head.high_classifier.weight", classes=classes)["weights"][0]["shape"]
        assert shape[0] == outputs
    picture = str(two_classes / "images" / "0.png")
    assert api.activations(recipe, "head.high_classifier", picture, classes=2)["n"] == 1
    assert losses.outputs(recipe.loss, 2) == 1
    assert losses.outputs(Recipe().loss, 2) == 2


def test_one_logit_for_three_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two classes"):
        api.train(recipe_of(pairs(tmp_path / "scenes"), loss={"kind": "bce"}), str(tmp_path / "run"))
