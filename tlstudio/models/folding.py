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
    are those of weight; computed in float64, so that nothing is lost but what float32 cannot hold, and on the processor, because some
    graphics cards know no float64: all of them come to the same weights.
    """
    factor = (_exact(variance) + eps).rsqrt()
    if scale is not None:
        factor = factor * _exact(scale)
    moved = -_exact(mean) if bias is None else _exact(bias) - _exact(mean)
    moved = moved * factor
    if shift is not None:
        moved = moved + _exact(shift)
    whole = _exact(weight) * factor.reshape(-1, *[1] * (weight.dim() - 1))
    return torch.empty_like(weight).copy_(whole.to(weight.dtype)), moved.to(weight.dtype).to(weight.device)


def _exact(tensor: Tensor) -> Tensor:
    return tensor.cpu().double()
