"""The layer tree of one model of every kind, timm's among them, against torch, torchinfo and torch's FLOP counter."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest
import timm
import torch
import torchinfo
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models

from tlstudio.models import cost, freezing, structure, tree
from tlstudio.models.construction import skeleton
from tlstudio.models.dry_run import dry_run

TORCHVISION = ["resnet18", "squeezenet1_1", "mobilenet_v3_small", "vit_b_32", "regnet_x_400mf", "shufflenet_v2_x0_5"]
TIMM = ["cait_xxs24_224", "pit_ti_224", "resnetv2_50", "mixer_s32_224", "convnext_atto", "levit_128s"]
# Multiply-adds in 1e9 as torchvision publishes them with its weights ("_ops": counted with fvcore).
PUBLISHED = {
    "resnet18": 1.814,
    "resnet50": 4.089,
    "vgg16": 15.47,
    "mobilenet_v2": 0.301,
    "efficientnet_b0": 0.386,
    "densenet121": 2.834,
    "convnext_tiny": 4.456,
    "swin_t": 4.491,
    "vit_b_16": 17.564,
    "regnet_y_400mf": 0.402,
}


def network(name: str) -> nn.Module:
    if name in TIMM:
        return skeleton(partial(timm.create_model, name, pretrained=False)).eval()
    return skeleton(partial(models.get_model, name, weights=None)).eval()


@pytest.mark.parametrize("name", [*TORCHVISION, *TIMM])
def test_flops_and_sizes_are_those_of_torch_and_torchinfo(name: str) -> None:
    module = network(name).requires_grad_(False)
    x = torch.empty(2, 3, 224, 224, device="meta")
    ran = dry_run(module, x)
    said = torchinfo.summary(module, input_data=x, device="meta", mode="eval", verbose=0)
    assert ran.megabytes == {
        "input_mb": said.to_megabytes(said.total_input),
        "forward_backward_mb": said.to_megabytes(said.total_output_bytes),
        "params_mb": said.to_megabytes(said.total_param_bytes),
    }
    with FlopCounterMode(display=False) as counter:
        module(x)
    assert ran.flops == counter.get_total_flops() == ran.seen[id(module)].flops


@pytest.mark.parametrize("name", [*TORCHVISION, *TIMM])
def test_rows_presets_and_ticks_agree_with_the_network(name: str) -> None:
    module = network(name)
    rows = tree.rows(module)
    named = {path: p.numel() for path, p in module.named_parameters()}
    total = sum(named.values())
    assert {row["path"]: row["own_params"] for row in rows if row["kind"] == "parameter" and row["shared_with"] is None} == named
    assert sum(row["own_params"] for row in rows) == total
    for seed in range(4):
        ticks = random.Random(seed).sample([row["path"] for row in rows if row["path"]], 9)
        freezing.freeze(module, ticks, "eval")
        learns = sum(p.numel() for p in module.parameters() if p.requires_grad)
        frozen = sum(p.numel() for p in module.parameters() if not p.requires_grad)
        assert cost.learning(rows, ticks)["learning"] == learns
        assert frozen + learns == total


@pytest.mark.parametrize("name", [*TORCHVISION, *TIMM])
def test_each_block_freezes_what_comes_before_it(name: str) -> None:
    module = network(name)
    head = structure.find_head(module, 1000)
    blocks = structure.blocks(module, head)
    assert len(blocks) >= 3
    assert blocks[0]["frozen"] == []
    for block in blocks[1:]:
        assert block["frozen"] == structure.cover(module, structure.before(module, block["path"], head))
    sizes = [sum(p.numel() for p in module.parameters() if not p.requires_grad) for block in blocks if freeze(module, block)]
    assert sizes == sorted(set(sizes))
    last = freezing.presets_of(module, head)["last-block"]
    assert any(block["frozen"] == last for block in blocks)


def freeze(module: nn.Module, block: dict[str, Any]) -> bool:
    freezing.freeze(module, block["frozen"], "eval")
    return True


@pytest.mark.parametrize(("name", "published"), PUBLISHED.items())
def test_multiply_adds_are_the_published_ones(name: str, published: float) -> None:
    assert tree.layers(name)["totals"]["mult_adds"] / 1e9 == pytest.approx(published, rel=0.03)


def test_blocks_are_those_that_people_name() -> None:
    blocks = tree.layers("resnet18", classes=2)["blocks"]
    assert [block["title"] for block in blocks] == ["stem", "layer1", "layer2", "layer3", "layer4"]
    assert blocks[1]["frozen"] == ["conv1", "bn1"]
    assert [block["title"] for block in tree.layers("vgg16")["blocks"]][-3:] == ["features.28", "classifier.0", "classifier.3"]


def test_a_size_that_fails_leaves_no_hooks() -> None:
    module = network("vit_b_32")
    with pytest.raises(AssertionError):
        dry_run(module, torch.empty(1, 3, 100, 100, device="meta"))
    assert not any(child._forward_hooks or child._forward_pre_hooks for child in module.modules())
