from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from tlstudio.errors import InputError
from tlstudio.models import auxiliary, catalogue, heads, network
from tlstudio.models.assembly import Body, attach
from tlstudio.models.construction import skeleton
from tlstudio.models.network import Network
from tlstudio.recipe import Head

# One of each way in which old heads are built: model, new head's path, width, side in pixels.
MODELS = [
    ("resnet18", "fc", 512, 64),
    ("densenet121", "classifier", 1024, 64),
    ("swin_t", "head", 768, 64),
    ("squeezenet1_1", "new_head", 512, 64),
    ("shufflenet_v2_x0_5", "fc", 1024, 64),
    ("googlenet", "fc", 1024, 64),
    ("efficientnet_lite0", "classifier", 1280, 64),
    ("mobilenet_v3_small", "classifier.3", 1024, 64),
    ("timm/convnext_atto", "head.fc", 320, 64),
    ("timm/deit_tiny_distilled_patch16_224", "new_head", 192, 224),
    ("timm/dla34", "new_head", 512, 64),
    ("timm/mobilenetv3_small_050", "classifier", 1024, 64),
]
SMALL = ("shufflenet_v2_x0_5", "squeezenet1_1", "timm/mobilenetv3_small_050")
PUBLISHED = {"convnext_atto": "head.fc", "deit_tiny_distilled_patch16_224": "head", "dla34": "fc", "mobilenetv3_small_050": "classifier"}
KINDS = [kind.kind for kind in heads.kinds("classification")]


def entry_of(name: str) -> catalogue.Entry:
    """Of the catalogue, or a model of timm made into an entry."""
    source, _, name = name.rpartition("/")
    if not source:
        return catalogue.find(name)
    construct = functools.partial(_construct, name)
    return dataclasses.replace(catalogue.find("resnet18"), name=name, title=name, head=PUBLISHED[name], constructor=construct)


def _construct(name: str, classes: int) -> nn.Module:
    module: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes)
    return module


def built(name: str, kind: str = "linear", **more: object) -> Network:
    return network.build(entry_of(name), classes=4, head=Head(kind=kind), weights="random", seed=3, **more)  # type: ignore[arg-type]


def images(side: int = 64, n: int = 4) -> torch.Tensor:
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("name", "path", "width", "side"), MODELS, ids=[row[0] for row in MODELS])
def test_every_head_on_every_build_of_model(name: str, path: str, width: int, side: int) -> None:
    x, truth = images(side), torch.arange(4)
    for kind in KINDS if name in SMALL else ["linear", "extra_layer"]:
        net = built(name, kind)
        net.module.eval()
        if kind == "extra_layer":
            assert net.in_features == 1000
        else:
            assert (net.head_path, net.in_features) == (path, width)
        with torch.no_grad():
            features, logits = net.features(x), net.module(x)
        assert features.shape == (4, net.in_features)
        assert logits.shape == (4, 4)
        assert torch.equal(net.head(features), logits)
        criterion = nn.functional.nll_loss if heads.find(kind).log_probabilities else nn.functional.cross_entropy
        # a network without training may give features of any size
        step = torch.optim.Adam(net.head.parameters(), lr=1e-3 / (1 + features.abs().max().item()))
        before = criterion(net.head(features), truth)
        before.backward()
        step.step()
        assert criterion(net.head(features), truth) < before


def test_an_extra_layer_keeps_the_old_one_as_backbone(tmp_path: Path) -> None:
    net = built("resnet18", "extra_layer")
    old = network.build("resnet18", classes=1000, weights="random", seed=3).module
    assert net.head_path == "fc.1"
    with torch.no_grad():
        assert net.module.get_parameter("fc.0.weight").shape == (1000, 512)
        assert torch.equal(net.features(images()), net.module.fc[0](built("resnet18").features(images())))  # type: ignore[index, operator]
    # the published last layer is found in a file of the user's
    save_file(old.state_dict(), tmp_path / "own.safetensors")
    filled = network.build("resnet18", classes=4, head=Head(kind="extra_layer"), weights=str(tmp_path / "own.safetensors"), seed=9)
    assert torch.equal(filled.module.get_parameter("fc.0.weight"), old.get_parameter("fc.weight"))
    assert filled.loaded is not None
    assert not filled.loaded.backbone_incomplete


