"""The rate follows half a cosine down (Loshchilov and Hutter, 2017, without restarts), step by step."""

from __future__ import annotations

import math

from pydantic import Field

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.schedules.factor import Factor


class Options(Section):
    """Where the cosine ends."""

    floor: float = Field(0.0, ge=0.0, lt=1.0, title="Ends at", description="Share of the rate that is left in the last step.")


def _make(options: Options, epochs: int, steps_per_epoch: int) -> Factor:
    total = max(1, epochs * steps_per_epoch)
    return lambda step, losses: options.floor + (1 - options.floor) * 0.5 * (1 + math.cos(math.pi * min(step, total) / total))


KIND = Kind("cosine", "Cosine", "Falls gently to the end of the run: bold first, careful later.", Options, _make)
