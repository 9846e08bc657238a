from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torchvision import models
from torchvision.models import get_model_weights

from tlstudio.errors import InputError, StudioError
from tlstudio.models import catalogue, network, pyramid, tree
from tlstudio.models.construction import skeleton
from tlstudio.models.idle import take_out

ENTRIES = catalogue.entries()
FROM_TORCHVISION = [entry for entry in ENTRIES if entry.source == "torchvision"]
FROM_TIMM = [entry for entry in ENTRIES if entry.source == "timm"]
# Of each kind one: with one head, two heads, none, a convolution for a head, weights elsewhere than in timm's repositories, or nowhere.
SOME_OF_TIMM = (
    *("resnet18", "test_vit", "deit_tiny_distilled_patch16_224", "vit_small_patch14_dinov2", "rdnet_tiny", "gcvit_xxtiny"),
    *("mobilenetv4_conv_small", "convnext_atto", "swin_tiny_patch4_window7_224", "levit_128s", "resnet34d", "vit_base_patch16_clip_224"),
)
SOME_OF_TORCHVISION = ("resnet18", "squeezenet1_1", "googlenet", "vit_b_32", "regnet_x_400mf", "lraspp_mobilenet_v3_large")


def by_name(entry: catalogue.Entry) -> str:
    return entry.name


