"""Soft Dice loss (Milletari et al., 2016): overlap of mask and truth, in which a small class counts as much as a large one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.losses.pixels import shares


class Options(Section):
    """What the Dice loss can be told."""

    smooth: float = Field(
        1.0,
        ge=0.0,
        le=1e6,
        title="Smoothing",
        description="Pixels added to overlap and area, which calms the loss of classes of a few pixels.",
        json_schema_extra={"unit": "pixels"},
    )


def _make(options: Options, classes: Sequence[str], counts: Sequence[int]) -> Any:
    import torch
    from torch import Tensor

    def criterion(logits: Tensor, labels: Tensor) -> Tensor:
        """1 - (2 I + smooth) / (A + smooth), the mean over the classes in the truth; I and A are summed over the batch."""
        p, true = shares(logits, labels)
        common = torch.where(true, p, 0.0).sum((0, 2, 3))
        pixels = true.sum((0, 2, 3))
        area = p.sum((0, 2, 3)) + pixels
        missed = 1 - (2 * common + options.smooth) / (area + options.smooth).clamp_min(1e-6)
        return torch.where(pixels > 0, missed, 0.0).sum() / (pixels > 0).sum().clamp_min(1)

    return criterion


KIND = Kind(
    "dice",
    "Dice",
    "How little mask and truth overlap, class by class: a small class counts as much as a large one.",
    Options,
    _make,
    task="segmentation",
)
