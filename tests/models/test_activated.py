"""Convolutions that apply the activation behind them: where they do, that nothing else changes, and where they let it be."""

from __future__ import annotations

import platform
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tlstudio.models import activated, folded_network
from tlstudio.models.activated import _Activated, _Once, activated_network
from tlstudio.models.folded_network import folded_network as folded
from tlstudio.models.network import Network, build

pytestmark = pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="on x86 alone")


@pytest.fixture(autouse=True)
def however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activated, "LEAST", 1)


def _network(name: str) -> Network:
    torch.manual_seed(0)
    network = build(name, classes=3, weights="random")
    network.module.eval()
    network.module.to(memory_format=torch.channels_last)
    return network


def _both(network: Network, monkeypatch: pytest.MonkeyPatch) -> tuple[Network, Network]:
    """The folded twin, and the one whose activations are part of its convolutions."""
    quick = folded(network, (64, 64))
    with monkeypatch.context() as patch:
        patch.setattr(folded_network, "activated_network", lambda *_: None)
        plain = folded(network, (64, 64))
    assert quick is not None
    assert plain is not None
    return plain, quick


def _activated(network: Network) -> int:
    return sum(isinstance(layer, _Activated) for layer in network.module.modules())


@pytest.mark.parametrize(("name", "layers"), [("efficientnet_lite0", 33), ("resnet18", 9), ("mobilenet_v2", 35), ("timm/resnet50", 33)])
def test_the_answer_is_the_same(name: str, layers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In resnet18 one ReLU stands behind a convolution and behind a sum; lite0 has convolutions that pad by the size of the image."""
    plain, quick = _both(_network(name), monkeypatch)
    assert (_activated(plain), _activated(quick)) == (0, layers)
    for shape in ((16, 3, 64, 64), (3, 3, 65, 51)):
        inputs = torch.randn(shape).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            ours, theirs = plain.features(inputs), quick.features(inputs)
        assert isinstance(ours, Tensor)
        assert isinstance(theirs, Tensor)
        torch.testing.assert_close(theirs, ours, rtol=1e-5, atol=1e-6 * float(ours.abs().max()))


def test_small_batches_go_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    _, quick = _both(_network("resnet18"), monkeypatch)
    asked: list[int] = []
    at_once = _Activated._at_once
    monkeypatch.setattr(_Activated, "_at_once", lambda self, x: (asked.append(x.numel()), at_once(self, x))[1])
    for layer in quick.module.modules():
        if isinstance(layer, _Activated):
            layer.least = 2 * 64 * 16 * 16
    with torch.inference_mode():
        quick.features(torch.randn(2, 3, 64, 64))
        assert asked == [2 * 64 * 16 * 16] * 3  # not the first, whose input has three channels, nor those of smaller maps
        quick.features(torch.randn(1, 3, 64, 64))
    assert len(asked) == 3


def test_gradients_and_mixed_precision_go_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, quick = _both(_network("resnet18"), monkeypatch)
    inputs = torch.randn(2, 3, 64, 64, requires_grad=True)
    grads = []
    for network in (plain, quick):
        (grad,) = torch.autograd.grad(network.module(inputs).sum(), inputs)
        grads.append(grad)
    assert torch.equal(*grads)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(plain.module(inputs), quick.module(inputs))


def _read_twice(block: nn.Module, x: Tensor) -> Tensor:
    given = block.get_submodule("bn1")(block.get_submodule("conv1")(x))
    out: Tensor = block.get_submodule("bn2")(block.get_submodule("conv2")(nn.functional.relu(given)))
    return torch.sigmoid(given) + block.get_submodule("relu")(given.clone()) + block.get_submodule("relu")(given) + out + x


def _elsewhere_too(block: nn.Module, x: Tensor) -> Tensor:
    given = block.get_submodule("bn1")(block.get_submodule("conv1")(x))
    before = given.sigmoid()
    out: Tensor = block.get_submodule("relu")(given) + before
    return out + x


@pytest.mark.parametrize("forward", [_read_twice, _elsewhere_too])
def test_what_somebody_else_reads_too_is_noticed(forward: Callable[[nn.Module, Tensor], Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    network = _network("resnet18")
    block = network.module.get_submodule("layer1.0")
    block.__class__ = type("OtherBlock", (type(block),), {"forward": forward})
    plain, quick = _both(network, monkeypatch)
    inputs = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(plain.features(inputs), quick.features(inputs))  # type: ignore[arg-type]


def test_what_is_written_to_again_is_activated_again() -> None:
    conv, act = nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True)
    first, second = _Activated(conv, act), _Once(act)
    with torch.inference_mode():
        out = first(torch.randn(2, 3, 8, 8))
        assert second(out) is out
        out -= 1
        assert (second(out) >= 0).all()


def test_all_layers_are_compared_while_they_do_both_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one small image, which later goes the plain way."""
    monkeypatch.setattr(activated, "LEAST", 1 << 20)
    at_once, asked = _Activated._at_once, list[nn.Module]()
    monkeypatch.setattr(_Activated, "_at_once", lambda self, x: (asked.append(self), at_once(self, x))[1])
    quick = folded(_network("efficientnet_lite0"), (64, 64))
    assert quick is not None
    assert (_activated(quick), len(set(asked))) == (33, 33)
    asked.clear()
    with torch.inference_mode():
        quick.features(torch.randn(1, 3, 64, 64))
    assert asked == []
    monkeypatch.setattr(_Activated, "_at_once", lambda self, x: at_once(self, x) * 1.01)
    plain = folded(_network("efficientnet_lite0"), (64, 64))
    assert plain is not None
    assert _activated(plain) == 0


def test_elsewhere_there_are_no_such_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    network = _network("resnet18")
    with torch.no_grad():
        assert activated_network(network, torch.randn(1, 3, 64, 64).double(), lambda _: True) is None
        monkeypatch.setattr(platform, "machine", lambda: "arm64")
        assert activated_network(network, torch.randn(1, 3, 64, 64), lambda _: True) is None
