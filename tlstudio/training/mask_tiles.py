"""Logits of a picture that is too large for the network at once: windows that overlap, blended where they do."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from tlstudio.control import Control

WHOLE = 1024 * 1024
"""Pixels of a view up to which a network looks at it whole, if nobody asks for windows."""

SIDE = 768
"""Side of the windows that larger views are looked at through."""

STEP = 32
"""Sides and places of windows are multiples of it, as those of views are: networks halve the picture five times."""

OVERLAP = 0.25
"""The least share of a window that its neighbour sees as well."""

_FINE = 256 * 2**20  # bytes of logits up to which they are kept in float32; beyond in float16, which is good to a thousandth


def blended(forward: Callable[[Tensor], Tensor], pixels: Tensor, side: int, control: Control | None = None) -> Tensor:
    """Logits (C, h, w) on the CPU of pixels (3, h, w), of any type, h and w multiples of 32.

    forward: pixels (3, a, b) of a window to its logits (C, a, b), a and b at most side rounded up to a multiple of 32.
    A window counts less towards its edges, where the network sees least of the surroundings; the weights at a pixel add up to 1, so
    that where the windows agree the result is theirs. control: asked before each window.
    """
    height, width = pixels.shape[-2:]
    rows, columns = _spans(height, side), _spans(width, side)
    out: Tensor | None = None
    for top, bottom, down in rows:
        for left, right, across in columns:
            if control is not None:
                control.check()
            logits = forward(pixels[:, top:bottom, left:right]).float().cpu()
            if out is None:
                small = logits.shape[0] * height * width * 4 <= _FINE
                out = torch.zeros(logits.shape[0], height, width, dtype=torch.float32 if small else torch.float16)
            out[:, top:bottom, left:right] += logits.mul_(down[:, None] * across).to(out.dtype)
    assert out is not None
    return out


def _spans(length: int, side: int) -> list[tuple[int, int, Tensor]]:
    """(first, end, weights (end - first,) float32) of the windows along one side of the picture."""
    side = min(length, math.ceil(side / STEP) * STEP)
    n = math.ceil((length - side) / ((1 - OVERLAP) * side)) + 1
    starts = [round(i * (length - side) / max(1, n - 1) / STEP) * STEP for i in range(n)]
    starts = sorted({min(start, length - side) for start in starts})
    total, raw = torch.zeros(length, dtype=torch.float64), []
    for start in starts:
        place = torch.arange(side, dtype=torch.float64) + 0.5
        from_left = place if start else torch.full_like(place, side)
        from_right = side - place if start + side < length else torch.full_like(place, side)
        weights = torch.minimum(from_left, from_right).clamp_max(OVERLAP * side)
        total[start : start + side] += weights
        raw.append(weights)
    return [(start, start + side, (weights / total[start : start + side]).float()) for start, weights in zip(starts, raw, strict=True)]
