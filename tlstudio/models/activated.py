"""Convolutions that apply the activation behind them while they write: on a processor that saves a pass over what they give.

oneDNN does it, through an operation that torch's own compiler uses for the same purpose. Answers are the same but for rounding, and to the
bit where torch itself leaves the convolution to oneDNN, as it does with many images or several threads.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.models.following import followers
from tlstudio.models.network import Network

LEAST = 1 << 20
"""Numbers that enter the convolution: fewer stay in the processor's cache, and the call costs more than the pass that it saves."""
_DONE = "_activated"
"""On a tensor: its activation has been applied."""

Activation = tuple[str, list[float]]
"""oneDNN's name, and its numbers."""


def activated_network(network: Network, inputs: Tensor, right: Callable[[Network], bool]) -> Network | None:
    """The same, convolution and activation in one where one directly follows the other; None where there are no such layers, or where it
    would answer otherwise.

    inputs: images (B, 3, H, W) of the size that is to come. right: whether a network answers for them as it should, asked while all such
    layers do both at once, however small; a convolution whose answer somebody else reads, too, is found out by that. For answering
    alone, as inference; where gradients are asked for, in mixed precision or elsewhere than on a processor each layer does what it
    always did.
    """
    if not _possible(inputs):
        return None
    pairs = followers(network, inputs, _can, lambda layer: _named(layer) is not None).pairs
    layers: dict[nn.Module, _Activated] = {conv: _Activated(conv, act) for conv, act in pairs if isinstance(conv, nn.Conv2d)}
    replaced: dict[nn.Module, nn.Module] = {act: _Once(act) for _, act in pairs}
    replaced.update(layers)
    quick = network.twin(replaced)
    if not layers or not right(quick):
        return None
    for layer in layers.values():
        layer.least = LEAST
    return quick


def _possible(inputs: Tensor) -> bool:
    return (
        inputs.device.type == "cpu"
        and inputs.dtype == torch.float32
        and platform.machine().lower() in ("x86_64", "amd64")  # elsewhere it was never tried
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
    )


def _can(layer: nn.Module) -> bool:
    return (type(layer) is nn.Conv2d and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)) or _pads_itself(layer)


def _pads_itself(layer: nn.Module) -> bool:
    """Whether it is timm's convolution with TensorFlow's padding, which depends on the size of the image."""
    return type(layer).__name__ == "Conv2dSame" and type(layer).__module__.startswith("timm.")


def _named(layer: nn.Module) -> Activation | None:
    kind = type(layer)
    if kind is nn.ReLU:
        return "relu", []
    if kind is nn.ReLU6 or kind is nn.Hardtanh:
        assert isinstance(layer, nn.Hardtanh)
        return "hardtanh", [layer.min_val, layer.max_val]
    return None  # Hardswish and SiLU gain little, and are rounded otherwise


class _Activated(nn.Module):
    """Takes (B, C, H, W), and gives what the activation would. least: numbers that have to enter, for both to be done at once."""

    def __init__(self, conv: nn.Conv2d, act: nn.Module) -> None:
        super().__init__()
        self.conv, self.act, self.least = conv, act, 1
        named = _named(act)
        assert named is not None
        self._pads = _pads_itself(conv)
        self._how: tuple[Any, ...] = (list(conv.stride), list(conv.dilation), conv.groups, *named, "")
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        out = self._at_once(x) if self._fits(x) else self.act(self.conv(x))
        setattr(out, _DONE, True)
        return out

    def _fits(self, x: Tensor) -> bool:
        return (
            x.device.type == "cpu"
            and x.dtype == torch.float32
            and x.dim() == 4
            and x.numel() >= self.least
            and not torch.is_grad_enabled()
            and not torch.is_autocast_enabled("cpu")
        )

    def _at_once(self, x: Tensor) -> Tensor:
        conv, padding = self.conv, self.conv.padding
        if self._pads:
            from timm.layers.padding import pad_same

            x, padding = pad_same(x, conv.kernel_size, conv.stride, conv.dilation), (0, 0)
        out: Tensor = torch.ops.mkldnn._convolution_pointwise(x, conv.weight, conv.bias, padding, *self._how)
        return out


class _Once(nn.Module):
    """An activation that may have been applied already."""

    def __init__(self, act: nn.Module) -> None:
        super().__init__()
        self.act = act
        self.eval()

    def forward(self, x: Tensor) -> Any:
        if getattr(x, _DONE, False):
            delattr(x, _DONE)  # whoever writes to it may want it activated again
            return x
        return self.act(x)