def test_the_same_seed_gives_the_same_head_whatever_is_below() -> None:
    for kind in KINDS:
        one, other = built("efficientnet_lite0", kind), network.build("efficientnet_lite0", classes=4, head=Head(kind=kind), seed=3)
        assert all(torch.equal(a, b) for a, b in zip(one.head.parameters(), other.head.parameters(), strict=True))


def test_auxiliary_heads_get_the_classes_and_answer_while_training() -> None:
    net = built("googlenet")
    assert net.aux_paths == ("aux1.fc2", "aux2.fc2")
    main, aux = net.outputs(net.module.train()(images(96)))
    assert [one.shape for one in (main, *aux)] == [(4, 4)] * 3
    main, aux = net.outputs(net.module.eval()(images(96)))
    assert main.shape == (4, 4)
    assert aux == []
    assert net.module.transform_input is True


def test_auxiliary_heads_can_be_left_out() -> None:
    net = built("googlenet", aux=0.0)
    assert net.aux_paths == ()
    assert not [name for name in net.module.state_dict() if name.startswith("aux")]
    main, aux = net.outputs(net.module.train()(images(96)))
    assert main.shape == (4, 4)
    assert aux == []


def test_auxiliary_heads_do_not_change_the_head() -> None:
    one, other = built("googlenet"), built("googlenet", aux=0.0)
    assert torch.equal(one.module.get_parameter("fc.weight"), other.module.get_parameter("fc.weight"))


def test_inception_takes_two_images_and_gives_two_answers() -> None:
    net = built("inception_v3")
    with torch.no_grad():
        main, aux = net.outputs(net.module.train()(images(299, 2)))
    assert [one.shape for one in (main, *aux)] == [(2, 4)] * 2


@pytest.mark.parametrize(
    ("name", "kinds"), [("deeplabv3_mobilenet_v3_large", ["deeplab", "fcn"]), ("lraspp_mobilenet_v3_large", ["lraspp"])]
)
def test_mask_heads_stand_on_the_models_that_give_what_they_take(name: str, kinds: list[str]) -> None:
    for kind in kinds:
        net = built(name, kind)
        assert (net.head_path, net.in_features) == ("classifier", 960)
        main, aux = net.outputs(net.module.eval()(images()))
        assert main.shape == (4, 4, 64, 64)
        assert aux == []
    assert heads.find(kinds[0]).takes in ("map", "maps")
    other = "lraspp" if "lraspp" not in kinds else "fcn"
    with pytest.raises(InputError, match=rf"does not fit.*map of features.*{kinds[0]}"):
        built(name, other)
    with pytest.raises(InputError, match="made for masks"):
        built(name, "linear")


def test_auxiliary_head_of_a_segmentation_model() -> None:
    from torchvision.models import get_model

    module = get_model("fcn_resnet50", weights=None, weights_backbone=None, aux_loss=True, num_classes=21)
    body = Body("FCN", "segmentation", "classifier", 21, 64, lambda: skeleton(lambda: module))
    end = attach(module, body, head=Head(kind="fcn"), classes=3)
    assert end.aux_paths == ("aux_classifier.4",)
    main, aux = auxiliary.outputs(module(images(64, 2)))
    assert [one.shape for one in (main, *aux)] == [(2, 3, 64, 64)] * 2
    auxiliary.remove(module)
    assert auxiliary.outputs(module(images(64, 2)))[1] == []


def test_a_head_of_another_task_is_refused() -> None:
    with pytest.raises(InputError, match="DeepLab does not fit on ResNet-18"):
        built("resnet18", "deeplab")
