"""The learning rate of each layer as a share of the head's: as `models.rates` has it, for all rows of a tree at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.gui.ticks import Ticks
from tlstudio.recipe import Optimizer


class LayerRates:
    """Made once for a `layers` document, asked at every change of the optimizer. L is the number of parameter rows."""

    def __init__(self, ticks: Ticks, document: Mapping[str, Any]) -> None:
        self._ticks = ticks
        self._head = np.zeros(len(ticks.leaves), dtype=bool)
        self._head[ticks.inside(document["head_path"])] = True
        self._depth = np.zeros(len(ticks.leaves), dtype=np.int64)
        """Blocks between each parameter and the last block, see `models.rates.depth_of`."""
        for block in document.get("blocks", ()):
            before = np.zeros(len(ticks.leaves), dtype=bool)
            for path in block["frozen"]:
                before[ticks.inside(path)] = True
            self._depth += before
        self._depth[self._head] = 0

    def shares(self, optimizer: Optimizer) -> NDArray[np.float64]:
        """(L,): each parameter's rate divided by the head's."""
        own = np.ones(len(self._ticks.leaves))
        for path in sorted(optimizer.multipliers, key=len):  # the nearest path counts, so it comes last
            own[self._ticks.inside(path)] = optimizer.multipliers[path]
        part = np.where(self._head, 1.0, optimizer.backbone_lr / optimizer.lr)
        return self._ticks.first_named(part * own * optimizer.layer_decay**self._depth)
