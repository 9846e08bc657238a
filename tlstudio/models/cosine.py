"""A linear layer that knows directions only."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class CosineLinear(nn.Module):
    """(B, in_features) float to scale x cosine with each class's direction, (B, classes); scale learns along.

    Gidaris and Komodakis, Dynamic Few-Shot Visual Learning without Forgetting, 2018.
    """

    def __init__(self, in_features: int, classes: int, scale: float) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, classes
        self.weight = nn.Parameter(torch.empty(classes, in_features))
        self.scale = nn.Parameter(torch.full((), float(scale)))
        nn.init.normal_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * functional.linear(functional.normalize(x, dim=1), functional.normalize(self.weight, dim=1))

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}"
