from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from tlstudio import api
from tlstudio.control import silent
from tlstudio.errors import InputError, StudioError
from tlstudio.events import Event, Note
from tlstudio.models import catalogue, network, weights
from tlstudio.models.examine import examine
from tlstudio.models.network import Network


def resnet(source: str | Path, *, classes: int = 4, seed: int = 5, tell: Any = silent) -> Network:
    return network.build("resnet18", classes=classes, weights=str(source), seed=seed, tell=tell)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    """A resnet18 with 1000 classes, as published weights have them."""
    return network.build("resnet18", classes=1000, weights="random", seed=1).module.state_dict()


def agree(net: Network, state: dict[str, torch.Tensor]) -> set[str]:
    return {name for name, tensor in net.module.state_dict().items() if name in state and torch.equal(tensor, state[name])}


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_a_file_comes_back_and_a_head_of_another_width_stays_new(tmp_path: Path, state: dict[str, torch.Tensor], suffix: str) -> None:
    path = tmp_path / f"mine{suffix}"
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    told: list[Event] = []
    net = resnet(path, tell=told.append)
    backbone = {name for name in state if not name.startswith("fc.")}
    assert backbone <= agree(net, state)
    report = net.loaded
    assert report is not None
    assert set(report.matched) == backbone
    assert set(report.head) == {"fc.weight", "fc.bias"}
    assert {"name": "fc.weight", "file": [1000, 512], "network": [4, 512]} in report.to_json()["reshaped"]
    assert not report.backbone_incomplete
    [note] = [event for event in told if isinstance(event, Note)]
    assert note.level == "info"
    assert "120 of 122 tensors were taken" in note.message
    assert "the head is new" in note.message


def test_a_head_of_the_same_width_is_taken_too(tmp_path: Path) -> None:
    first = network.build("resnet18", classes=4, weights="random", seed=1)
    save_file(first.module.state_dict(), tmp_path / "best.safetensors")
    net = resnet(tmp_path / "best.safetensors")
    assert torch.equal(net.head.weight, first.head.weight)
    assert net.loaded is not None
    assert not net.loaded.head


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_prefixes_of_wrappers_and_nesting_are_seen_through(tmp_path: Path, state: dict[str, torch.Tensor], prefix: str) -> None:
    path = tmp_path / "checkpoint.pth"
    torch.save({"epoch": 3, "state_dict": {prefix + name: tensor for name, tensor in state.items()}}, path)
    assert len(agree(resnet(path), state)) == 120


