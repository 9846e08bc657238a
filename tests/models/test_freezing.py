from __future__ import annotations

import random

import pytest
import torch
from torch import nn

from tlstudio.errors import InputError
from tlstudio.models import freezing, network
from tlstudio.models.network import Network
from tlstudio.recipe import Frozen, Head

LEARNS_IN_LAST_BLOCK = {
    "efficientnet_lite0": ("blocks.6", "conv_head", "bn2", "classifier"),
    "resnet18": ("layer4", "fc"),
    "resnet50": ("layer4", "fc"),
    "efficientnet_b0": ("features.7", "features.8", "classifier"),
    "mobilenet_v3_small": ("features.11", "features.12", "classifier"),
}
NAMES = ["efficientnet_lite0", "resnet18", "resnet50", "efficientnet_b0", "mobilenet_v3_small"]


@pytest.fixture(scope="module")
def nets() -> dict[str, Network]:
    return {name: network.build(name, classes=3, weights="random", head=Head(kind="dropout_linear")) for name in NAMES}


def small(name: str = "mobilenet_v3_small") -> Network:
    return network.build(name, classes=3, weights="random")


def under(name: str, paths: tuple[str, ...] | list[str]) -> bool:
    return any(name == path or name.startswith(f"{path}.") for path in paths)


