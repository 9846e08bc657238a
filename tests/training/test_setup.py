"""What a run is made of: whether the frozen part gives the same features in every epoch, so that they can be kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tlstudio.control import Control, silent
from tlstudio.models.network import Network, build
from tlstudio.models.structure import above
from tlstudio.recipe import Recipe
from tlstudio.training.prepare import images_of
from tlstudio.training.setup import Setup


def _without_batchnorm() -> Network:
    network = build("mobilenet_v3_small", classes=2, weights="random")
    for name, child in list(network.module.named_modules()):
        if isinstance(child, nn.BatchNorm2d):
            network.module.set_submodule(name, nn.Identity())
    assert network.head_path not in above("features")
    return network


@pytest.mark.parametrize("batchnorm", ["eval", "adapt", "train"])
def test_features_are_kept_where_no_batchnorm_can_change_them(photos: Path, batchnorm: str) -> None:
    paths = ("features", "classifier.0")
    changes = {"data.path": str(photos), "data.image_size": 64, "model.name": "mobilenet_v3_small", "model.weights": "random"}
    recipe = Recipe().set(changes | {"frozen.strategy": "custom", "frozen.paths": paths, "frozen.batchnorm": batchnorm})
    images = images_of(recipe, silent, Control())
    assert Setup(recipe, images, _without_batchnorm(), torch.device("cpu")).keep_features
    with_them = Setup(recipe, images, build("mobilenet_v3_small", classes=2, weights="random"), torch.device("cpu"))
    assert with_them.keep_features == (batchnorm == "eval")
