from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.pictures import class_folders
from tlstudio import api
from tlstudio.errors import InputError
from tlstudio.evaluation.advice import RIDGE, leave_one_out, sample_of
from tlstudio.recipe import Recipe


def test_leaving_one_out_is_what_learning_without_it_would_say() -> None:
    torch.manual_seed(3)
    labels = torch.arange(18) % 3
    features = torch.randn(18, 5) + 0.8 * torch.nn.functional.one_hot(labels, 5)
    x = features.double()
    x = (x - x.mean(0)) / x.std(0)
    targets = torch.nn.functional.one_hot(labels, 3).double() * 2 - 1
    ridge = RIDGE * float((x.square().sum(1) + 1).mean())
    slow = []
    for i in range(18):
        others = [j for j in range(18) if j != i]
        kernel = x[others] @ x[others].T + 1 + ridge * torch.eye(17, dtype=torch.float64)
        slow.append(int(((x[i] @ x[others].T + 1) @ torch.linalg.solve(kernel, targets[others])).argmax()))
    assert leave_one_out(features, labels).tolist() == slow
    assert 0 < sum(said == truth for said, truth in zip(slow, labels.tolist(), strict=True)) < 18  # neither trivial nor hopeless


def test_features_that_tell_nothing_are_near_chance() -> None:
    torch.manual_seed(1)
    labels = torch.arange(200) % 2
    right = (leave_one_out(torch.randn(200, 300), labels) == labels).double().mean()
    assert 0.35 < right < 0.65


def test_the_sample_is_even_and_repeatable() -> None:
    labels = [0] * 500 + [1] * 30 + [2] * 100
    chosen = sample_of(labels, 7)
    assert chosen == sample_of(labels, 7) != sample_of(labels, 8)
    assert [sum(labels[i] == c for i in chosen) for c in range(3)] == [40, 30, 40]


def test_colours_are_told_apart_by_pretrained_features(tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos")
    said = api.advise(Recipe().set({"data.path": str(photos)}))
    assert said["probe"]["n"] <= said["n_train"]
    assert not said["large"]
    assert said["strategy"] == ("head" if said["similar"] else "last-block")
    assert said["skill"] == pytest.approx(max(0.0, (said["probe"]["accuracy"] - said["probe"]["chance"]) / (1 - said["probe"]["chance"])))
    assert said["skill"] > 0.5


def test_a_size_that_the_model_cannot_take_is_told(tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos")
    recipe = Recipe().set({"data.path": str(photos), "model.name": "vit_b_16", "model.weights": "random", "data.image_size": 32})
    with pytest.raises(InputError, match="cannot take images of 32 x 32 pixels"):
        api.advise(recipe)
