"""BatchNorm that no longer learns, made a part of the convolution before it."""

from __future__ import annotations

import torch
from torch import Tensor


@torch.no_grad()
def folded(
    weight: Tensor, bias: Tensor | None, scale: Tensor | None, shift: Tensor | None, mean: Tensor, variance: Tensor, *, eps: float
) -> tuple[Tensor, Tensor]:
    """Weight (C, ...) and bias (C,) of one convolution or linear layer that does what that one and the BatchNorm behind it do.

    scale, shift, mean, variance: (C,) of the BatchNorm, which works with its averages; None stands for 1 and 0. Memory format and dtype
    are those of weight; computed in float64, so that nothing is lost but what float32 cannot hold.
    """
    factor = (variance.double() + eps).rsqrt()
    if scale is not None:
        factor = factor * scale.double()
    moved = -mean.double() if bias is None else bias.double() - mean.double()
    moved = moved * factor
    if shift is not None:
        moved = moved + shift.double()
    whole = weight.double() * factor.reshape(-1, *[1] * (weight.dim() - 1))
    return torch.empty_like(weight).copy_(whole), moved.to(weight.dtype)
