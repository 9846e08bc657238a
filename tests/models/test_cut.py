from __future__ import annotations

import copy
import dataclasses
import functools

import pytest
import timm
import torch
from torch import nn
from torchvision import models

from tlstudio.errors import InputError
from tlstudio.models import catalogue, network
from tlstudio.models.assembly import Body, attach
from tlstudio.models.construction import skeleton
from tlstudio.models.freezing import freeze, frozen_paths, presets
from tlstudio.models.network import Network
from tlstudio.models.pooling import MeanPooling, layout
from tlstudio.models.tree import layers
from tlstudio.recipe import Frozen, Head, Optimizer
from tlstudio.training.groups import groups_of

# model, layer, channels, side in pixels that is enough
CUTS = [
    ("resnet18", "layer3.1", 256, 64),
    ("shufflenet_v2_x0_5", "stage2", 48, 64),
    ("googlenet", "inception4a", 512, 64),
    ("regnet_y_400mf", "trunk_output.block2", 104, 64),
    ("swin_t", "features.3", 192, 64),
    ("timm/deit_tiny_distilled_patch16_224", "blocks.1.attn", 192, 224),
    ("efficientnet_lite0", "blocks.3.1", 80, 64),
    ("mobilenet_v3_small", "features.12", 576, 64),
]


def entry_of(name: str) -> catalogue.Entry:
    """Of the catalogue, or timm's small vision transformer made into an entry."""
    if not name.startswith("timm/"):
        return catalogue.find(name)
    construct = functools.partial(_construct, name.removeprefix("timm/"))
    return dataclasses.replace(catalogue.find("resnet18"), name=name, title=name, head="head", constructor=construct)


def _construct(name: str, classes: int) -> nn.Module:
    module: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes)
    return module


def built(name: str, cut: str, *, kind: str = "linear", weights: str = "random") -> Network:
    return network.build(entry_of(name), classes=4, head=Head(kind=kind), weights=weights, seed=3, cut=cut)


def images(side: int = 64) -> torch.Tensor:
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("name", "cut", "width", "side"), CUTS, ids=[f"{name}-{cut}" for name, cut, _, _ in CUTS])
def test_a_network_ends_at_a_layer_and_nothing_unused_is_left(name: str, cut: str, width: int, side: int) -> None:
    net = built(name, cut)
    whole = network.build(entry_of(name), classes=4, weights="random", seed=3).module.eval()
    assert net.in_features == width
    x = images(side)
    net.module.eval()
    seen: list[torch.Tensor] = []
    hook = whole.get_submodule(cut).register_forward_hook(lambda layer, args, output: seen.append(output.clone()))
    with torch.no_grad():
        features, logits = net.features(x), net.module(x)
        whole(x)
    hook.remove()
    where = layout(tuple(seen[0].shape), ends_in_linear=False)
    assert where is not None
    assert torch.equal(features, MeanPooling(where)(seen[0]))
    assert torch.equal(net.head(features), logits)
    assert logits.shape == (2, 4)
    # what is left has its old names and values
    own, old = net.module.state_dict(), whole.state_dict()
    assert all(torch.equal(own[key], old[key]) for key in own if not key.startswith(net.head_path))
    net.module.train()(x).square().sum().backward()
    assert [key for key, parameter in net.module.named_parameters() if parameter.grad is None] == []


def test_freezing_goes_on_as_in_the_whole_network() -> None:
    net = built("resnet18", "layer3.0")
    said = presets(net)
    assert "layer2" in said["last-block"]
    assert "layer3" not in said["last-block"]
    freeze(net.module, frozen_paths(net, Frozen()), "eval")
    learns = [name for name, parameter in net.module.named_parameters() if parameter.requires_grad]
    assert learns == ["new_head.weight", "new_head.bias"]
    for path in ("layer4.0", "layer3.1.conv1.weight", "fc"):
        with pytest.raises(InputError, match=rf"no layer '{path}', which frozen.paths names.*lies behind the cut"):
            frozen_paths(net, Frozen(strategy="custom", paths=(path,)))
        with pytest.raises(InputError, match=rf"no layer '{path}', which optimizer.multipliers names.*lies behind the cut"):
            groups_of(net, Optimizer(multipliers={path: 2.0}))
    with pytest.raises(InputError, match=r"no layer 'layer9', which frozen.paths names.*nearest is"):
        frozen_paths(net, Frozen(strategy="custom", paths=("layer9",)))


def test_a_copy_is_cut_too_and_stands_alone() -> None:
    net = built("resnet18", "layer1", kind="mlp")
    net.module.eval()
    x = images()
    with torch.no_grad():
        other = copy.deepcopy(net.module)
        first = other(x)
        assert torch.equal(first, net.module(x))
        nn.init.zeros_(net.module.get_parameter("conv1.weight"))
        assert torch.equal(first, other(x))
        assert not torch.equal(first, net.module(x))


