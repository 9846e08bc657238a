"""The twin of a network whose BatchNorm is folded: what it shares, what it gives, and when there is none."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tlstudio.models.folded_network import folded_network
from tlstudio.models.network import Network, build
from tlstudio.recipe import Head


def _network(name: str, **given: object) -> Network:
    network = build(name, classes=3, weights="random", **given)  # type: ignore[arg-type]
    generator = torch.Generator().manual_seed(3)
    for layer in network.module.modules():  # averages as if it had learned: folding those of a new network hardly changes anything
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.copy_(0.1 * torch.randn(layer.running_mean.shape, generator=generator))
            layer.running_var.copy_(0.5 + torch.rand(layer.running_var.shape, generator=generator))
    network.module.eval()
    return network


def _norms(module: nn.Module) -> int:
    return sum(isinstance(layer, nn.BatchNorm2d) for layer in module.modules())


@pytest.mark.parametrize(
    ("name", "left"),
    [("resnet18", 0), ("mobilenet_v3_small", 0), ("densenet121", 62), ("googlenet", 0), ("timm/mobilenetv4_conv_small", 0)],
)
def test_the_twin_gives_the_same_without_norms(name: str, left: int) -> None:
    """densenet has norms before convolutions, too, which stay."""
    network = _network(name)
    before = {key: tensor.clone() for key, tensor in network.module.state_dict().items()}
    twin = folded_network(network, (64, 64))
    assert twin is not None
    assert _norms(twin.module) == left + (2 if name == "googlenet" and twin.aux_paths else 0)
    assert _norms(network.module) > left
    inputs = torch.randn(3, 3, 64, 64)
    with torch.inference_mode():
        ours, theirs = network.features(inputs), twin.features(inputs)
        assert isinstance(ours, Tensor)
        assert isinstance(theirs, Tensor)
        assert not torch.equal(ours, theirs)  # something was folded: rounding differs
        torch.testing.assert_close(theirs, ours, rtol=1e-4, atol=1e-4 * float(ours.abs().max()))
        whole, other = network.outputs(network.module(inputs))[0], twin.outputs(twin.module(inputs))[0]
        torch.testing.assert_close(other, whole, rtol=1e-4, atol=1e-4 * float(whole.abs().max()))
    assert all(torch.equal(tensor, network.module.state_dict()[key]) for key, tensor in before.items())


def test_the_head_is_shared_and_may_learn() -> None:
    network = _network("resnet18", head=Head(kind="mlp"))
    twin = folded_network(network, (64, 64))
    assert twin is not None
    assert twin.head is network.head
    inputs = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        for parameter in network.head.parameters():
            parameter.add_(0.5)
        torch.testing.assert_close(twin.module(inputs), network.module(inputs), rtol=1e-4, atol=1e-4)
    network.module.train()
    with torch.no_grad():
        once, again = twin.features(inputs), twin.features(inputs)
        assert isinstance(once, Tensor)
        assert isinstance(again, Tensor)
        assert torch.equal(once, again)


def test_memory_stays_in_channels_last() -> None:
    network = _network("resnet18")
    network.module.to(memory_format=torch.channels_last)
    twin = folded_network(network, (64, 64))
    assert twin is not None
    weights = [layer.weight for layer in twin.module.modules() if isinstance(layer, nn.Conv2d) and layer.kernel_size[0] > 1]
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)


def test_without_batchnorm_there_is_no_twin() -> None:
    assert folded_network(_network("vit_b_16"), (224, 224)) is None
    assert folded_network(_network("alexnet"), (64, 64)) is None


def test_what_somebody_hung_on_a_layer_stays() -> None:
    network = _network("resnet18")
    norm = network.module.get_submodule("layer1.0.bn1")
    seen: list[int] = []
    norm.register_forward_hook(lambda *_: seen.append(1))
    twin = folded_network(network, (64, 64))
    assert twin is not None
    assert _norms(twin.module) == 1
    before = len(seen)
    with torch.inference_mode():
        twin.features(torch.randn(1, 3, 64, 64))
    assert len(seen) == before + 1


def test_a_network_that_would_answer_otherwise_has_no_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer that is used twice is left alone; one that reads its neighbour's weights is found out by the comparison."""
    network = _network("resnet18")
    block = network.module.get_submodule("layer1.0")
    plain = type(block).forward

    def reads_weights(self: nn.Module, x: Tensor) -> Tensor:
        out: Tensor = plain(self, x)
        return out * self.get_submodule("conv1").get_parameter("weight").abs().mean()

    monkeypatch.setattr(type(block), "forward", reads_weights)
    assert folded_network(network, (64, 64)) is None


def _written_over(block: nn.Module, x: Tensor) -> Tensor:
    out: Tensor = block.get_submodule("bn1")(block.get_submodule("conv1")(x).relu_())
    return out + x


def _for_two(block: nn.Module, x: Tensor) -> Tensor:
    given = block.get_submodule("conv1")(x)
    out: Tensor = block.get_submodule("bn1")(given) + block.get_submodule("bn2")(given)
    return out + x


def _by_name(block: nn.Module, x: Tensor) -> Tensor:
    out: Tensor = block.get_submodule("bn1")(input=block.get_submodule("conv1")(x))
    return out + x


@pytest.mark.parametrize("forward", [_written_over, _for_two, _by_name])
def test_what_is_no_pair_stays_and_the_rest_is_folded(forward: Callable[[nn.Module, Tensor], Tensor]) -> None:
    """In one block both norms are left: the second is not run, or takes what the first takes."""
    network = _network("resnet18")
    block = network.module.get_submodule("layer1.0")
    block.__class__ = type("OtherBlock", (type(block),), {"forward": forward})
    twin = folded_network(network, (64, 64))
    assert twin is not None
    assert [name for name, layer in twin.module.named_modules() if isinstance(layer, nn.BatchNorm2d)] == ["layer1.0.bn1", "layer1.0.bn2"]
    inputs = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(twin.module(inputs), network.module(inputs), rtol=1e-4, atol=1e-4)


def test_another_thread_may_use_the_network_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    network = _network("resnet18")
    block = network.module.get_submodule("layer1.0")
    inputs, here, plain = torch.randn(1, 3, 64, 64), threading.current_thread(), type(block).forward

    def while_another_looks(self: nn.Module, x: Tensor) -> Tensor:
        if threading.current_thread() is here:
            other = threading.Thread(target=network.features, args=(inputs,))
            other.start()
            other.join()
        out: Tensor = plain(self, x)
        return out

    monkeypatch.setattr(type(block), "forward", while_another_looks)
    twin = folded_network(network, (64, 64))
    assert twin is not None
    assert _norms(twin.module) == 0


def test_masks_are_folded_below_their_head() -> None:
    network = _network("efficientnet_lite0", task="segmentation")
    twin = folded_network(network, (96, 96))
    assert twin is not None
    inputs = torch.randn(1, 3, 96, 96)
    with torch.inference_mode():
        ours, theirs = network.outputs(network.module(inputs))[0], twin.outputs(twin.module(inputs))[0]
    torch.testing.assert_close(theirs, ours, rtol=1e-3, atol=1e-4 * float(ours.abs().max()))
