"""What enters a head, be it one tensor, a dict or a list of maps: the few things that are done with many images' worth of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Features = Any
"""A tensor (B, ...), or a dict or list of such, as the head takes it."""


def mapped(change: Callable[[Tensor], Tensor], features: Features) -> Features:
    """The same structure with every tensor changed."""
    if isinstance(features, Tensor):
        return change(features)
    if isinstance(features, Mapping):
        return {name: mapped(change, value) for name, value in features.items()}
    return [mapped(change, value) for value in features]


def tensors(features: Features) -> list[Tensor]:
    """Every tensor in it, in order."""
    if isinstance(features, Tensor):
        return [features]
    values = features.values() if isinstance(features, Mapping) else features
    return [tensor for value in values for tensor in tensors(value)]


def joined(parts: Sequence[Features]) -> Features:
    """Batches of features as one."""
    first = parts[0]
    if isinstance(first, Tensor):
        return torch.cat(list(parts))
    if isinstance(first, Mapping):
        return {name: joined([part[name] for part in parts]) for name in first}
    return [joined(list(values)) for values in zip(*parts, strict=True)]


def resized(logits: Tensor, size: Sequence[int]) -> Tensor:
    """Logits (B, C, h, w) at the size (H, W), as every segmentation network ends."""
    if tuple(logits.shape[-2:]) == tuple(size):
        return logits
    return functional.interpolate(logits, tuple(size), mode="bilinear", align_corners=False)


def size(features: Features) -> int:
    """Bytes."""
    return sum(tensor.nbytes for tensor in tensors(features))
