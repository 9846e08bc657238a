from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tlstudio import api, places
from tlstudio.control import Control
from tlstudio.errors import Cancelled, InputError
from tlstudio.models import network, opened, tiles
from tlstudio.models.layer_arguments import arguments
from tlstudio.models.layer_detail import layer_detail, statistics
from tlstudio.recipe import Recipe

LITE0 = Recipe.parse({})


def recipe(model: str, weights: str = "pretrained") -> Recipe:
    return Recipe.parse({"model": {"name": model, "weights": weights}})


@pytest.fixture
def image(tmp_path: Path) -> str:
    pixels = np.random.default_rng(3).integers(0, 255, (300, 260, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "leaf.png")
    return str(tmp_path / "leaf.png")


def test_arguments_are_in_words() -> None:
    told = {one["key"]: (one["name"], one["value"]) for one in arguments(nn.Conv2d(3, 8, (5, 7), stride=2, bias=False))}
    assert told["kernel_size"] == ("Kernel", "5 × 7")
    assert told["stride"] == ("Stride", "2 × 2")
    assert told["bias"] == ("Bias", "no")
    pool = {one["key"]: one["value"] for one in arguments(nn.MaxPool2d(3, 2))}
    assert pool["kernel_size"] == "3 × 3"
    norm = {one["name"]: one["value"] for one in arguments(nn.BatchNorm2d(16, eps=0.001))}
    assert (norm["Channels"], norm["Epsilon"], norm["Running averages"]) == ("16", "0.001", "yes")
    assert arguments(nn.Sequential(nn.ReLU())) == []


def test_statistics_of_known_numbers() -> None:
    told = statistics(torch.tensor([0.0, 0.0, 1.0, 3.0]))
    assert (told["mean"], told["min"], told["max"], told["zeros"]) == (1.0, 0.0, 3.0, 0.5)
    assert told["std"] == pytest.approx(np.std([0, 0, 1, 3]))
    assert sum(told["histogram"]["counts"]) == 4
    assert len(told["histogram"]["edges"]) == len(told["histogram"]["counts"]) + 1
    same = statistics(torch.full((7,), 2.0))
    assert sum(same["histogram"]["counts"]) == 7


def test_the_weights_are_the_pretrained_ones_and_the_head_is_new() -> None:
    told = layer_detail(LITE0, "conv_stem", classes=3)
    real = network.build("efficientnet_lite0", classes=3).module.get_submodule("conv_stem").weight
    [weight] = told["weights"]
    assert weight["mean"] == pytest.approx(real.mean().item())
    assert (weight["shape"], weight["origin"], told["weights_state"]) == ([32, 3, 3, 3], "pretrained", "here")
    assert layer_detail(LITE0, "classifier.weight", classes=3)["weights"][0]["origin"] == "new"
    norm = layer_detail(LITE0, "bn1", classes=3)
    assert norm["running"]["var"]["n"] == 32
    assert norm["kernels"] is None


def test_first_kernels_are_pictures_with_zero_at_the_middle() -> None:
    told = layer_detail(LITE0, "conv_stem", classes=3)["kernels"]
    assert (told["n"], told["of"]) == (32, 32)
    with Image.open(told["file"]) as picture:
        assert picture.size[0] == told["columns"] * (told["tile"][0] + told["gap"]) - told["gap"]
    tile = tiles.symmetric(np.array([[[-2.0, 0.0], [1.0, 2.0]]]))
    assert tile.tolist() == [[[0, 128], [191, 255]]]


def test_what_is_not_on_this_computer_is_said_and_not_downloaded() -> None:
    told = layer_detail(recipe("resnet18"), "layer1.0.conv1", classes=3)
    assert told["weights_state"] == "absent"
    assert (told["weights"][0]["n"], told["weights"][0]["mean"], told["kernels"]) == (64 * 64 * 9, None, None)
    assert told["arguments"][0] == {"key": "in_channels", "name": "Channels in", "value": "64"}


def test_unknown_paths_name_the_nearest() -> None:
    with pytest.raises(InputError, match="nearest is 'conv_stem'"):
        layer_detail(LITE0, "conv_sten", classes=3)


@pytest.mark.parametrize(
    ("model", "path", "kind", "n", "shape"),
    [
        ("efficientnet_lite0", "blocks.1", "maps", 24, [1, 24, 56, 56]),
        ("efficientnet_lite0", "classifier", "strip", 1, [1, 3]),
        ("vit_b_32", "encoder.layers.encoder_layer_0", "tokens", 768, [1, 50, 768]),
        ("swin_t", "features.1", "maps", 96, [1, 56, 56, 96]),
    ],
)
def test_activations(image: str, model: str, path: str, kind: str, n: int, shape: list[int]) -> None:
    told = api.activations(recipe(model), path, image, classes=3, limit=16)
    assert (told["kind"], told["n"], told["shape"]) == (kind, n, shape)
    assert told["maps"]["n"] == min(n, 16)
    assert Path(told["maps"]["file"]).is_relative_to(places.cache())
    assert told["weights"] == ("pretrained" if model == "efficientnet_lite0" else "random")


def test_activations_are_those_of_the_true_network(image: str) -> None:
    from tlstudio.data.images import load_rgb
    from tlstudio.training.prepare import pipeline_of

    told = api.activations(LITE0, "blocks.0", image, classes=3)
    net = network.build("efficientnet_lite0", classes=3)
    pipeline = pipeline_of(LITE0, net.entry)
    pixels = pipeline.normalise(pipeline.plain(load_rgb(Path(image)))[None])
    module = net.module.eval()
    for path in ("conv_stem", "bn1", "blocks.0"):
        pixels = module.get_submodule(path)(pixels)
    assert told["stats"]["mean"] == pytest.approx(float(pixels.detach().mean()), rel=1e-4)
    assert told["stats"]["max"] == pytest.approx(float(pixels.detach().max()), rel=1e-4)


def test_one_network_is_kept_and_a_cancel_is_heard(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = opened.opened(LITE0, 3)
    assert opened.opened(LITE0, 3) is first
    assert opened.opened(LITE0, 4) is not first
    control = Control()
    control.cancel()
    with pytest.raises(Cancelled):
        api.activations(LITE0, "blocks.1", image, classes=4, control=control)
    assert not any(child._forward_hooks or child._forward_pre_hooks for child in opened.opened(LITE0, 4).module.modules())
    monkeypatch.setattr(opened, "_KEPT_BYTES", 1)
    large: Any = opened.opened(LITE0, 5)
    assert opened.opened(LITE0, 5) is not large


def test_what_gives_no_answer_is_told(image: str) -> None:
    with pytest.raises(InputError, match=r"parameter .conv_stem\.weight."):
        api.activations(LITE0, "conv_stem.weight", image, classes=3)
    with pytest.raises(InputError, match="is not run"):
        api.activations(recipe("vit_b_32"), "encoder.layers.encoder_layer_0.self_attention.out_proj", image, classes=3)


def test_the_folder_of_pictures_stays_small() -> None:
    for i in range(60):
        told = tiles.save(np.zeros((1, 2, 2), dtype=np.uint8), i)
    assert len(list(Path(told["file"]).parent.iterdir())) <= 41
    assert Path(told["file"]).is_file()


def test_of_an_encoder_the_whole_picture_is_shown_and_the_head_is_new(tmp_path: Path) -> None:
    wide = tmp_path / "wide.png"
    Image.new("RGB", (96, 64), (200, 40, 90)).save(wide)
    masks = {"data": {"task": "segmentation", "image_size": 64}, "head": {"kind": "fpn"}}
    told = api.activations(masks, "backbone.blocks.2", str(wide), classes=3, limit=4)
    assert (told["kind"], told["n"], told["shape"], told["weights"]) == ("maps", 40, [1, 40, 8, 12], "pretrained")
    assert api.activations(masks, "head", str(wide), classes=3)["shape"] == [1, 3, 16, 24]
    others = {**masks, "model": {"name": "timm/test_mambaout", "weights": "random"}}
    told = api.activations(others, "backbone.stages.1", str(wide), classes=3)  # channels last within
    assert (told["kind"], told["n"], told["shape"]) == ("maps", 32, [1, 8, 12, 32])
    others = {**masks, "head": {"kind": "fcn"}, "model": {"name": "timm/test_vit3", "weights": "random"}}
    told = api.activations(others, "backbone.blocks.3", str(wide), classes=3)  # a class token and 4 x 6 others
    assert (told["kind"], told["n"], told["shape"]) == ("tokens", 96, [1, 25, 96])
    origins = [api.layer_detail(masks, path, classes=3)["weights"][0]["origin"] for path in ("backbone.conv_stem", "head.last")]
    assert origins == ["pretrained", "new"]
