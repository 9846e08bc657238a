"""The same rate all along."""

from __future__ import annotations

from tlstudio.recipe import Section
from tlstudio.registry import Kind
from tlstudio.training.schedules.factor import Factor


class Options(Section):
    """A constant schedule has nothing to set."""


def _make(options: Options, epochs: int, steps_per_epoch: int) -> Factor:
    return lambda step, losses: 1.0


KIND = Kind("constant", "Constant", "The same rate all along.", Options, _make)
