"""What a run's signals and proofs say of the rows of the layer tree; worked out for a row when it is looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from tlstudio.events import FrozenProof
from tlstudio.gui.layer_signals import LayerSignals
from tlstudio.gui.ticks import Ticks

GRADIENT, UPDATE, DRIFT, DEAD = "gradient", "update", "drift", "dead"
CLOSED, OPEN = "closed", "open"
POINTS = 60  # of a curve that is as wide as a word

Floats = NDArray[np.float64]


def tr(text: str) -> str:
    return QCoreApplication.translate("row_signals", text)


def words() -> dict[str, str]:
    """The signals by name."""
    return {GRADIENT: tr("Gradient"), UPDATE: tr("Update"), DRIFT: tr("Drift"), DEAD: tr("Dead units")}


def meanings() -> dict[str, str]:
    """What each says and when to worry."""
    return {
        GRADIENT: tr(
            "Gradient: how strongly the images pull at a layer's weights (norm, on a scale of powers of ten). Falling slowly is usual. "
            "Worry where it climbs without end, or where it is next to 0 while others are not: nothing reaches that layer."
        ),
        UPDATE: tr(
            "Update: how much one step changes a layer, as a share of its weights. Around 0.001 is usual. Above 0.01 it learns too fast: "
            "lower the rate; far below 0.0001 it hardly learns."
        ),
        DRIFT: tr(
            "Drift: how far a layer is from the weights the run began with, as a share of those. Pretrained layers that drift by more than "
            "about 0.5 have forgotten much of what they knew."
        ),
        DEAD: tr(
            "Dead units: the share of a layer's channels that were 0 for every picture of a batch. Some are usual; where most are, the "
            "rate was too high: what is dead does not learn any more. Known only in front of ReLU and its like."
        ),
    }


class RowSignals:
    """signal: which one is shown, "" for none; moved: names of the frozen that moved, by row, which is a place in the document.
    of: the run's name where other layers were frozen in it than are ticked now, so that nothing of it tells what these ticks do.
    run: the name of the run's folder, whatever is ticked.

    A module's gradient is the norm over all layers in it; of the other signals the largest of its layers is shown.
    """

    def __init__(self) -> None:
        self.signal, self.heat, self.of, self.run = GRADIENT, False, "", ""
        self.proof: FrozenProof | None = None
        self._told: LayerSignals | None = None
        self._take(Ticks(()))

    def _take(self, ticks: Ticks) -> None:
        self._ticks = ticks
        self._inside: dict[int, list[int]] = {}
        self._layers = 0
        self._seen: tuple[int, str] = (-1, "")
        self._values: dict[str, Floats] = {}
        self._series: dict[int, tuple[Floats, Floats]] = {}
        self.moved: dict[int, list[str]] = {}
        self._learned: set[int] = set()
        self._now: list[str] | None = None

    @property
    def there(self) -> bool:
        """Whether a run says anything of these layers."""
        return bool(self._told) or (self.proof is not None and (self.proof.tensors > 0 or bool(self.proof.moved)))

    def show(self, ticks: Ticks, told: LayerSignals | None, proof: FrozenProof | None) -> bool:
        """Speak of these rows, from what a run said; whether that is anything new."""
        version = told.version if told is not None else -1
        if ticks is self._ticks and told is self._told and proof is self.proof and (version, self.signal) == self._seen:
            return False
        if ticks is not self._ticks or told is not self._told:
            self._take(ticks)
        self._told = told
        if proof is not self.proof or not self.moved:
            self.proof = proof
            self.moved = self._found(proof.moved if proof is not None else [])
        self._seen = (version, self.signal)
        self._values, self._series = {}, {}
        if told is not None:
            self._place(told)
        return True

    def choose(self, signal: str, heat: bool) -> None:
        self.signal, self.heat = signal, heat
        self._series = {}

    def _place(self, told: LayerSignals) -> None:
        """In which rows each layer lies."""
        for at in range(self._layers, len(told.layers)):
            row = self._ticks.row_of.get(told.layers[at], -1)
            while row >= 0:
                self._inside.setdefault(row, []).append(at)
                row = self._ticks.parent[row]
        self._layers = len(told.layers)
        if told.now is self._now:
            return
        self._now = told.now
        now = {self._ticks.row_of[path] for path in told.now if path in self._ticks.row_of}
        self._learned = set()
        for row in now:
            while row >= 0 and row not in self._learned:
                self._learned.add(row)
                row = self._ticks.parent[row]

    def _found(self, moved: list[str]) -> dict[int, list[str]]:
        """Rows by what moved in them; a buffer has no row, its module has."""
        out: dict[int, list[str]] = {}
        for name in moved:
            path = name
            while path and path not in self._ticks.row_of:
                path = path.rpartition(".")[0]
            row = self._ticks.row_of.get(path, -1) if path else -1
            while row >= 0:
                out.setdefault(row, []).append(name)
                row = self._ticks.parent[row]
        return out

    # what is said

    def matrix(self, signal: str) -> Floats:
        """(looks, layers), NaN where nothing is known; at most POINTS looks, the newest among them."""
        if signal not in self._values:
            assert self._told is not None
            rows = self._told.rows[signal]
            chosen = self._chosen(len(rows))
            out = np.full((len(chosen), len(self._told.layers)), np.nan)
            for at, i in enumerate(chosen):
                out[at, : len(rows[i])] = rows[i]
            self._values[signal] = out
        return self._values[signal]

    @staticmethod
    def _chosen(looks: int) -> list[int]:
        return sorted(set(np.linspace(0, looks - 1, min(looks, POINTS)).round().astype(int).tolist())) if looks else []

    def _of(self, row: int, signal: str, *, last: bool = False) -> Floats:
        """A row's values; of the newest look alone with last."""
        inside = self._inside.get(row)
        if not inside or self._told is None or not len(self._told):
            return np.empty(0)
        values = self.matrix(signal)[-1:, inside] if last else self.matrix(signal)[:, inside]
        known = np.isfinite(values)
        if signal == GRADIENT:
            out = np.sqrt((np.where(known, values, 0.0) ** 2).sum(1))
        else:
            out = np.where(known, values, -np.inf).max(1)
        return np.where(known.any(1), out, np.nan)

    def series(self, row: int) -> tuple[Floats, Floats]:
        """Places and values of the signal shown, those that are known; both empty for a row without any."""
        if row not in self._series:
            y = self._of(row, self.signal) if self.signal else np.empty(0)
            known = np.isfinite(y)
            x = np.array([self._told.x[i] for i in self._chosen(len(self._told.x))]) if len(y) and self._told else np.empty(0)
            self._series[row] = x[known], y[known]
        return self._series[row]

    def latest(self, row: int, signal: str = "") -> float | None:
        """The newest value, None where none is known; of the layers that learn now."""
        values = self._of(row, signal or self.signal, last=True) if (signal or self.signal) else np.empty(0)
        return float(values[-1]) if len(values) and np.isfinite(values[-1]) else None

    def span(self) -> tuple[float, float]:
        """Smallest and largest of the newest values of all layers, for the scale of the heat; dead units have 0 to 1."""
        if self.signal == DEAD:
            return 0.0, 1.0
        if self._told is None or not len(self._told) or not self.signal:
            return 0.0, 0.0
        newest = self.matrix(self.signal)[-1]
        newest = newest[np.isfinite(newest) & (newest > 0)]
        return (float(newest.min()), float(newest.max())) if len(newest) else (0.0, 0.0)

    def lock(self, row: int, frozen: bool) -> str:
        """CLOSED: what is in it was looked at in the run and has not moved; OPEN: something has; "" where nothing was proved.

        frozen: whether it is, as it is ticked now.
        """
        if row in self.moved:
            return OPEN
        proved = self.proof is not None and self.proof.tensors > 0
        return CLOSED if proved and frozen and row not in self._learned else ""

    def tip(self, row: int, frozen: bool) -> list[str]:
        """Lines for the tooltip."""
        out = []
        lock = self.lock(row, frozen)
        if self.of and (lock or self._inside.get(row)):
            out.append(tr("In the run %1, which froze other layers than are ticked now:").replace("%1", self.of))
        if lock == OPEN:
            names = self.moved[row]
            more = tr(" and %1 more").replace("%1", str(len(names) - 4)) if len(names) > 4 else ""
            out.append(tr("Frozen, but it moved: %1").replace("%1", ", ".join(names[:4]) + more))
        elif lock == CLOSED and self.proof is not None:
            out.append(unmoved(self.proof))
        said = words()
        for signal in (GRADIENT, UPDATE, DRIFT, DEAD):
            if (value := self.latest(row, signal)) is not None:
                out.append(f"{said[signal]}: {number(value, signal)}")
        if self.signal and self._inside.get(row):
            out += ["", meanings()[self.signal]]
        return out

    def to_json(self, path: str) -> dict[str, Any]:
        """The newest signals of one row, for a file; empty where none are known."""
        row = self._ticks.row_of.get(path, -1)
        found = {signal: self.latest(row, signal) for signal in (GRADIENT, UPDATE, DRIFT, DEAD)}
        return found if any(value is not None for value in found.values()) else {}

    def source(self) -> dict[str, Any]:
        """What told those, for a file: run, the name of its folder; epoch (from 1) and step, the steps done in it; empty for none."""
        if self._told is None or not self._told.looks:
            return {}
        epoch, step = self._told.looks[-1]
        return {"run": self.run, "epoch": epoch, "step": step}


def unmoved(proof: FrozenProof) -> str:
    """A sentence on what is frozen and stayed so."""
    if proof.epoch is None:
        return tr("Proven unmoved at the end of the run")
    return tr("Proven unmoved after epoch %1").replace("%1", str(proof.epoch))


def number(value: float, signal: str) -> str:
    """As a cell and a tooltip say it."""
    if signal == DEAD:
        return f"{value:.0%}"
    return f"{value:.2g}" if value == 0 or 0.001 <= value < 1000 else f"{value:.1e}".replace("e-0", "e-").replace("e+0", "e")
