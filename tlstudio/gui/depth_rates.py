"""The multiplier of each block's learning rate over depth, and what a hand on the curve makes of the recipe. Knows no widget."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlstudio.models import rates
from tlstudio.recipe import Optimizer

LOWEST, HIGHEST = 1e-4, 1000.0  # of a multiplier
_NEAR = 0.04  # of a curve's own value, in natural logarithms
STEEPEST = 0.05  # least layer-wise decay that a hand can set


@dataclass(frozen=True)
class DepthRates:
    """The backbone's blocks, first to last, and what multiplies the rates of their weights."""

    blocks: Sequence[Mapping[str, Any]]
    optimizer: Optimizer

    def __len__(self) -> int:
        return len(self.blocks)

    def title(self, at: int) -> str:
        return str(self.blocks[at]["title"])

    def has_point(self, at: int) -> bool:
        """What comes before the first block has no path of its own, and so no multiplier."""
        return bool(self.blocks[at]["path"])

    def base(self, at: int) -> float:
        """What layer-wise decay alone makes of it."""
        return float(self.optimizer.layer_decay ** (len(self) - 1 - at))

    def value(self, at: int) -> float:
        return rates.multiplier(self.blocks[at]["path"], self.optimizer, len(self) - 1 - at)

    def own(self, at: int) -> bool:
        """Whether the block itself has a multiplier."""
        return self.blocks[at]["path"] in self.optimizer.multipliers

    def changed(self) -> bool:
        return self.optimizer.layer_decay < 1.0 or any(self.own(at) for at in range(len(self)))

    def with_point(self, at: int, value: float) -> DepthRates:
        """The block's rate multiplied with `value` in all; with what decay alone gives, it needs no multiplier of its own."""
        path = self.blocks[at]["path"]
        others = {key: times for key, times in self.optimizer.multipliers.items() if key != path}
        without = self._with(multipliers=others)
        if abs(math.log(value / without.value(at))) < _NEAR:
            return without
        return self._with(multipliers={**others, path: min(HIGHEST, max(LOWEST, _rounded(value / self.base(at))))})

    def with_curve(self, at: int, value: float) -> DepthRates:
        """Layer-wise decay such that the curve goes through `value` at that block; at the last block it cannot be told."""
        steps = len(self) - 1 - at
        if steps < 1:
            return self
        own = self.value(at) / self.base(at)
        return self.with_decay((max(value, 1e-12) / own) ** (1 / steps))

    def with_decay(self, decay: float) -> DepthRates:
        return self._with(layer_decay=round(min(1.0, max(STEEPEST, decay)), 3))

    def without_point(self, at: int) -> DepthRates:
        path = self.blocks[at]["path"]
        return self._with(multipliers={key: times for key, times in self.optimizer.multipliers.items() if key != path})

    def plain(self) -> DepthRates:
        """No decay, and no block with a multiplier of its own."""
        paths = {block["path"] for block in self.blocks}
        kept = {key: times for key, times in self.optimizer.multipliers.items() if key not in paths}
        return self._with(layer_decay=1.0, multipliers=kept)

    def changes(self) -> dict[str, Any]:
        """As keys of the recipe."""
        return {"optimizer.layer_decay": self.optimizer.layer_decay, "optimizer.multipliers": self.optimizer.multipliers}

    def _with(self, **changes: Any) -> DepthRates:
        return DepthRates(self.blocks, self.optimizer.model_copy(update=changes))


def _rounded(value: float) -> float:
    """Two figures are enough for a hand."""
    return float(f"{value:.2g}")
