"""Classification networks as encoders below heads that make masks."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate

from tlstudio.errors import InputError
from tlstudio.models import catalogue, freezing, heads, network
from tlstudio.models.batch_norm import BatchNorm2d
from tlstudio.models.examine import examine
from tlstudio.models.network import Network
from tlstudio.models.segmenter import chosen
from tlstudio.recipe import Frozen, Head

LITE = "efficientnet_lite0"
SOME = ["lraspp", "deeplabv3plus", "unet", "segformer"]
SIX = [entry.name for entry in catalogue.entries("segmentation") if entry.source == "torchvision"]
KINDS = [kind.kind for kind in heads.kinds("segmentation")]
SHAPES = [(64, 64), (64, 96), (75, 101), (128, 70)]


def fitting(name: str) -> list[str]:
    entry = catalogue.find(name, "segmentation")
    return [kind for kind in KINDS if heads.fits(heads.find(kind), entry)]


# With and without a map at 2, with channels last within, and a plain transformer with one map.
ENCODERS = [
    *(("timm/test_efficientnet", kind) for kind in fitting("timm/test_efficientnet")),
    *(("timm/test_resnet", kind) for kind in SOME),
    *(("timm/test_convnext", kind) for kind in fitting("timm/test_convnext")),
    *(("timm/test_mambaout", kind) for kind in SOME),
    *(("timm/test_vit3", kind) for kind in fitting("timm/test_vit3")),
]


def built(name: str, kind: str | None = None, *, classes: int = 3, weights: str = "random", **more: object) -> Network:
    head = Head(kind=kind) if kind else None
    return network.build(name, classes=classes, head=head, weights=weights, seed=3, task="segmentation", **more)  # type: ignore[arg-type]


def images(height: int = 64, width: int = 64, n: int = 1) -> Tensor:
    return torch.randn(n, 3, height, width, generator=torch.Generator().manual_seed(height + width))


def the_rule(net: Network, x: Tensor) -> None:
    net.module.eval()
    with torch.no_grad():
        main, aux = net.outputs(net.module(x))
        below = net.head(net.features(x))
    assert aux == []
    assert main.shape == (len(x), 3, *x.shape[2:])
    assert torch.equal(main, interpolate(below, size=x.shape[2:], mode="bilinear", align_corners=False))


@pytest.mark.parametrize(("name", "kind", "shape"), [(*pair, SHAPES[i % len(SHAPES)]) for i, pair in enumerate(ENCODERS)])
def test_every_head_on_every_build_of_encoder(name: str, kind: str, shape: tuple[int, int]) -> None:
    net = built(name, kind)
    assert net.new_paths == ("head",)
    the_rule(net, images(*shape))
    frozen = freezing.frozen_paths(net, Frozen(strategy="head"))
    assert frozen[0] == "backbone"
    freezing.freeze(net.module, frozen, "eval")
    before = freezing.checksums(net.module, frozen, "eval")
    net.module.train()
    freezing.hold(net.module, frozen, "eval")
    old = [parameter.clone() for parameter in net.head.parameters()]
    step = torch.optim.SGD(net.head.parameters(), lr=0.1)
    main, _ = net.outputs(net.module(images()))  # one image alone
    cross_entropy(main, torch.ones(1, 64, 64, dtype=torch.long)).backward()
    step.step()
    assert not all(torch.equal(a, b) for a, b in zip(old, net.head.parameters(), strict=True))
    assert freezing.checksums(net.module, frozen, "eval") == before


@pytest.mark.parametrize("name", SIX)
def test_the_rule_holds_for_torchvisions_own(name: str) -> None:
    net = built(name)
    assert (net.entry.own_head, net.head_path) == (heads.default_for(net.entry).kind, "classifier")
    the_rule(net, images(70, 96))
    net.module.train()
    main, aux = net.outputs(net.module(images()))  # the pooling of an ASPP has one value then
    assert [one.shape for one in (main, *aux)] == [(1, 3, 64, 64)] * (1 + len(net.aux_paths))
    assert net.new_paths == ("classifier", *net.aux_paths)
    assert net.aux_paths == (() if "lraspp" in name else ("aux_classifier.4",))


def test_the_bundled_network_learns_masks_with_no_network_at_hand() -> None:
    net = built(LITE, weights="pretrained")
    entry = net.entry
    assert (entry.name, entry.task, entry.role, entry.weights_state()) == (LITE, "segmentation", "encoder", "bundled")
    whole = network.build(LITE, classes=3).module.state_dict()
    own = net.module.get_submodule("backbone").state_dict()
    assert all(torch.equal(tensor, whole[key]) for key, tensor in own.items())
    assert {key.split(".")[0] for key in whole.keys() - own.keys()} == {"conv_head", "bn2", "classifier"}
    assert type(net.head).__name__ == "LRASPPHead"
    assert catalogue.find(LITE, "segmentation").params == sum(p.numel() for p in net.module.get_submodule("backbone").parameters())
    features = net.features(images(64, 96))
    assert isinstance(features, dict)
    assert {key: tuple(one.shape) for key, one in features.items()} == {"low": (1, 40, 8, 12), "high": (1, 320, 2, 3)}
    # one unit for 16 pixels, where the head asks for it: the last stage is dilated
    assert tuple(built(LITE, "deeplab").features(images(64, 96)).shape) == (1, 320, 4, 6)
    pyramid = built(LITE, "unet").features(images(64, 96))
    assert [tuple(one.shape) for one in pyramid] == [
        *((1, 16, 32, 48), (1, 24, 16, 24), (1, 40, 8, 12)),
        *((1, 112, 4, 6), (1, 320, 2, 3)),
    ]


def test_the_maps_are_those_of_timm() -> None:
    net = built("timm/test_resnet", "unet")
    published = timm.create_model("test_resnet", features_only=True).eval()
    published.load_state_dict(net.module.get_submodule("backbone").state_dict(), strict=True)
    net.module.eval()
    with torch.no_grad():
        pairs = zip(net.features(images(96, 64)), published(images(96, 64)), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_the_same_seed_gives_the_same_head_on_any_weights() -> None:
    one, other = built(LITE, "fpn"), built(LITE, "fpn", weights="pretrained")
    assert all(torch.equal(a, b) for a, b in zip(one.head.parameters(), other.head.parameters(), strict=True))


def test_which_maps_a_head_takes() -> None:
    assert chosen((2, 4, 8, 16, 32), "maps") == [2, 4]
    assert chosen((4, 8, 16), "maps") == [1, 2]
    assert chosen((16, 32), "maps") == [0, 1]
    assert chosen((2, 4, 8, 16, 32), "map") == [3]
    assert chosen((14,), "map") == [0]


def test_a_copy_stands_alone() -> None:
    net = built("timm/test_resnet", "unet")
    net.module.eval()
    with torch.no_grad():
        other = copy.deepcopy(net.module)
        first = other(images())
        assert torch.equal(first, net.module(images()))
        nn.init.zeros_(net.module.get_parameter("backbone.conv1.0.weight"))
        assert torch.equal(first, other(images()))
        assert not torch.equal(first, net.module(images()))


def test_one_logit_is_expanded_to_two_classes() -> None:
    net = built("timm/test_resnet", "fcn", classes=2, one_logit=True)
    raw = net.module(images())
    assert raw.shape == (1, 1, 64, 64)
    main, _ = net.outputs(raw)
    assert torch.equal(main, torch.cat([torch.zeros_like(raw), raw], 1))
    assert torch.allclose(main.softmax(1)[:, 1:], raw.sigmoid(), atol=1e-6)
    with pytest.raises(InputError, match="One logit is for masks of two classes"):
        built("timm/test_resnet", "fcn", classes=3, one_logit=True)


def test_a_norm_takes_a_single_value_and_is_torchs_otherwise() -> None:
    torch.manual_seed(0)
    ours, theirs = BatchNorm2d(4), nn.BatchNorm2d(4)
    for x in (torch.randn(2, 4, 1, 1), torch.randn(1, 4, 2, 1), torch.randn(3, 4, 5, 5)):
        assert torch.equal(ours(x), theirs(x))
        assert torch.equal(ours.running_var, theirs.running_var)  # type: ignore[arg-type]
    single = torch.randn(1, 4, 1, 1)
    averages = ours.running_mean.clone()  # type: ignore[union-attr]
    assert torch.equal(ours(single), theirs.eval()(single))
    assert torch.equal(ours.running_mean, averages)  # type: ignore[arg-type]


def test_weights_come_from_files_of_both_kinds(tmp_path: Path) -> None:
    whole = network.build("timm/test_resnet", classes=7, weights="random", seed=8).module
    save_file(whole.state_dict(), tmp_path / "classes.safetensors")
    masks = built("timm/test_resnet", "fpn", weights=str(tmp_path / "classes.safetensors"))
    assert torch.equal(masks.module.get_parameter("backbone.conv1.0.weight"), whole.get_parameter("conv1.0.weight"))
    assert masks.loaded is not None
    assert not masks.loaded.backbone_incomplete
    save_file(masks.module.state_dict(), tmp_path / "masks.safetensors")
    again = built("timm/test_resnet", "fpn", weights=str(tmp_path / "masks.safetensors"))
    assert all(torch.equal(a, b) for a, b in zip(again.module.parameters(), masks.module.parameters(), strict=True))
    entry = catalogue.find("timm/test_resnet", "segmentation")
    for file in ("classes", "masks"):
        said = examine(entry, tmp_path / f"{file}.safetensors")
        assert said["fits"]
        assert not [key for key in said["missing"] if key.startswith("backbone.")]
    with pytest.raises(InputError, match="weights of another architecture"):
        built("timm/test_convnext", "fpn", weights=str(tmp_path / "classes.safetensors"))


def test_the_bundled_file_fits_the_encoder_under_its_own_names() -> None:
    entry = catalogue.find(LITE, "segmentation")
    assert entry.weights_path is not None
    said = examine(entry, entry.weights_path)
    assert said["fits"]
    assert not [key for key in said["missing"] if key.startswith("backbone.")]


def test_what_does_not_fit_is_told_with_what_does() -> None:
    with pytest.raises(
        InputError, match=r"U-Net does not fit on test_vit3.*4, 8, 16 and 32 pixels.*for 16 pixels.*DeepLab \(deeplab\), FCN"
    ):
        built("timm/test_vit3", "unet")
    with pytest.raises(InputError, match=r"LR-ASPP does not fit.*a fine and a coarse one"):
        built("timm/test_vit3", "lraspp")
    assert "unetplusplus" not in fitting("timm/test_convnext")
    assert heads.default_for(catalogue.find("timm/test_vit3", "segmentation")).kind == "fcn"
    with pytest.raises(InputError, match=r"ResNet-18 cannot learn masks.*Take 'timm/resnet18'"):
        built("resnet18")
    with pytest.raises(InputError, match=r"cannot learn masks.*pictures of any size"):
        built("timm/test_maxvit")
    with pytest.raises(InputError, match=r"Linear does not fit.*made for masks"):
        built(LITE, "linear")
    with pytest.raises(InputError, match=r"DeepLab does not fit.*classes of whole images"):
        network.build(LITE, classes=3, head=Head(kind="deeplab"))
    with pytest.raises(InputError, match="keep its way from features to pixels"):
        built("timm/test_resnet", "fcn", cut="backbone.layer2")


def test_torchvisions_auxiliary_head_learns_under_every_preset() -> None:
    net = built("deeplabv3_mobilenet_v3_large")
    presets = freezing.presets(net)
    assert "aux_classifier.0" in presets["head"]
    for strategy in ("head", "last-block"):
        freezing.freeze(net.module, freezing.frozen_paths(net, Frozen(strategy=strategy)), "eval")  # type: ignore[arg-type]
        assert all(p.requires_grad for path in net.new_paths for p in net.module.get_submodule(path).parameters())
    assert built("deeplabv3_mobilenet_v3_large", aux=0.0).aux_paths == ()
