"""What is chosen in the layer pane, as changes of the recipe: ticks, blocks, patterns, rates of layers, where the network ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QPoint

from tlstudio.gui.stage_plan import frozen_at_last
from tlstudio.gui.ticks import Mask, State
from tlstudio.gui.widgets.pattern_popover import PatternPopover
from tlstudio.gui.widgets.rate_popover import RatePopover
from tlstudio.gui.words import short

if TYPE_CHECKING:
    from tlstudio.gui.widgets.layer_pane import LayerPane


class LayerChoice(QObject):
    """Everything here is one step that can be undone."""

    def __init__(self, pane: LayerPane) -> None:
        super().__init__(pane)
        self._pane, self.session = pane, pane.session
        self.pattern, self.rate = PatternPopover(pane), RatePopover(pane)
        self.pattern.chosen.connect(self.by_pattern)
        self.rate.chosen.connect(self._multiply)
        self._rated: list[str] = []
        self._cut = ""

    # what learns

    def paths(self) -> Sequence[str]:
        """What the recipe freezes in the layers that are shown, in its last stage."""
        return frozen_at_last(self.session.recipe, self._pane.document)

    def last(self) -> int:
        """How many of the last blocks learn, where the choice is just that, else 0."""
        masks = enumerate(reversed(self._pane.blocks), 1)
        return next((n for n, mask in masks if np.array_equal(mask, self._pane.frozen)), 0)

    def tick(self, rows: list[int], frozen: bool) -> None:
        if not self._pane.fresh:
            return
        text = (self.tr("freeze %1") if frozen else self.tr("let %1 learn")).replace(
            "%1", self._named([self._pane.ticks.paths[i] for i in rows])
        )
        self._put(self._pane.ticks.toggled(self._pane.frozen, rows, frozen), text)

    def invert(self) -> None:
        if self._pane.fresh:
            mask = np.logical_not(self._pane.frozen)
            learning = short(self._pane.ticks.learning(mask))
            self._put(mask, self.tr("invert: %1 parameters learn").replace("%1", learning))

    def last_blocks(self, last: int) -> None:
        """Let the head and so many of the last blocks learn, with the rates that suit it. A slider being dragged is one step."""
        pane = self._pane
        if pane.fresh:
            recipe = self.session.recipe.with_strategy("last-block")
            strategy, paths = pane.ticks.strategy(pane.blocks[-last], pane.document["presets"], weights=recipe.model.weights)
            self.session.take(
                recipe.set({"frozen.strategy": strategy, "frozen.paths": paths, "stages.own": ()}),
                self.tr("choose how many of the last blocks learn"),
            )

    def ask_pattern(self) -> None:
        button = self._pane.presets.pattern
        if self._pane.fresh:
            self.pattern.ask(button.mapToGlobal(QPoint(0, button.height())), self._pane.document["rows"], self._pane.ticks)

    def by_pattern(self, paths: list[str], frozen: bool, pattern: str) -> None:
        pane = self._pane
        text = (self.tr("freeze what matches %1") if frozen else self.tr("let learn what matches %1")).replace("%1", pattern)
        self._put(pane.ticks.toggled(pane.frozen, [pane.ticks.row_of[path] for path in paths], frozen), text)

    def _put(self, mask: Mask, text: str) -> None:
        weights = self.session.recipe.model.weights
        strategy, paths = self._pane.ticks.strategy(mask, self._pane.document["presets"], weights=weights)
        # a plan of one's own would say otherwise than the ticks
        self.session.edit({"frozen.strategy": strategy, "frozen.paths": paths, "stages.own": ()}, text)

    def _named(self, paths: Sequence[str]) -> str:
        if len(paths) == 1:
            return paths[0]
        return self.tr("%1 and %2 more").replace("%1", paths[0]).replace("%2", str(len(paths) - 1))

    # how fast

    def ask_rate(self, rows: list[int]) -> None:
        """Open the small window for the learning rate of these rows."""
        pane, tree = self._pane, self._pane.tree
        rows = [row for row in rows if tree.layers.state(row) != State.NONE]
        if not pane.fresh or not rows:
            return
        self._rated = [pane.ticks.paths[row] for row in rows]
        now = {self.session.recipe.optimizer.multipliers.get(path) for path in self._rated}
        index = tree.layers.index_of(rows[-1])
        where = tree.viewport().mapToGlobal(tree.visualRect(index).bottomLeft())
        rate = tree.layers.rate(rows[-1])
        line = self.tr("Now %1 of the head's rate (%2).").replace("%1", rate).replace("%2", f"{self.session.recipe.optimizer.lr:g}")
        frozen = self.tr("It is frozen: the multiplier counts once it learns.")
        self.rate.ask(where, self._named(self._rated), frozen if rate == "–" else line, now.pop() if len(now) == 1 else None)

    def _multiply(self, times: float | None) -> None:
        before = self.session.recipe.optimizer.multipliers
        kept = {path: value for path, value in before.items() if path not in self._rated}
        said = self.tr("rate of %1 as around it") if times is None else self.tr("rate of %1 × %2").replace("%2", f"{times:g}")
        text = said.replace("%1", self._named(self._rated))
        new = {} if times is None else dict.fromkeys(self._rated, times)
        self.session.edit({"optimizer.multipliers": kept | new}, text)

    # where the network ends

    def cut(self, path: str) -> None:
        """Let the network end at that layer, "" at its own end. What of the ticks is gone then goes when the layers are known."""
        self._cut = self.tr("use features from %1").replace("%1", path) if path else self.tr("use the whole network again")
        self.session.edit({"model.cut": path}, self._cut)

    def drop_what_is_gone(self) -> None:
        """The layers after a cut are here: ticks and rates of those that are no more go, in the same step as the cut."""
        text, self._cut = self._cut, ""
        pane, recipe = self._pane, self.session.recipe
        gone = {*pane.ticks.unknown([*self.paths(), *recipe.optimizer.multipliers])}
        if not text or not gone:
            return
        changes: dict[str, object] = {
            "optimizer.multipliers": {path: times for path, times in recipe.optimizer.multipliers.items() if path not in gone}
        }
        if recipe.frozen.strategy == "custom":
            strategy, paths = pane.ticks.strategy(pane.frozen, pane.document["presets"], weights=recipe.model.weights)
            changes |= {"frozen.strategy": strategy, "frozen.paths": paths}
        self.session.edit(changes, text)