def test_it_is_read_without_torch() -> None:
    code = (
        "import sys; from tlstudio.models import catalogue; [e.to_json() for e in catalogue.entries()]; "
        "from tlstudio.models import heads; heads.validate('dropout_linear', {}); from tlstudio.models import cost; "
        "assert not {'torch', 'torchvision', 'timm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_bundled_model_comes_first_and_the_others_are_there() -> None:
    names = [entry.name for entry in ENTRIES]
    assert names[0] == "efficientnet_lite0"
    assert len(set(names)) == len(names)
    wanted = models.list_models(module=models) + models.list_models(module=models.segmentation)
    assert [entry.name for entry in FROM_TORCHVISION] == wanted
    assert [entry.task for entry in FROM_TORCHVISION].count("segmentation") == 6
    assert len(FROM_TIMM) > 1000
    assert all(entry.name == f"timm/{entry.title}" for entry in FROM_TIMM)


@pytest.mark.skipif(timm.__version__ != "1.0.31", reason="the table was written with timm 1.0.31")
def test_all_of_timm_is_there() -> None:
    assert [entry.title for entry in FROM_TIMM] == timm.list_models()


def test_for_masks_there_are_the_models_made_for_them_and_encoders() -> None:
    rows = [entry.to_json() for entry in catalogue.entries("segmentation")]
    assert (rows[0]["name"], rows[0]["role"], rows[0]["weights"]) == ("efficientnet_lite0", "encoder", "bundled")
    assert [row["role"] for row in rows].count("whole") == 6
    assert {row["task"] for row in rows} == {"segmentation"}
    assert all(row["input_size"] >= 320 and row["input_size"] % 32 == 0 for row in rows if row["role"] == "encoder")
    assert len(rows) > 700
    assert {entry.task for entry in catalogue.entries()} == {"classification", "segmentation"}
    assert all(entry.task == "classification" for entry in catalogue.entries("classification"))
    whole = catalogue.find("timm/resnet18")
    assert (whole.task, whole.role, catalogue.find("timm/resnet18", "classification")) == ("classification", "whole", whole)
    assert catalogue.find("fcn_resnet50", "segmentation") is catalogue.find("fcn_resnet50")


@pytest.mark.parametrize(
    "name", ["resnet34d", "mobilenetv4_conv_small", "convnext_atto", "test_mambaout", "test_vit3", "test_nfnet", "densenet121", "tinynet_e"]
)
def test_facts_of_encoders_are_those_of_their_maps(name: str) -> None:
    entry = catalogue.find(f"timm/{name}", "segmentation")
    assert entry.encoder is not None
    found = pyramid.survey(skeleton(lambda: entry.construct(0)), 4 * pyramid.multiple_of(entry.encoder.reductions))
    assert found.reductions == entry.encoder.reductions
    module = skeleton(lambda: entry.construct(0))
    take_out(module, [path for path in found.idle if path.split(".")[0] in dict(module.named_children())])
    assert sum(p.numel() for p in module.parameters()) == entry.params
    assert (entry.dilated().encoder is entry.encoder) == (entry.encoder.dilating is None)
    if entry.encoder.dilating:
        coarse = entry.dilated()
        assert pyramid.survey(skeleton(lambda: coarse.construct(0)), 128).reductions == coarse.encoder.reductions  # type: ignore[union-attr]


def test_find_names_the_nearest() -> None:
    assert catalogue.find("resnet50").title == "ResNet-50"
    with pytest.raises(InputError, match="nearest is 'resnet18'"):
        catalogue.find("resnet_18")
    with pytest.raises(InputError, match="nearest is 'resnet18'"):
        catalogue.find("ResNet18")
    with pytest.raises(InputError, match="nearest is 'timm/tf_efficientnet_lite0'"):
        catalogue.find("tf_efficientnet_lite0")
    with pytest.raises(InputError, match="List them with: tlstudio models"):
        catalogue.find("???")


@pytest.mark.parametrize("entry", FROM_TORCHVISION, ids=by_name)
def test_facts_are_those_of_torchvision(entry: catalogue.Entry) -> None:
    known = get_model_weights(entry.name)
    # The constructor's vit_h_14 takes 224 pixels, its default weights 518.
    weights = known["IMAGENET1K_SWAG_LINEAR_V1"] if entry.name == "vit_h_14" else known.DEFAULT
    transforms = weights.transforms()
    assert entry.weights_url == weights.url
    assert (entry.mean, entry.std) == (tuple(transforms.mean), tuple(transforms.std))
    assert entry.interpolation == transforms.interpolation.value
    assert round(entry.weights_bytes / 2**20, 3) == weights.meta["_file_size"]
    assert entry.weights_sha256
    assert f"-{entry.weights_sha256}." in weights.url
    assert entry.classes == len(weights.meta["categories"])
    [published] = weights.meta["_metrics"].values()
    if entry.task == "segmentation":
        assert (entry.accuracy, entry.miou) == (None, pytest.approx(published["miou"] / 100))
        assert [entry.input_size] == transforms.resize_size
    else:
        assert (entry.accuracy, entry.miou) == (pytest.approx(published["acc@1"] / 100), None)
        assert [entry.input_size] == transforms.crop_size
        # torchvision's count leaves GoogLeNet's auxiliary heads out, which its constructor builds.
        assert entry.params == weights.meta["num_params"] or entry.name == "googlenet"


# torchvision's figures leave out what its counter does not know: the products of attention with relative positions.
@pytest.mark.parametrize("entry", [entry for entry in FROM_TORCHVISION if entry.accuracy and "swin" not in entry.name], ids=by_name)
def test_mult_adds_are_those_of_torchvision(entry: catalogue.Entry) -> None:
    known = get_model_weights(entry.name)
    weights = known["IMAGENET1K_SWAG_LINEAR_V1"] if entry.name == "vit_h_14" else known.DEFAULT
    assert entry.mult_adds == pytest.approx(weights.meta["_ops"] * 1e9, rel=0.01, abs=1e6)


@pytest.mark.parametrize("name", SOME_OF_TIMM)
def test_facts_are_those_of_timm(name: str) -> None:
    entry, told = catalogue.find(f"timm/{name}"), timm.get_pretrained_cfg(name)
    assert (entry.mean, entry.std, entry.interpolation) == (told.mean, told.std, told.interpolation)
    assert (3, entry.input_size, entry.input_size) == told.input_size
    assert entry.classes == told.num_classes
    assert entry.licence.lower() == told.license
    assert (entry.hub, entry.weights_state()) == ((told.hf_hub_id, "download") if told.hf_hub_id else ("", entry.weights_state()))
    assert [entry.head, *entry.more_heads] == ([told.classifier] if isinstance(told.classifier, str) else list(told.classifier))


@pytest.mark.parametrize("name", [*SOME_OF_TORCHVISION, *(f"timm/{name}" for name in SOME_OF_TIMM)])
def test_a_model_is_constructed_as_its_row_says(name: str) -> None:
    entry = catalogue.find(name)
    published = skeleton(lambda: entry.construct(entry.classes))
    assert sum(p.numel() for p in published.parameters()) == entry.params
    mine = skeleton(lambda: entry.construct(3))
    head = mine.get_submodule(entry.head)
    assert type(head).__name__ == entry.head_type
    weights = [child for child in head.modules() if isinstance(child, torch.nn.Linear | torch.nn.Conv2d)]
    widths = [child.in_features if isinstance(child, torch.nn.Linear) else child.in_channels for child in weights]
    assert widths[0] == (entry.head_width or widths[0])
    for path in entry.more_heads:
        assert mine.get_submodule(path).out_features == 3


def test_facts_of_the_bundled_model_are_those_of_its_file_and_of_timm() -> None:
    entry = catalogue.find("efficientnet_lite0")
    told = timm.create_model("tf_efficientnet_lite0").pretrained_cfg
    assert (entry.mean, entry.std, entry.interpolation) == (told["mean"], told["std"], told["interpolation"])
    assert told["input_size"] == (3, entry.input_size, entry.input_size)
    assert told["license"] == entry.licence.lower()
    path = entry.weights_path
    assert path is not None
    assert path.stat().st_size == entry.weights_bytes
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry.weights_sha256


@pytest.mark.parametrize("name", ["efficientnet_lite0", "resnet18", "mobilenet_v3_small", "timm/test_vit", "timm/convnext_atto"])
def test_counts_are_those_of_the_tree(name: str) -> None:
    entry = catalogue.find(name)
    document = tree.layers(entry.name)
    assert document["totals"]["params"] == entry.params
    assert document["totals"]["mult_adds"] == entry.mult_adds
    assert document["head_path"] == entry.head


def test_the_state_of_weights_follows_the_disk() -> None:
    assert catalogue.find("efficientnet_lite0").weights_state() == "bundled"
    entry = catalogue.find("resnet18")
    assert entry.weights_state() == "download"
    assert entry.cache_path is not None
    entry.cache_path.parent.mkdir(parents=True)
    entry.cache_path.write_bytes(b"weights")
    assert entry.weights_state() == "cached"
    assert entry.weights_path == entry.cache_path
    assert dataclasses.replace(entry, weights_url=None).weights_state() == "none"


def test_a_row_of_the_models_document() -> None:
    row = catalogue.find("resnet50").to_json()
    wanted = {"name", "title", "source", "task", "params", "mult_adds", "input_size", "accuracy", "weights", "weights_bytes", "licence"}
    assert wanted <= row.keys()
    assert (row["name"], row["weights"], row["accuracy"]) == ("resnet50", "download", 0.80858)
    assert json.loads(json.dumps([entry.to_json() for entry in ENTRIES]))
    assert catalogue.find("deeplabv3_resnet50").to_json()["miou"] == 0.664
    assert catalogue.find("timm/resnet50").to_json()["accuracy"] == 0.81214
    assert "resnet50.a1_in1k at 288 px" in catalogue.find("timm/resnet50").accuracy_source


def test_facts_are_within_reason() -> None:
    for entry in ENTRIES:
        assert entry.params > 0, entry.name
        assert 0.2 < (entry.accuracy or 0.5) < 1, entry.name
        assert bool(entry.accuracy) == bool(entry.accuracy_source), entry.name
        assert entry.licence, entry.name
        assert entry.head or not entry.head_width, entry.name
        assert len(entry.mean) == len(entry.std) == 3, entry.name
        assert entry.interpolation in ("bilinear", "bicubic", "nearest"), entry.name


def test_weights_of_timm_are_kept_apart_and_used(tmp_path: Path) -> None:
    entry = catalogue.find("timm/test_vit")
    assert entry.weights_url == "https://huggingface.co/timm/test_vit.r160_in1k/resolve/main/model.safetensors"
    published = entry.construct().state_dict()
    assert entry.cache_path is not None
    entry.cache_path.parent.mkdir(parents=True)
    save_file(published, entry.cache_path)
    assert entry.weights_state() == "cached"
    module = network.build(entry.name, classes=4).module
    assert torch.equal(module.get_parameter("blocks.0.attn.qkv.weight"), published["blocks.0.attn.qkv.weight"])


def test_weights_in_an_older_form_are_taken_as_timm_takes_them() -> None:
    entry = catalogue.find("timm/test_vit")
    module = entry.construct()
    own = module.state_dict()
    flat = own["patch_embed.proj.weight"].flatten(1)
    assert entry.rename is not None
    renamed = entry.rename({**own, "patch_embed.proj.weight": flat}, module)
    assert all(torch.equal(renamed[name], own[name]) for name in own)
    with pytest.raises(ValueError):
        entry.rename({"other.weight": torch.zeros(3)}, module)


def test_names_of_older_torchvision_files_are_todays() -> None:
    entry = catalogue.find("densenet121")
    module = skeleton(entry.construct)
    own = module.state_dict()
    older = {name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): tensor for name, tensor in own.items()}
    assert entry.rename is not None
    assert entry.rename(older, module).keys() == own.keys()
    fcn = catalogue.find("fcn_resnet50")
    assert fcn.rename is not None
    assert fcn.rename({"classifier.4.bias": torch.zeros(21), "aux_classifier.4.bias": torch.zeros(21)}, module).keys() == {
        "classifier.4.bias"
    }


