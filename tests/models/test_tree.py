from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models

from tlstudio import api
from tlstudio.errors import InputError
from tlstudio.models import catalogue, freezing, network, tree
from tlstudio.models.construction import uninitialised
from tlstudio.recipe import Head

CATALOGUE = [
    "efficientnet_lite0",
    "resnet18",
    "resnet50",
    "efficientnet_b0",
    "mobilenet_v3_small",
    "timm/resnet10t",
    "timm/vit_tiny_patch16_224",
]
# One of every way in which a constructor or a forward pass is unusual.
OTHERS = ["vit_b_16", "swin_t", "regnet_y_400mf", "googlenet", "squeezenet1_1", "lraspp_mobilenet_v3_large", "densenet121"]
TYPES = {"path": str, "type": str, "params": int, "own_params": int, "mult_adds": int, "flops": int, "trainable": bool, "kind": str}


def row(document: dict[str, Any], path: str) -> dict[str, Any]:
    [found] = [one for one in document["rows"] if one["path"] == path]
    return found


def real(name: str) -> nn.Module:
    """As its constructor makes it, but that nobody draws its weights at random, which takes longer than all the rest."""
    return uninitialised(lambda: constructed(name))


def constructed(name: str) -> nn.Module:
    if name in CATALOGUE:
        return catalogue.find(name).construct()
    extra = {"weights_backbone": None} if name in models.list_models(module=models.segmentation) else {}
    extra |= {"init_weights": False} if name == "googlenet" else {}
    return models.get_model(name, weights=None, **extra)


@pytest.mark.parametrize("name", [*CATALOGUE, *OTHERS])
def test_every_module_and_parameter_has_its_row(name: str) -> None:
    document = tree.layers(name)
    module = real(name)
    rows = document["rows"]
    json.dumps(document)
    assert len({one["path"] for one in rows}) == len(rows)
    assert {one["path"] for one in rows if one["kind"] == "module"} == {n for n, _ in module.named_modules()}
    parameters = {one["path"]: one for one in rows if one["kind"] == "parameter"}
    assert {n: p.numel() for n, p in module.named_parameters()} == {n: one["own_params"] for n, one in parameters.items()}
    total = sum(p.numel() for p in module.parameters())
    assert total == sum(one["own_params"] for one in rows) == document["totals"]["params"] == document["totals"]["trainable"]
    for one in rows:
        assert all(type(one[key]) is kind for key, kind in TYPES.items())
        assert one["flops"] == 2 * one["mult_adds"]
        if one["kind"] == "module":
            child = module.get_submodule(one["path"])
            assert one["type"] == type(child).__name__
            assert one["params"] == sum(p.numel() for p in child.parameters())
            assert one["own_params"] == 0


@pytest.mark.parametrize("name", ["efficientnet_lite0", "mobilenet_v3_small", "vit_b_32"])
def test_mult_adds_are_those_of_the_plain_counter(name: str) -> None:
    document = tree.layers(name, batch=2)
    # On the CPU the counter does not see inside fused attention.
    module = real(name).eval().to("meta")
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(2, 3, 224, 224, device="meta"))
    assert document["totals"]["mult_adds"] == row(document, "")["mult_adds"] == counter.get_total_flops() // 2
    by_name = counter.get_flop_counts()
    for one in document["rows"]:
        if one["kind"] == "module" and one["path"]:
            told = by_name.get(f"{type(module).__name__}.{one['path']}", {})
            assert one["flops"] == sum(told.values())


def test_a_vision_transformer_is_counted_truly() -> None:
    assert tree.layers("vit_b_16")["totals"]["mult_adds"] == pytest.approx(17.56e9, rel=0.01)


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_lite0"])
def test_shapes_are_those_of_a_real_forward_pass(name: str) -> None:
    document = tree.layers(name, input_size=96, batch=3)
    module = real(name).eval()
    shapes: dict[str, tuple[list[int], list[int]]] = {}
    for path, child in module.named_modules():
        child.register_forward_hook(
            lambda child, args, output, path=path: shapes.setdefault(path, (list(args[0].shape), list(output.shape))) and None
        )
    module(torch.zeros(3, 3, 96, 96))
    assert document["input"] == [3, 3, 96, 96]
    told = {one["path"]: (one["input"], one["output"]) for one in document["rows"] if one["output"] is not None}
    assert told == shapes


def test_the_figures_of_deeplabv3() -> None:
    document = tree.layers("deeplabv3_resnet50", classes=2, batch=2, input_size=1024)
    totals = document["totals"]
    assert totals["params"] == 39_633_986
    assert round(totals["forward_backward_mb"], 2) == 17650.16
    assert round(totals["params_mb"], 2) == 158.54
    assert document["in_features"] == 2048
    assert row(document, "classifier")["input"] == [2, 2048, 128, 128]


def test_no_weight_is_allocated() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    document = tree.layers("regnet_y_128gf")
    tree.layers("vit_h_14")
    assert document["totals"]["params_bytes"] == 4 * 644_812_894
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 0.2 * document["totals"]["params_bytes"]


@pytest.mark.parametrize(
    ("name", "path", "width"), [("efficientnet_b0", "classifier.1", 1280), ("resnet18", "fc", 512), ("resnet50", "fc", 2048)]
)
def test_the_head_and_its_width(name: str, path: str, width: int) -> None:
    document = tree.layers(name)
    assert (document["head_path"], document["in_features"]) == (path, width)
    assert row(document, path)["input"] == [1, width]


