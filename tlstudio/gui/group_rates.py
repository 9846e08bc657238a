"""How far the learning rates of head and backbone are spread over their layers, and which blocks rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlstudio.gui.layer_rates import LayerRates
from tlstudio.gui.stage_plan import frozen_at_last
from tlstudio.gui.ticks import Mask, State, Ticks
from tlstudio.recipe import Recipe

Span = tuple[float, float]
"""Smallest and largest multiplier of a group's rate."""


class GroupRates:
    """Made once for a `layers` document, asked at every change of the recipe."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._ticks = Ticks(document["rows"])
        self._rates = LayerRates(self._ticks, document)
        self.blocks: list[dict[str, Any]] = list(document.get("blocks", ()))

    def spans(self, recipe: Recipe) -> dict[str, Span]:
        """By "head" and "backbone": the spread of the multipliers of what learns there; a group that rests is not in it."""
        optimizer = recipe.optimizer
        learns = ~self._ticks.effective(self._frozen(recipe), recipe.frozen.batchnorm)
        shares = self._rates.shares(optimizer)
        head = self._ticks.mask([self._document["head_path"]])
        rates = {"head": 1.0, "backbone": optimizer.backbone_lr / optimizer.lr}
        out = {}
        for group, inside in (("head", head), ("backbone", ~head)):
            found = shares[inside & learns] / rates[group]
            if len(found):
                out[group] = (float(found.min()), float(found.max()))
        return out

    def resting(self, recipe: Recipe) -> list[bool]:
        """For each block, whether all of it is frozen; for what comes before the first one, whether its first weight is."""
        mask = self._frozen(recipe)
        states = self._ticks.states(mask)
        out = []
        for block in self.blocks:
            row = self._ticks.row_of.get(block["path"]) if block["path"] else None
            out.append(bool(len(mask) and mask[0]) if row is None else bool(states[row] == State.FROZEN))
        return out

    def _frozen(self, recipe: Recipe) -> Mask:
        return self._ticks.mask(frozen_at_last(recipe, self._document))