def test_what_timm_downloaded_on_its_own_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    entry = catalogue.find("timm/test_vit")
    assert entry.weights_state() == "download"
    folder = tmp_path / "models--timm--test_vit.r160_in1k"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc123")
    (folder / "snapshots" / "abc123").mkdir(parents=True)
    file = folder / "snapshots" / "abc123" / "model.safetensors"
    file.write_bytes(b"weights")
    assert (entry.weights_state(), entry.weights_path) == ("cached", file)


@pytest.fixture
def anew() -> Iterator[None]:
    catalogue._registered.cache_clear()
    yield
    catalogue._registered.cache_clear()


def test_other_packages_can_add_models_and_break_nothing(
    anew: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "plug_in.py").write_text(
        "import dataclasses\n"
        "from tlstudio.models.catalogue.bundled import ENTRIES\n"
        "MINE = [dataclasses.replace(ENTRIES[0], name='mine', source='plug_in'), dataclasses.replace(ENTRIES[0], source='plug_in')]\n"
        "STRANGE = [3]\n"
        "def broken(classes): raise RuntimeError('out of tune')\n"
        "def nothing(classes): return None\n"
        "BROKEN = [dataclasses.replace(ENTRIES[0], name=name, constructor=make) for name, make in (('b', broken), ('n', nothing))]\n"
        "DANCER = [dataclasses.replace(ENTRIES[0], name='dancer', task='dance')]\n"
    )
    (tmp_path / "quitter.py").write_text("import sys\nsys.exit(3)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    points = [
        metadata.EntryPoint(name, value, catalogue.GROUP)
        for name, value in (
            ("absent", "not_there:X"),
            ("strange", "plug_in:STRANGE"),
            ("quitter", "quitter:X"),
            ("dancer", "plug_in:DANCER"),
            ("good", "plug_in:MINE"),
            ("band", "plug_in:BROKEN"),
        )
    ]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points)
    assert catalogue.find("mine").source == "plug_in"
    for name, why in (("b", "RuntimeError: out of tune"), ("n", "it gave a NoneType instead of a network")):
        for ask in (lambda name: tree.layers(name), lambda name: network.build(name, classes=2, weights="random")):
            with pytest.raises(StudioError, match=rf"cannot be built by the plug-in 'band'\. (?i:{why})"):
                ask(name)
    assert catalogue.find("efficientnet_lite0").source == "bundled"
    first, second, third, fourth = catalogue.problems()
    assert "'absent' (not_there:X) cannot be used: ModuleNotFoundError" in first
    assert "a list of Entry is expected" in second
    assert "SystemExit" in third
    assert "dancer needs an input_size in pixels and a task" in fourth
    assert first in caplog.text
