from __future__ import annotations

import pytest
import torch
from torch import nn

from tlstudio.models.folding import folded


@pytest.mark.parametrize(("layer", "affine"), [(nn.Conv2d(4, 6, 3, groups=2), True), (nn.Conv2d(4, 6, 3, bias=False), False)])
def test_one_convolution_does_what_two_layers_did(layer: nn.Conv2d, affine: bool) -> None:
    torch.manual_seed(0)
    layer, norm = layer.to(memory_format=torch.channels_last), nn.BatchNorm2d(6, eps=1e-3, affine=affine).eval()
    norm.running_mean, norm.running_var = torch.randn(6), torch.rand(6) + 0.1
    if affine:
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    x = torch.randn(2, 4, 8, 8)
    weight, bias = folded(layer.weight, layer.bias, norm.weight, norm.bias, norm.running_mean, norm.running_var, eps=norm.eps)
    ours = nn.functional.conv2d(x, weight, bias, groups=layer.groups)
    torch.testing.assert_close(ours, norm(layer(x)), rtol=1e-5, atol=1e-5)
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert not weight.requires_grad
