from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys

import pytest
import timm
from torchvision.models import get_model_weights

from tlstudio.errors import InputError
from tlstudio.models import catalogue, tree

ENTRIES = catalogue.entries()
FROM_TORCHVISION = [entry for entry in ENTRIES if entry.source == "torchvision"]


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
    assert names == ["efficientnet_lite0", "resnet18", "resnet50", "efficientnet_b0", "mobilenet_v3_small"]


def test_find_names_the_nearest() -> None:
    assert catalogue.find("resnet50").title == "ResNet-50"
    with pytest.raises(InputError, match="nearest is 'resnet18'"):
        catalogue.find("resnet_18")
    with pytest.raises(InputError, match="Take one of efficientnet_lite0"):
        catalogue.find("???")


@pytest.mark.parametrize("entry", FROM_TORCHVISION, ids=by_name)
def test_facts_are_those_of_torchvision(entry: catalogue.Entry) -> None:
    weights = get_model_weights(entry.name).DEFAULT
    transforms = weights.transforms()
    assert entry.weights_url == weights.url
    assert entry.params == weights.meta["num_params"]
    assert entry.accuracy == pytest.approx(weights.meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100)
    assert [entry.input_size] == transforms.crop_size
    assert (entry.mean, entry.std) == (tuple(transforms.mean), tuple(transforms.std))
    assert entry.interpolation == transforms.interpolation.value
    assert round(entry.weights_bytes / 2**20, 3) == weights.meta["_file_size"]
    assert entry.weights_sha256
    assert f"-{entry.weights_sha256}." in weights.url
    assert round(entry.mult_adds / 1e9, 3) == pytest.approx(weights.meta["_ops"], abs=0.001)


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


@pytest.mark.parametrize("entry", ENTRIES, ids=by_name)
def test_counts_are_those_of_the_network_itself(entry: catalogue.Entry) -> None:
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