def test_what_does_not_fit_keeps_its_random_weights_and_is_told(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    partly = {name: tensor for name, tensor in state.items() if not name.startswith("layer4.")}
    partly["conv1.weight"] = torch.zeros(64, 1, 7, 7)
    partly["extra.weight"] = torch.zeros(2)
    torch.save(partly, tmp_path / "partly.pt")
    told: list[Event] = []
    net = resnet(tmp_path / "partly.pt", tell=told.append)
    report = net.loaded
    assert report is not None
    assert report.unexpected == ("extra.weight",)
    assert "layer4.0.conv1.weight" in report.missed
    assert ("conv1.weight", (64, 1, 7, 7), (64, 3, 7, 7)) in report.reshaped
    untouched = network.build("resnet18", classes=4, weights="random", seed=5).module
    assert torch.equal(net.module.get_parameter("layer4.0.conv1.weight"), untouched.get_parameter("layer4.0.conv1.weight"))
    assert isinstance(told[0], Note)
    assert told[0].level == "warn"
    assert "of the backbone start at random" in told[0].message


def test_another_architecture_is_told(tmp_path: Path) -> None:
    save_file(network.build("mobilenet_v3_small", classes=4, weights="random").module.state_dict(), tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=r"another architecture, not of ResNet-18.*0 of its 120"):
        resnet(tmp_path / "other.safetensors")


def test_values_that_are_no_numbers_are_told(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    state = {**state, "conv1.weight": torch.full_like(state["conv1.weight"], torch.nan)}
    save_file(state, tmp_path / "wild.safetensors")
    with pytest.raises(InputError, match=r"no numbers.*conv1\.weight"):
        resnet(tmp_path / "wild.safetensors")


def test_the_bundled_file_can_be_given_as_a_file() -> None:
    path = catalogue.find("efficientnet_lite0").weights_path
    by_file = network.build("efficientnet_lite0", classes=2, weights=str(path))
    pretrained = network.build("efficientnet_lite0", classes=2)
    assert len(agree(by_file, pretrained.module.state_dict())) == len(pretrained.module.state_dict())
    with pytest.raises(InputError, match="another architecture, not of ResNet-18"):
        resnet(str(path))


class Bomb:
    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.witness}",)


@pytest.mark.parametrize("how", [0, 2, 4, 5, "torch", "torch_old"])
def test_a_malicious_pickle_is_refused_and_never_runs(tmp_path: Path, how: int | str) -> None:
    path, witness = tmp_path / "free_weights.pth", tmp_path / "ran"
    if isinstance(how, int):
        path.write_bytes(pickle.dumps({"fc.weight": Bomb(witness)}, protocol=how))
    else:
        torch.save({"fc.weight": Bomb(witness)}, path, _use_new_zipfile_serialization=how == "torch")
    with pytest.raises(InputError, match=r"was refused and nothing in it was run.*would call \w+\.system"):
        resnet(path)
    assert not witness.exists()


def test_a_whole_pickled_model_is_refused(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "whole.pt")
    with pytest.raises(InputError, match=r"was refused.*would call torch\.nn\.modules\.linear\.Linear"):
        weights.read(tmp_path / "whole.pt")


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
@pytest.mark.parametrize("content", ["empty", "text", "cut"])
def test_damaged_files_are_told(tmp_path: Path, state: dict[str, torch.Tensor], suffix: str, content: str) -> None:
    path = tmp_path / f"bad{suffix}"
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "text": b"<html>please log in</html>", "cut": whole[: len(whole) // 2]}[content])
    with pytest.raises(InputError, match="cannot be read as weights"):
        weights.read(path)


def test_files_of_another_kind_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no weights file"):
        weights.read(tmp_path / "absent.pt")
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InputError, match="is not a weights file"):
        weights.read(tmp_path / "notes.txt")
    torch.save({"epoch": 3}, tmp_path / "empty.pt")
    with pytest.raises(InputError, match="holds no weights"):
        weights.read(tmp_path / "empty.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(InputError, match="holds no weights"):
        weights.read(tmp_path / "list.pt")


def examined(path: Path, name: str = "resnet18") -> dict[str, Any]:
    return examine(catalogue.find(name), path)


def test_a_file_can_be_asked_before_anything_is_built(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    save_file(state, tmp_path / "whole.safetensors")
    whole = examined(tmp_path / "whole.safetensors")
    assert (whole["fits"], whole["matched"], whole["tensors"]) == (True, 122, 122)
    assert not whole["missing"] + whole["unexpected"] + whole["other_shape"] + whole["head"]
    assert "122 of 122 tensors" in whole["sentence"]
    partly = {f"module.{name}": tensor for name, tensor in state.items() if not name.startswith("layer4.")}
    partly |= {"module.fc.weight": torch.zeros(5, 512), "module.fc.bias": torch.zeros(5), "module.extra": torch.zeros(2)}
    torch.save({"model": partly, "epoch": 3}, tmp_path / "partly.pth")
    said = examined(tmp_path / "partly.pth")
    assert said["fits"]
    assert "layer4.0.conv1.weight" in said["missing"]
    assert said["unexpected"] == ["extra"]
    assert {"name": "fc.weight", "file": [5, 512], "network": [1000, 512]} in said["other_shape"]
    assert set(said["head"]) == {"fc.weight", "fc.bias"}
    assert "of the backbone start at random" in said["sentence"]
    json.dumps(said)


def test_asked_of_another_architecture_it_says_so(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    save_file(state, tmp_path / "resnet.safetensors")
    said = examined(tmp_path / "resnet.safetensors", "mobilenet_v3_small")
    assert not said["fits"]
    assert "another architecture, not of MobileNetV3 Small" in said["sentence"]
    assert "Choose the model that the file was made with" in said["sentence"]
    assert said["matched"] == 0


def test_asked_of_a_malicious_file_it_refuses_and_runs_nothing(tmp_path: Path) -> None:
    path, witness = tmp_path / "free.pth", tmp_path / "ran"
    torch.save({"state_dict": {"fc.weight": Bomb(witness)}}, path)
    with pytest.raises(InputError, match=r"was refused and nothing in it was run.*would call \w+\.system"):
        api.examine_weights("resnet18", str(path))
    assert not witness.exists()


def test_a_trainers_module_around_the_network_is_seen_through(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    torch.save({"state_dict": {f"classifier.backbone.{name}": tensor for name, tensor in state.items()}}, tmp_path / "lightning.ckpt")
    assert examined(tmp_path / "lightning.ckpt")["matched"] == 122
    assert len(agree(resnet(tmp_path / "lightning.ckpt"), state)) == 120


def test_a_file_under_published_names_is_examined_under_ours() -> None:
    entry = catalogue.find("efficientnet_lite0")
    assert entry.weights_path is not None
    said = examine(entry, entry.weights_path)
    assert said["fits"]
    assert said["matched"] == said["tensors"]


def test_a_cached_download_that_is_not_the_model_is_told(state: dict[str, torch.Tensor]) -> None:
    path = catalogue.find("resnet50").cache_path
    assert path is not None
    path.parent.mkdir(parents=True)
    torch.save(state, path)
    with pytest.raises(StudioError, match=r"not those of ResNet-50.*Delete the file"):
        network.build("resnet50", classes=2)


def test_published_weights_in_the_cache_are_used(state: dict[str, torch.Tensor]) -> None:
    path = catalogue.find("resnet18").cache_path
    assert path is not None
    path.parent.mkdir(parents=True)
    torch.save(state, path)
    net = resnet("pretrained")
    assert len(agree(net, state)) == 120
    assert net.head.out_features == 4


def changed(state: dict[str, torch.Tensor], how: Any) -> dict[str, torch.Tensor]:
    return {name: how(tensor) if tensor.is_floating_point() else tensor for name, tensor in state.items()}


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (lambda t: t.to(torch.int8), "of the type int8"),
        (lambda t: t.to(torch.complex64), "of the type complex64"),
        (lambda t: t.to_sparse(), "are sparse"),
        (lambda t: t.to("meta"), "are empty"),
        (lambda t: t.double() + 1e300, "values that are no numbers"),
    ],
)
def test_tensors_that_cannot_be_weights_are_told(tmp_path: Path, state: dict[str, torch.Tensor], how: Any, said: str) -> None:
    path = tmp_path / "odd.pt"
    torch.save(changed(state, how), path)
    with pytest.raises(InputError, match=said):
        resnet(path)
    document = api.examine_weights("resnet18", str(path))
    assert not document["fits"]
    assert said in document["sentence"]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float64])
def test_weights_in_another_precision_are_taken(tmp_path: Path, state: dict[str, torch.Tensor], dtype: torch.dtype) -> None:
    save_file(changed(state, lambda t: t.to(dtype)), tmp_path / "other.safetensors")
    net = resnet(tmp_path / "other.safetensors")
    assert net.module.get_parameter("conv1.weight").dtype == torch.float32
    assert torch.equal(net.module.get_parameter("conv1.weight"), state["conv1.weight"].to(dtype).float())


def test_an_older_file_without_counters_is_whole(tmp_path: Path, state: dict[str, torch.Tensor]) -> None:
    save_file({name: t for name, t in state.items() if "num_batches" not in name}, tmp_path / "older.safetensors")
    report = resnet(tmp_path / "older.safetensors").loaded
    assert report is not None
    assert not report.backbone_incomplete


def test_a_pickle_cut_short_anywhere_is_told(tmp_path: Path) -> None:
    whole = tmp_path / "whole.pt"
    torch.save({"a.weight": torch.ones(3)}, whole, _use_new_zipfile_serialization=False)
    path = tmp_path / "short.pt"
    for end in range(0, whole.stat().st_size - 1, 3):
        path.write_bytes(whole.read_bytes()[:end])
        with pytest.raises(InputError):
            weights.read(path)
