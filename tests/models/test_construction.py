"""Networks are constructed without first weights that nobody will use."""

from __future__ import annotations

import torch
from torch import nn

from tlstudio.models.construction import uninitialised


def test_bounded_first_weights_are_passed_over_too() -> None:
    """torch draws them again until all lie within bounds; where nothing is drawn, what lay in memory before might never do so."""

    def construct() -> nn.Module:
        layer = nn.Linear(4, 4)
        with torch.no_grad():
            layer.weight.copy_(torch.full((4, 4), 1e9))
        nn.init.trunc_normal_(layer.weight, std=0.02)
        return layer

    layer = uninitialised(construct)
    assert isinstance(layer, nn.Linear)
    assert float(layer.weight.detach()[0, 0]) == 1e9
    nn.init.trunc_normal_(layer.weight, std=0.02)
    assert float(layer.weight.detach().abs().max()) < 2
