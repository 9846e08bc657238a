"""Logits of a picture that is too large for the network at once: windows that overlap, blended where they do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from tlstudio.control import Control
from tlstudio.runs import Run

WHOLE = 1024 * 1024
"""Pixels of a view up to which a network looks at it whole, if nobody asks for windows."""

SIDE = 768
"""Side of the windows that larger views are looked at through."""

STEP = 32
"""Sides and places of windows are multiples of it, as those of views are: networks halve the picture five times."""

LEAST = 128
"""Side of the smallest windows that are tried where memory is short: smaller ones show too little of what lies around a thing."""

OVERLAP = 0.25
"""The least share of a window that its neighbour sees as well."""

_FINE = 256 * 2**20  # bytes of logits up to which they are kept in float32; beyond in float16, which is good to a thousandth


class Windows:
    """Which views are looked at whole, and through which windows the others. Becomes narrower where memory is short, and stays so.

    whole: pixels of a view up to which it is looked at whole. side: of the windows. Without them as usual.
    """

    def __init__(self, whole: int = 0, side: int = 0) -> None:
        self.whole, self.side = whole or WHOLE, side or SIDE

    def needed(self, view: tuple[int, int]) -> bool:
        """Whether a view (h, w) is looked at through windows."""
        return view[0] * view[1] > self.whole

    def narrow(self, view: tuple[int, int]) -> bool:
        """A view (h, w) did not fit into memory: from now on half as many pixels at once. False where those would be too few."""
        height, width = (min(length, self.side) for length in view) if self.needed(view) else view
        at_once = height * width // 2
        side = math.isqrt(at_once) // STEP * STEP
        if side < LEAST:
            return False
        self.whole, self.side = min(self.whole, at_once), min(self.side, side)
        return True

    def to_json(self) -> dict[str, int] | None:
        """For a run's record; None as usual."""
        return None if (self.whole, self.side) == (WHOLE, SIDE) else {"whole": self.whole, "side": self.side}

    @classmethod
    def of_run(cls, run: Run) -> Windows:
        """Those that the run's figures were measured through."""
        return cls.from_json((run.summary() or run.receipt() or {}).get("windows"))

    @classmethod
    def from_json(cls, said: Any) -> Windows:
        """As recorded; as usual where that says nothing."""
        if not isinstance(said, dict) or not all(isinstance(said.get(key), int) and said[key] > 0 for key in ("whole", "side")):
            return cls()
        return cls(said["whole"], said["side"])


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
