"""The rate is multiplied with the same number after each epoch, as torch's ExponentialLR."""

from __future__ import annotations

from pydantic import Field

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.schedules.factor import Factor


class Options(Section):
    """How fast the rate falls."""

    factor: float = Field(0.9, gt=0.0, le=1.0, title="Factor", description="What the rate is multiplied with after each epoch.")


def _make(options: Options, epochs: int, steps_per_epoch: int) -> Factor:
    return lambda step, losses: float(options.factor ** (step // steps_per_epoch))


KIND = Kind("exponential", "Exponential", "Falls by the same share after each epoch.", Options, _make)