def test_hooks_see_a_whole_pass() -> None:
    net = built("resnet18", "layer2.1")
    left: list[str] = []
    for path in ("layer2.1", "layer2", ""):
        net.module.get_submodule(path).register_forward_hook(lambda layer, args, output, path=path: left.append(path))
    net.module(images())
    assert left == ["layer2.1", "layer2", ""]


def test_a_cut_network_can_be_exported() -> None:
    net = built("mobilenet_v3_small", "features.4")
    net.module.eval()
    x = images()
    program = torch.export.export(net.module, (x,), strict=False)
    with torch.no_grad():
        assert torch.allclose(program.module()(x), net.module(x), atol=1e-6)


def test_pretrained_weights_are_those_of_the_whole_network_and_the_head_follows_from_the_seed() -> None:
    cut, whole = built("efficientnet_lite0", "blocks.2", weights="pretrained"), network.build("efficientnet_lite0", classes=4)
    assert torch.equal(cut.module.get_parameter("conv_stem.weight"), whole.module.get_parameter("conv_stem.weight"))
    random = built("efficientnet_lite0", "blocks.2")
    assert torch.equal(cut.module.get_parameter("new_head.weight"), random.module.get_parameter("new_head.weight"))


def test_the_tree_shows_the_cut_network() -> None:
    document = layers("vit_b_16", cut="encoder.layers.encoder_layer_2", classes=4, head=Head(kind="mlp"))
    net = skeleton(lambda: models.vit_b_16(weights=None))
    body = Body("ViT", "classification", "heads.head", 1000, 224, lambda: net)
    attach(net, body, head=Head(kind="mlp"), classes=4, cut="encoder.layers.encoder_layer_2")
    rows = {row["path"]: row for row in document["rows"]}
    assert {path for path, row in rows.items() if row["kind"] == "parameter"} == {name for name, _ in net.named_parameters()}
    assert document["totals"]["params"] == sum(p.numel() for p in net.parameters())
    assert (document["head_path"], document["in_features"]) == ("new_head", 768)
    # the layer where it ends and those around it are seen to give its features
    assert rows["encoder.layers.encoder_layer_2"]["output"] == rows["encoder"]["output"] == [1, 197, 768]
    assert rows[""]["output"] == [1, 4]
    assert rows["new_pooling"]["output"] == [1, 768]
    assert "encoder.layers.encoder_layer_3" not in rows


@pytest.mark.parametrize(
    ("name", "cut", "said"),
    [
        ("resnet18", "layer9", r"no layer 'layer9'.*nearest is 'layer\d'"),
        ("resnet18", "fc", r"old head"),
        ("resnet18", "layer3.1.relu", r"several times.*Take 'layer3\.1'"),
        ("resnet18", "layer2.0.downsample", r"beside it.*Take 'layer2\.0'"),
        ("googlenet", "inception4a.branch2.0", r"beside it.*Take 'inception4a'"),
        ("googlenet", "aux1", r"does not run it"),
        ("vit_b_16", "encoder.layers.encoder_layer_3.self_attention", r"several things.*tuple.*Take 'encoder\.layers\.encoder_layer_3'"),
        ("vit_b_16", "encoder.layers.encoder_layer_3.self_attention.out_proj", r"part of the attention.*Take 'encoder\.layers\.enc"),
        ("deeplabv3_resnet50", "backbone.layer2", r"makes masks.*Leave model\.cut empty"),
    ],
)
def test_a_layer_that_cannot_be_an_end_says_why(name: str, cut: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        layers(name, cut=cut, classes=4)


def test_an_extra_layer_needs_the_old_output() -> None:
    with pytest.raises(InputError, match="not computed there"):
        built("resnet18", "layer2", kind="extra_layer")


@pytest.mark.parametrize(
    ("shape", "linear", "said"),
    [
        ((2, 7), False, "rows"),
        ((2, 5, 7), False, "tokens"),
        ((2, 7, 4, 4), True, "channels_first"),
        ((2, 4, 4, 7), False, "channels_last"),
        ((2, 4, 4, 4), True, "channels_last"),
        ((2, 4, 4, 4), False, "channels_first"),
        ((2, 4, 5, 6), False, None),
        ((2,), False, None),
    ],
)
def test_where_the_channels_are(shape: tuple[int, ...], linear: bool, said: str | None) -> None:
    assert layout(shape, ends_in_linear=linear) == said


@pytest.mark.parametrize(("name", "cut"), [("resnet18", "conv1"), ("timm/vit_tiny_patch16_224", "patch_embed"), ("alexnet", "features.0")])
def test_a_network_without_a_block_left_is_shown_and_can_be_frozen(name: str, cut: str) -> None:
    document = layers(name, cut=cut, classes=4)
    assert document["presets"]["last-block"] == []  # nothing comes before a block that is not there
    assert document["presets"]["head"]
    net = built(name, cut)
    assert frozen_paths(net, Frozen(strategy="last-block")) == ()
