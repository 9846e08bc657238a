"""Sizes of images that a network can take, takes badly, or cannot take."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlstudio.errors import InputError
from tlstudio.events import Note
from tlstudio.models.network import Network, build
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.fit import fit
from tlstudio.training.image_size import check_image_size


@pytest.fixture(scope="module", params=["efficientnet_lite0", "mobilenet_v3_small"])
def network(request: pytest.FixtureRequest) -> Network:
    return build(request.param, classes=2, weights="random")


@pytest.mark.parametrize("size", [1, 8, 16])
def test_a_size_of_which_nothing_is_left_is_refused(network: Network, size: int) -> None:
    with pytest.raises(InputError, match=rf"cannot take images of {size} x {size} pixels.*Set data.image_size to 224"):
        list(check_image_size(network, size))


@pytest.mark.parametrize(("size", "said"), [(32, "right less often"), (128, ""), (224, ""), (256, ""), (512, "5 times as long")])
def test_a_size_far_from_its_own_gets_a_word_and_one_near_it_none(network: Network, size: int, said: str) -> None:
    modes = [child.training for child in network.module.modules()]
    notes = list(check_image_size(network, size))
    assert [said in note.message for note in notes] == ([True] if said else [])
    assert [child.training for child in network.module.modules()] == modes


def test_training_refuses_such_a_size_and_tells_of_an_unusual_one(photos: Path, tmp_path: Path) -> None:
    recipe = Recipe().set({"data.path": str(photos), "data.image_size": 12, "training.epochs": 1})
    with pytest.raises(InputError, match="cannot take images of 12 x 12 pixels"):
        list(fit(recipe, Run.create(recipe, tmp_path / "small")))
    recipe = recipe.set({"data.image_size": 64})
    said = list(fit(recipe, Run.create(recipe, tmp_path / "odd")))
    assert any(isinstance(event, Note) and event.level == "warn" and "gets 64 x 64" in event.message for event in said)


def test_auxiliary_heads_that_need_more_pixels_are_told() -> None:
    with pytest.raises(InputError, match=r"auxiliary heads of Inception v3 cannot take images of 128 x 128.*Set model.aux to 0"):
        list(check_image_size(build("inception_v3", classes=2, weights="random"), 128))
    without = build("inception_v3", classes=2, weights="random", aux=0.0)
    assert [note.level for note in check_image_size(without, 128)] == ["warn"]
    assert without.module.training
