"""The recipes of the five tutorials that this program grew out of, as files that can be taken with a click."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pictures import class_folders
from tlstudio import api, places
from tlstudio.recipe import Recipe

FILES = {path.stem: path for path in (places.resources() / "recipes").glob("*.toml")}


def test_there_are_five() -> None:
    assert set(FILES) == {"fine_tuning", "feature_extraction", "log_softmax", "layer_on_top", "deeplab"}


@pytest.mark.parametrize("name", FILES)
def test_each_is_whole_named_and_written_back_the_same(name: str) -> None:
    recipe = Recipe.load(FILES[name])
    assert recipe.name
    assert Recipe.from_toml(recipe.to_toml()) == recipe


@pytest.mark.parametrize(
    ("name", "in_features", "head_path"),
    [
        ("fine_tuning", 512, "fc"),
        ("feature_extraction", 1280, "classifier.1"),
        ("log_softmax", 4096, "classifier.6"),
        ("layer_on_top", 1000, "fc.1"),
        ("deeplab", 2048, "classifier"),
    ],
)
def test_each_fits_its_model(name: str, in_features: int, head_path: str) -> None:
    recipe = Recipe.load(FILES[name])
    document = api.inspect(recipe.model.name, classes=2, head=recipe.head.model_dump())
    assert (document["in_features"], document["head_path"]) == (in_features, head_path)
    assert document["rows"][0]["output"] == ([1, 2, 520, 520] if name == "deeplab" else [1, 2])


@pytest.mark.parametrize("name", ["fine_tuning", "feature_extraction", "layer_on_top"])
def test_each_trains(name: str, tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos")
    small = {"data.path": str(photos), "model.weights": "random", "training.epochs": 1, "data.image_size": 64}
    said = api.train(Recipe.load(FILES[name]).set(small), run=str(tmp_path / "run"))
    assert said["frozen_proof"]["ok"]
    assert said["features_kept"] == (name == "feature_extraction")


def test_the_loss_of_the_one_with_log_softmax_fits_its_head() -> None:
    recipe = Recipe.load(FILES["log_softmax"])
    assert api.validate(recipe).loss.kind == "nll"
