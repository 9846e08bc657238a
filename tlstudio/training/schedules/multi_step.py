"""The rate falls by a factor at chosen epochs, as torch's MultiStepLR."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from pydantic import Field, field_validator

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.schedules.factor import Factor


class Options(Section):
    """Where and how far the rate falls."""

    at: tuple[int, ...] = Field(
        (10, 15), title="Falls after", description="Epochs after which the rate falls, in order.", json_schema_extra={"unit": "epochs"}
    )
    factor: float = Field(0.1, gt=0.0, le=1.0, title="Factor", description="What the rate is multiplied with at each fall.")

    @field_validator("at")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or any(epoch < 1 for epoch in value):
            raise ValueError("at least one epoch is needed, each 1 or more")
        return tuple(sorted(set(value)))


def _make(options: Options, epochs: int, steps_per_epoch: int) -> Factor:
    def factor(step: int, losses: Sequence[float]) -> float:
        falls = bisect_right(options.at, step // steps_per_epoch)
        return float(options.factor**falls)

    return factor


KIND = Kind("multi_step", "Multi-step", "Falls by a factor after the epochs you name.", Options, _make)
