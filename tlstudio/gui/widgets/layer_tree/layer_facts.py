"""What the layer tree says of each row of a `layers` document, worked out when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from tlstudio.gui.ticks import Mask, State, Ticks
from tlstudio.gui.widgets.layer_tree.layer_columns import (
    FIELD,
    INPUT,
    LAYER,
    MULT_ADDS,
    OUTPUT,
    PARAMS,
    RATE,
    SHARE,
    SIGNAL,
    STATE,
    TYPE,
)
from tlstudio.gui.widgets.layer_tree.row_signals import CLOSED, OPEN, RowSignals, number
from tlstudio.gui.words import percent, short


def tr(text: str) -> str:
    return QCoreApplication.translate("layer_facts", text)


def state_word(state: State) -> str:
    """frozen, learns, partly frozen, or "" for a layer without parameters."""
    words = {State.FROZEN: tr("frozen"), State.LEARNS: tr("learns"), State.MIXED: tr("partly frozen")}
    return words.get(state, "")


class LayerFacts:
    """Rows are known by their place in the document. signals: what a run says of them."""

    signals: RowSignals

    def take(self, rows: Sequence[Mapping[str, Any]], ticks: Ticks, batch: int = 1) -> None:
        """Speak of these rows; nothing is frozen, no rate is known. batch: images at once that multiply-adds are for."""
        self.rows, self.ticks, self.batch = rows, ticks, batch
        self.states: NDArray[np.int8] = ticks.states(ticks.mask(()))
        """What is ticked, a State a row."""
        self.effects: NDArray[np.int8] = self.states
        """What comes of it: a ticked BatchNorm learns under the policy that lets it."""
        self.batchnorm = "eval"
        self.multipliers: Mapping[str, float] = {}
        """Rates of their own, by path."""
        self._rates = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)

    def show_rates(self, shares: NDArray[np.float64], mask: Mask, batchnorm: str, multipliers: Mapping[str, float]) -> None:
        """Show at which share of the head's rate each parameter learns, (L,), and which layers have a multiplier of their own."""
        self._rates = self.ticks.extremes(shares, np.logical_not(self.ticks.effective(mask, batchnorm)))
        self.multipliers = multipliers

    def state(self, row: int) -> State:
        return State(int(self.states[row]))

    def effect(self, row: int) -> State:
        return State(int(self.effects[row]))

    def name(self, row: int) -> str:
        """The last part of the path, with those before it as long as it begins with a number: blocks.6.0."""
        parts = self.ticks.paths[row].split(".")
        at = len(parts) - 1
        while at and parts[at].isdigit():
            at -= 1
        return ".".join(parts[at:])

    def text(self, row: int, column: int) -> str:
        """What a cell says."""
        said = self.rows[row]
        if column == LAYER:
            return self.name(row)
        if column == TYPE:
            return str(said["type"])
        if column == OUTPUT:
            return shape(said["output"]) if said["kind"] == "module" else times(said.get("shape") or ())
        if column == PARAMS:
            return f"{said['params']:,}" if said["params"] else "–"
        if column == SHARE:
            return percent(self.share(row), 2) if said["params"] else ""
        if column == MULT_ADDS:
            return short(said["mult_adds"]) if said["mult_adds"] else "–"
        if column == INPUT:
            return shape(said["input"]) if said["kind"] == "module" else ""
        if column == FIELD:
            sees = said.get("receptive_field")
            return tr("%1 px").replace("%1", f"{sees:,}") if sees else "–"
        if column == STATE:
            return self.word(row)
        if column == SIGNAL:
            return self.signal(row)
        return self.rate(row) if column == RATE else self.norm(row)

    def lock(self, row: int) -> str:
        """See `RowSignals.lock`."""
        return self.signals.lock(row, self.effect(row) == State.FROZEN)

    def signal(self, row: int) -> str:
        """The newest value of the signal shown, whether what is frozen moved, or a dash."""
        lock = self.lock(row)
        if lock == OPEN:
            return tr("moved")
        value = self.signals.latest(row)
        if value is not None:
            return number(value, self.signals.signal)
        return tr("unmoved") if lock == CLOSED else "–"

    def rate(self, row: int) -> str:
        """× 0.1 of the head's rate, ≤ 0.1 where not all parameters in it have the same, a dash where nothing learns."""
        low, high = self._ends(row)
        return "–" if not high else f"×\u2009{high}" if low == high else f"≤\u2009{high}"

    def _ends(self, row: int) -> tuple[str, str]:
        """Smallest and largest share of the head's rate in it, ("", "") where nothing learns."""
        low, high = (float(ends[row]) for ends in self._rates)
        return (f"{low:.2g}", f"{high:.2g}") if low <= high else ("", "")

    def norm(self, row: int) -> str:
        """What a BatchNorm layer does, "" for any other: averages kept, averages follow, learns."""
        if not self.rows[row].get("batchnorm") or self.rows[row]["kind"] != "module":
            return ""
        above = row
        while self.state(above) == State.NONE and self.ticks.parent[above] >= 0:  # one without scale and shift goes with what it lies in
            above = self.ticks.parent[above]
        if self.state(above) == State.LEARNS or (self.state(above) == State.FROZEN and self.batchnorm == "train"):
            return tr("learns")
        kept = self.state(above) == State.FROZEN and self.batchnorm == "eval"
        return tr("averages kept") if kept else tr("averages follow")

    def twins(self, row: int) -> list[int]:
        """The rows of the same weights under other paths."""
        origin = self.rows[row].get("shared_with") or self.ticks.paths[row]
        same = (i for i, said in enumerate(self.rows) if said.get("shared_with") == origin or self.ticks.paths[i] == origin)
        return [i for i in same if i != row]

    def share(self, row: int) -> float:
        """Of all parameters, 0..1."""
        return self.rows[row]["params"] / self.ticks.params if self.ticks.params else 0.0

    def word(self, row: int) -> str:
        """What comes of its ticks, see `state_word`."""
        return state_word(self.effect(row))

    def tip(self, row: int) -> str:
        """The tooltip: whole path, type and state."""
        lines = [self.ticks.paths[row], ", ".join(part for part in (self.text(row, TYPE), self.word(row)) if part)]
        if self.rows[row].get("shared_with"):
            lines.append(tr("The same as %1; counted once").replace("%1", self.rows[row]["shared_with"]))
        low, high = self._ends(row)
        if high:
            rate = tr("Learning rate × %2 of the head's") if low == high else tr("Learning rates × %1 to %2 of the head's")
            lines.append(rate.replace("%1", low).replace("%2", high))
        if (times_ := self.multipliers.get(self.ticks.paths[row])) is not None:
            lines.append(tr("Its rate is multiplied by %1").replace("%1", f"{times_:g}"))
        if self.state(row) == State.FROZEN and self.effect(row) != State.FROZEN:
            lines.append(tr("Ticked, but learns: BatchNorm when frozen is set to train"))
        return "\n".join([*lines, *self.signals.tip(row, self.effect(row) == State.FROZEN)])


def times(dims: Sequence[int]) -> str:
    """32 × 112 × 112, with thin spaces."""
    return "\u2009×\u2009".join(str(d) for d in dims)


def shape(dims: Sequence[int] | None) -> str:
    """A tensor's shape without the batch in front; a dash where the forward pass never came by."""
    return times(dims[1:]) or "1" if dims else "–"