def train(net: Network, paths: tuple[str, ...], policy: freezing.Policy, *, hold: bool = True, steps: int = 3) -> None:
    freezing.freeze(net.module, paths, policy)
    learning = [p for p in net.module.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(learning, lr=0.1, momentum=0.9, weight_decay=0.1)
    for step in range(steps):
        net.module.train()
        if hold:
            freezing.hold(net.module, paths, policy)
        x = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        nn.functional.cross_entropy(net.module(x), torch.tensor([0, 1, 2, 0])).backward()
        optimizer.step()


@pytest.mark.parametrize("name", NAMES)
def test_presets_learn_what_they_say(nets: dict[str, Network], name: str) -> None:
    net = nets[name]
    said = freezing.presets(net)
    names = [n for n, _ in net.module.named_parameters()]
    assert said["full"] == said["scratch"] == []
    assert [n for n in names if not under(n, said["head"])] == [n for n in names if under(n, [net.head_path])]
    assert [n for n in names if not under(n, said["last-block"])] == [n for n in names if under(n, LEARNS_IN_LAST_BLOCK[name])]


def test_a_preset_names_as_few_paths_as_can_be(nets: dict[str, Network]) -> None:
    said = freezing.presets(nets["efficientnet_lite0"])
    assert said["head"] == ["conv_stem", "bn1", "blocks", "conv_head", "bn2"]
    assert said["last-block"] == ["conv_stem", "bn1", *(f"blocks.{i}" for i in range(6))]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strategy", ["head", "last-block", "full", "scratch"])
def test_frozen_and_learning_make_up_the_whole(nets: dict[str, Network], name: str, strategy: str) -> None:
    net = nets[name]
    paths = freezing.frozen_paths(net, Frozen.model_validate({"strategy": strategy}))
    freezing.freeze(net.module, paths, "eval")
    for n, p in net.module.named_parameters():
        assert p.requires_grad is not under(n, paths)
    assert bool(paths) == (strategy in ("head", "last-block"))


@pytest.mark.parametrize("name", NAMES)
def test_with_only_the_head_learning_the_rest_is_deterministic_and_the_heads_dropout_is_on(nets: dict[str, Network], name: str) -> None:
    net = nets[name]
    paths = freezing.frozen_paths(net, Frozen(strategy="head"))
    net.module.train()
    freezing.hold(net.module, paths, "eval")
    held = {n for n, module in net.module.named_modules() if not module.training}
    assert all(under(n, paths) for n in held)
    assert net.head.training
    assert all(module.training for module in net.head.modules())
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.manual_seed(1)
        one = net.features(x)
        torch.manual_seed(2)
        assert torch.equal(one, net.features(x))


def test_ticking_everything_but_the_head_by_hand_is_as_deterministic() -> None:
    net = small()
    by_hand = freezing.frozen_paths(net, Frozen(strategy="custom", paths=("features", "classifier.0")))
    assert set(by_hand) == set(freezing.frozen_paths(net, Frozen(strategy="head")))


@pytest.mark.parametrize("strategy", ["head", "last-block"])
def test_nothing_frozen_moves(strategy: str) -> None:
    net = small()
    paths = freezing.frozen_paths(net, Frozen.model_validate({"strategy": strategy}))
    before = freezing.checksums(net.module, paths, "eval")
    whole = {n: t.clone() for n, t in net.module.state_dict().items()}
    train(net, paths, "eval")
    after = freezing.checksums(net.module, paths, "eval")
    assert before == after
    assert freezing.digest(before) == freezing.digest(after)
    moved = {n for n, t in net.module.state_dict().items() if not torch.equal(t, whole[n])}
    assert moved == {n for n in whole if not under(n, paths)}
    assert before.keys() == {n for n in whole if under(n, paths)}


def test_without_hold_a_frozen_batchnorm_would_move_and_the_proof_sees_it() -> None:
    net = small()
    paths = freezing.frozen_paths(net, Frozen(strategy="head"))
    before = freezing.checksums(net.module, paths, "eval")
    train(net, paths, "eval", hold=False, steps=1)
    after = freezing.checksums(net.module, paths, "eval")
    moved = {n for n in before if before[n] != after[n]}
    assert "features.0.1.running_mean" in moved
    assert "features.0.1.num_batches_tracked" in moved
    assert not moved & {n for n, _ in net.module.named_parameters()}
    assert freezing.digest(before) != freezing.digest(after)


def test_adapt_moves_the_averages_and_nothing_else() -> None:
    net = small()
    paths = freezing.frozen_paths(net, Frozen(strategy="head"))
    before = freezing.checksums(net.module, paths, "adapt")
    average = net.module.get_buffer("features.0.1.running_mean").clone()
    train(net, paths, "adapt")
    assert freezing.checksums(net.module, paths, "adapt") == before
    assert "features.0.1.weight" in before
    assert not any("running" in n for n in before)
    assert not torch.equal(net.module.get_buffer("features.0.1.running_mean"), average)


def test_train_lets_scale_and_shift_learn() -> None:
    net = small()
    paths = freezing.frozen_paths(net, Frozen(strategy="head"))
    before = freezing.checksums(net.module, paths, "train")
    scale = net.module.get_parameter("features.0.1.weight").detach().clone()
    train(net, paths, "train")
    assert freezing.checksums(net.module, paths, "train") == before
    assert "features.0.0.weight" in before
    assert "features.0.1.weight" not in before
    assert not torch.equal(net.module.get_parameter("features.0.1.weight"), scale)


def test_any_set_of_ticks_freezes_just_that(nets: dict[str, Network]) -> None:
    net = nets["efficientnet_b0"]
    modules = [n for n, _ in net.module.named_modules() if n] + [n for n, _ in net.module.named_parameters()]
    total = sum(p.numel() for p in net.module.parameters())
    for seed in range(10):
        ticks = tuple(random.Random(seed).sample(modules, 12))
        paths = freezing.frozen_paths(net, Frozen(strategy="custom", paths=ticks))
        freezing.freeze(net.module, paths, "eval")
        for n, p in net.module.named_parameters():
            assert p.requires_grad is not under(n, ticks)
        frozen = sum(p.numel() for n, p in net.module.named_parameters() if under(n, ticks))
        assert frozen + sum(p.numel() for p in net.module.parameters() if p.requires_grad) == total


def test_paths_inside_others_are_dropped_and_unknown_ones_are_told() -> None:
    net = small("resnet18")
    said = freezing.frozen_paths(net, Frozen(strategy="custom", paths=("layer1.0", "layer1", "layer4.1.bn2.weight")))
    assert said == ("layer1", "layer4.1.bn2.weight")
    with pytest.raises(InputError, match=r"no layer 'layer9', which frozen.paths names.*nearest is 'layer"):
        freezing.frozen_paths(net, Frozen(strategy="custom", paths=("layer1", "layer9")))


class Tied(nn.Module):
    """Two layers that share a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.fc = nn.Linear(4, 4), nn.Linear(4, 4, bias=False), nn.Linear(4, 2)
        self.second.weight = self.first.weight


def test_a_shared_parameter_is_frozen_by_either_path_and_summed_once() -> None:
    for path in ("first", "second"):
        module = Tied()
        freezing.freeze(module, [path], "eval")
        assert not module.first.weight.requires_grad
        assert module.first.bias.requires_grad is (path == "second")
        names = ["first.weight", "first.bias"] if path == "first" else ["first.weight"]
        assert list(freezing.checksums(module, [path], "eval")) == names
        module.train()
        freezing.hold(module, [path], "eval")
        assert not module.second.training
        assert module.first.training is (path == "second")


def test_every_number_type_has_a_checksum_and_one_bit_changes_it() -> None:
    module = nn.Linear(3, 2).to(torch.bfloat16)
    module.register_buffer("flag", torch.tensor(True))
    module.register_buffer("view", torch.arange(6.0).reshape(2, 3).T)
    before = freezing.checksums(nn.Sequential(module), ["0"], "eval")
    assert before.keys() == {"0.weight", "0.bias", "0.flag", "0.view"}
    module.flag.logical_not_()
    after = freezing.checksums(nn.Sequential(module), ["0"], "eval")
    assert {n for n in before if before[n] != after[n]} == {"0.flag"}


def test_the_digest_does_not_depend_on_order() -> None:
    assert freezing.digest({"a": "1", "b": "2"}) == freezing.digest({"b": "2", "a": "1"}) != freezing.digest({"a": "2", "b": "1"})
