"""Receptive fields: known values, and what a gradient really reaches."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision import models

from tlstudio.models import tree
from tlstudio.models.dry_run import dry_run

# By hand, layer by layer. torchvision's resnet50 has its strides in the 3 x 3 convolutions; with them in the 1 x 1 it would be 483.
KNOWN = [
    ("resnet18", "conv1", 7, 2),
    ("resnet18", "layer1", 43, 4),
    ("resnet18", "layer4", 435, 32),
    ("resnet50", "layer4", 427, 32),
    ("vgg16", "features", 212, 32),
    ("alexnet", "features", 195, 32),
    ("vit_b_32", "conv_proj", 32, 32),
]


@pytest.mark.parametrize(("name", "path", "side", "stride"), KNOWN)
def test_known_values(name: str, path: str, side: int, stride: int) -> None:
    [row] = [row for row in tree.layers(name)["rows"] if row["path"] == path]
    assert (row["receptive_field"], row["stride"]) == (side, stride)


@pytest.mark.parametrize(
    ("name", "path"), [("resnet18", "avgpool"), ("vgg16", "classifier.0"), ("vit_b_32", "encoder.ln"), ("efficientnet_b0", "features.1")]
)
def test_what_sees_the_whole_image_has_none(name: str, path: str) -> None:
    [row] = [row for row in tree.layers(name)["rows"] if row["path"] == path]
    assert row["output"] is not None
    assert (row["receptive_field"], row["stride"]) == (None, None)


class Tangled(nn.Module):
    """Branches, a dilation, channels last with a linear layer, a shuffle of channels, a transposed convolution, every second pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Conv2d(4, 4, 3, padding=2, dilation=2)
        self.narrow = nn.Conv2d(4, 4, (1, 3), padding=(0, 1))
        self.norm, self.linear = nn.LayerNorm(4), nn.Linear(4, 4)
        self.begin, self.end = nn.Conv2d(3, 4, 5, stride=2, padding=2), nn.Conv2d(8, 2, 3, padding=1)
        self.up, self.pool = nn.ConvTranspose2d(2, 2, 2, stride=2), nn.AvgPool2d(3, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.begin(x).relu()
        x = self.wide(x) + self.narrow(x)
        x = self.linear(self.norm(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        b, c, h, w = x.shape
        x = x.reshape(b, 2, c // 2, h, w).transpose(1, 2).reshape(b, c, h, w)
        x = self.end(torch.cat([x, x.flip(1)], 1))
        x = self.pool(x)[:, :, ::2, ::2]
        return self.up(x)


def reached(module: nn.Module, size: int) -> int:
    """Side of the square of the image that the middle unit's gradient reaches; weights are positive, so that nothing cancels."""
    module.eval()
    for parameter in module.parameters():
        nn.init.uniform_(parameter, 0.5, 1.0)
    x = torch.rand(1, 3, size, size, requires_grad=True)
    out = module(x)
    out[0, :, out.shape[2] // 2, out.shape[3] // 2].sum().backward()
    assert x.grad is not None
    rows = torch.nonzero(x.grad[0].abs().sum((0, 2))).flatten()
    return int(rows[-1] - rows[0]) + 1


@pytest.mark.parametrize(("name", "size"), [("resnet18", 512), ("squeezenet1_1", 320)])
def test_gradients_reach_just_as_far(name: str, size: int) -> None:
    whole = models.get_model(name, weights=None)
    # Averages reach all of what a maximum may choose from.
    for child in whole.modules():
        for key, inner in child.named_children():
            if isinstance(inner, nn.MaxPool2d):
                setattr(child, key, nn.AvgPool2d(inner.kernel_size, inner.stride, inner.padding, inner.ceil_mode))
    module = nn.Sequential(*list(whole.children())[:-2]) if name == "resnet18" else whole.get_submodule("features")
    expected = dry_run(module.to_empty(device="meta").eval(), torch.empty(2, 3, size, size, device="meta")).seen[id(module)].sees
    module.to_empty(device="cpu")
    for child in module.modules():
        if isinstance(child, nn.BatchNorm2d):
            child.reset_running_stats()
    assert expected is not None
    assert reached(module, size) == expected.side


def test_branches_layouts_and_shuffles_are_followed() -> None:
    module = Tangled()
    shape = dry_run(Tangled().to("meta"), torch.empty(1, 3, 128, 128, device="meta"))
    sees = shape.seen[max(shape.seen, key=lambda key: shape.seen[key].flops)].sees
    assert sees is not None
    assert reached(module, 128) == sees.side
    assert sees.stride == 4


def test_attention_ends_the_field_and_a_gate_does_too() -> None:
    class Gate(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * x.mean((2, 3), keepdim=True)

    for last in (Gate(), nn.GroupNorm(1, 4), nn.AdaptiveAvgPool2d(1), nn.Flatten()):
        module = nn.Sequential(nn.Conv2d(3, 4, 3), last).eval()
        seen = dry_run(module.to("meta"), torch.empty(1, 3, 16, 16, device="meta")).seen
        assert seen[id(module[0])].sees is not None
        assert seen[id(last)].sees is None
