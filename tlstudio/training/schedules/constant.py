"""The same rate all along."""

from __future__ import annotations

from collections.abc import Callable

from tlstudio.recipe import Section
from tlstudio.registry import Kind


class Options(Section):
    """A constant schedule has nothing to set."""


def _make(options: Options, epochs: int, steps_per_epoch: int) -> Callable[[int], float]:
    return lambda step: 1.0


KIND = Kind("constant", "Constant", "The same rate all along.", Options, _make)
