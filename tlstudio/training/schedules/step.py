"""The rate falls by a factor every few epochs, as torch's StepLR."""

from __future__ import annotations

from pydantic import Field

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.schedules.factor import Factor


class Options(Section):
    """Where and how far the rate falls."""

    every: int = Field(7, ge=1, title="Every", description="Epochs between two falls.", json_schema_extra={"unit": "epochs"})
    factor: float = Field(0.1, gt=0.0, le=1.0, title="Factor", description="What the rate is multiplied with at each fall.")


def _make(options: Options, epochs: int, steps_per_epoch: int) -> Factor:
    return lambda step, losses: options.factor ** (step // steps_per_epoch // options.every)


KIND = Kind("step", "Step", "Falls by a factor every few epochs, as in the classic tutorials (0.1 every 7).", Options, _make)
