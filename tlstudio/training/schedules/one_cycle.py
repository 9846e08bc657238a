"""The rate rises to its full height, then falls far below where it began (Smith and Topin, 2018), in halves of a cosine."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import Field

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.schedules.factor import Factor


class Options(Section):
    """The shape of the cycle."""

    rise: float = Field(
        0.3,
        ge=0.0,
        le=0.9,
        title="Rises for",
        description="Share of the run in which the rate rises.",
        json_schema_extra={"unit": "share"},
    )
    start: float = Field(0.04, gt=0.0, le=1.0, title="Starts at", description="Share of the rate in the first step.")
    end: float = Field(0.0001, ge=0.0, le=1.0, title="Ends at", description="Share of the rate in the last step.")


def _make(options: Options, epochs: int, steps_per_epoch: int) -> Factor:
    last = max(1, epochs * steps_per_epoch - 1)
    top = options.rise * last

    def factor(step: int, losses: Sequence[float]) -> float:
        if step < top:
            return _between(options.start, 1.0, step / top)
        return _between(1.0, options.end, min(1.0, (step - top) / max(1e-9, last - top)))

    return factor


def _between(a: float, b: float, share: float) -> float:
    return b + (a - b) * 0.5 * (1 + math.cos(math.pi * share))


KIND = Kind(
    "one_cycle",
    "One cycle",
    "Rises to the full rate, then falls to almost nothing: for short runs.",
    Options,
    _make,
)
