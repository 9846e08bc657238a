"""Which pixels of masks count: what losses on maps share. Registers no kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlstudio.data.masks import IGNORE

if TYPE_CHECKING:
    from torch import Tensor


def counted(labels: Tensor) -> Tensor | int:
    """How many labels count, at least 1 so that it can be divided by.

    labels: (B, H, W) of masks, where IGNORE does not count; or (B,) of images, where all do: 255 may be a class of theirs.
    """
    return (labels != IGNORE).sum().clamp_min(1) if labels.dim() > 1 else len(labels)


def ignored(labels: Tensor) -> int:
    """The label to pass over: IGNORE in masks (B, H, W), none of the classes' in labels of images (B,)."""
    return IGNORE if labels.dim() > 1 else -100


def shares(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Probabilities (B, C, H, W), float32 or finer, 0 at ignored pixels, and whether each is that of the truth, bool of the same shape."""
    import torch

    p = torch.where((labels != IGNORE)[:, None], logits.softmax(1, torch.promote_types(logits.dtype, torch.float32)), 0.0)
    classes = torch.arange(logits.shape[1], device=labels.device)
    return p, labels[:, None] == classes[:, None, None]