def test_classes_and_head_replace_the_published_head() -> None:
    plain = tree.layers("resnet18", classes=2)
    assert row(plain, "fc")["params"] == 512 * 2 + 2
    other = tree.layers("resnet18", classes=2, head=Head(kind="dropout_linear"))
    assert row(other, "fc")["type"] == "Sequential"
    assert row(other, "fc.1")["output"] == [1, 2]
    net = network.build("resnet18", classes=2, head=Head(kind="dropout_linear"), weights="random")
    assert {n for n, _ in net.module.named_parameters()} == {one["path"] for one in other["rows"] if one["kind"] == "parameter"}


def test_presets_are_those_of_the_built_network() -> None:
    document = tree.layers("efficientnet_b0", classes=2)
    assert document["presets"]["head"] == ["features"]
    assert document["presets"]["last-block"] == [f"features.{i}" for i in range(7)]
    assert tree.layers("googlenet")["presets"]["last-block"][-1] == "inception5a"


def test_what_the_forward_pass_leaves_out_has_no_shape() -> None:
    document = tree.layers("googlenet")
    assert row(document, "aux1.fc1")["output"] is None
    assert row(document, "aux1.fc1")["params"] > 0


def test_batchnorm_is_marked_with_its_parameters() -> None:
    document = tree.layers("resnet18")
    marked = {one["path"] for one in document["rows"] if one["batchnorm"]}
    assert {"bn1", "bn1.weight", "bn1.bias", "layer1.0.bn1"} <= marked
    assert not {"conv1", "conv1.weight", "layer1"} & marked


def test_a_shared_module_names_its_first_row_and_is_counted_once() -> None:
    shared = nn.Linear(3, 3)
    rows = {one["path"]: one for one in tree.rows(nn.Sequential(shared, nn.ReLU(), shared))}
    assert rows["2"]["shared_with"] == "0"
    assert rows["2.weight"]["shared_with"] == "0.weight"
    assert (rows["0.weight"]["own_params"], rows["2.weight"]["own_params"]) == (9, 0)
    assert rows["0"]["shared_with"] is None
    assert rows[""]["params"] == 12


def test_what_cannot_be_shown_is_told() -> None:
    with pytest.raises(InputError, match="nearest is 'resnet18'"):
        tree.layers("resnet81")
    with pytest.raises(InputError, match=r"ViT-B/16 cannot take images of 100 x 100 pixels.*Take 224"):
        tree.layers("vit_b_16", input_size=100)
    with pytest.raises(InputError, match="at least 1"):
        tree.layers("resnet18", batch=0)
    for more in ({"batch": 10**30}, {"input_size": 10**9}, {"classes": 10**12}):
        with pytest.raises(InputError, match="at most 1,000,000 each"):
            tree.layers("resnet18", **more)
    with pytest.raises(InputError, match="more than can be counted"):
        tree.layers("resnet18", batch=10**6, input_size=10**6)


@pytest.mark.parametrize(("name", "kind"), [("timm/test_resnet", "unet"), ("timm/test_mambaout", "upernet"), ("timm/test_vit3", "fcn")])
def test_an_encoder_with_its_head_is_laid_open_as_it_is_built(name: str, kind: str) -> None:
    document = tree.layers(name, classes=4, head=Head(kind=kind), task="segmentation", input_size=96)
    net = network.build(name, classes=4, head=Head(kind=kind), weights="random", task="segmentation")
    rows = {row["path"]: row for row in document["rows"]}
    assert {path for path, row in rows.items() if row["kind"] == "parameter"} == {path for path, _ in net.module.named_parameters()}
    assert sum(row["own_params"] for row in rows.values()) == document["totals"]["params"]
    assert document["totals"]["params"] == sum(p.numel() for p in net.module.parameters())
    assert rows[""]["output"] == [1, 4, 96, 96]
    assert rows["backbone"]["output"][1:2] == [net.module.get_submodule("backbone")(torch.zeros(1, 3, 96, 96))[0].shape[1]]
    assert rows["backbone"]["mult_adds"] + rows["head"]["mult_adds"] == document["totals"]["mult_adds"]
    assert document["presets"] == freezing.presets(net)
    assert document["presets"]["head"] == ["backbone"]
    assert (document["head_path"], document["new_paths"], document["in_features"]) == ("head", ["head"], net.in_features)
    last = document["presets"]["last-block"]
    assert last
    assert all(path.startswith("backbone.") for path in last)
    assert last in [block["frozen"] for block in document["blocks"]]


def test_an_encoder_is_shown_with_its_first_head_where_nothing_else_is_said() -> None:
    document = tree.layers("timm/test_resnet", task="segmentation")
    assert document["input"] == [1, 3, 320, 320]
    assert next(row for row in document["rows"] if row["path"] == "head")["type"] == "LRASPPHead"
    # without a task, and with the other one, it is the classification network that it was
    assert tree.layers("timm/test_resnet") == tree.layers("timm/test_resnet", task="classification")
    assert tree.layers("timm/test_resnet")["head_path"] == "fc"


def test_a_task_that_no_model_does_is_refused() -> None:
    with pytest.raises(InputError, match="no model for the task 'segmentaton'"):
        api.inspect("efficientnet_lite0", task="segmentaton")
