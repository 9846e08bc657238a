from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from tlstudio.errors import InputError
from tlstudio.models import catalogue, network
from tlstudio.models.network import Network
from tlstudio.recipe import Head

WIDTHS = {"efficientnet_lite0": 1280, "resnet18": 512, "resnet50": 2048, "efficientnet_b0": 1280, "mobilenet_v3_small": 1024}
ENTRIES = [catalogue.find(name) for name in WIDTHS]


def images(n: int = 2, side: int = 64) -> torch.Tensor:
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(1))


def built(name: str, *, seed: int = 3, head: Head | None = None, weights: str = "random") -> Network:
    return network.build(name, classes=4, head=head, weights=weights, seed=seed)


def same(one: nn.Module, other: nn.Module) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("kind", ["linear", "dropout_linear"])
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_head_on_the_features_is_the_network(entry: catalogue.Entry, kind: str) -> None:
    net = built(entry.name, head=Head(kind=kind))
    net.module.eval()
    x = images()
    with torch.no_grad():
        features, logits = net.features(x), net.module(x)
    assert features.shape == (2, net.in_features) == (2, WIDTHS[entry.name])
    assert logits.shape == (2, 4)
    assert torch.equal(net.head(features), logits)


def test_features_follow_weights_and_modes_of_the_network() -> None:
    net = built("mobilenet_v3_small")
    x = images()
    net.module.eval()
    first = net.features(x)
    first.sum().backward()
    assert all(p.grad is not None for name, p in net.module.named_parameters() if not name.startswith(net.head_path))
    assert net.head.weight.grad is None
    with torch.no_grad():
        next(net.module.parameters()).mul_(2)
    assert not torch.equal(net.features(x), first)
    net.module.double()
    assert net.features(x.double()).dtype == torch.float64
    net.module.float().train()
    torch.manual_seed(0)
    one = net.features(x)
    # The dropout in front of the head is at work in training mode.
    assert (one == 0).float().mean() > 0.1


def test_threads_may_ask_for_features_at_once() -> None:
    net = built("resnet18")
    net.module.eval()
    pictures = [images() + i for i in range(8)]
    with torch.no_grad():
        alone = [net.features(x) for x in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(torch.no_grad()(net.features), pictures))
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))


def test_random_weights_follow_from_the_seed_and_leave_the_global_generator_alone() -> None:
    torch.manual_seed(11)
    state = torch.get_rng_state()
    one = built("resnet18")
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(99)
    assert same(one.module, built("resnet18").module)
    assert not torch.equal(one.module.conv1.weight, built("resnet18", seed=4).module.conv1.weight)


def test_the_same_seed_gives_the_same_head_on_any_weights() -> None:
    one, other = built("efficientnet_lite0", weights="pretrained"), built("efficientnet_lite0")
    assert same(one.head, other.head)
    assert not same(one.head, built("efficientnet_lite0", seed=4).head)


def test_pretrained_weights_are_those_of_the_bundled_file() -> None:
    entry = catalogue.find("efficientnet_lite0")
    assert entry.weights_path is not None
    published = list(torch.load(entry.weights_path, weights_only=True).values())
    net = built("efficientnet_lite0", weights="pretrained")
    own = {name: tensor for name, tensor in net.module.state_dict().items() if not name.startswith("classifier.")}
    assert len(own) == len(published) - 2
    assert all(torch.equal(a, b) for a, b in zip(own.values(), published, strict=False))
    assert net.loaded is None


def test_the_network_comes_in_training_mode_with_everything_learning() -> None:
    net = built("mobilenet_v3_small")
    assert net.module.training
    assert all(p.requires_grad for p in net.module.parameters())
    assert net.module.get_submodule("classifier.3") is net.head


def test_unknown_names_are_told() -> None:
    with pytest.raises(InputError, match="nearest is 'resnet18'"):
        built("resnet81")
    with pytest.raises(InputError, match="no head 'mlpp'"):
        built("resnet18", head=Head(kind="mlpp"))
