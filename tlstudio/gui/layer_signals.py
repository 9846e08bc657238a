"""How each layer learned in the course of a run, as its events told: kept small however long the run is. Knows no Qt."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

from tlstudio.events import Signals

KINDS = ("gradient", "update", "drift", "dead")
MOST = 400  # looks that are kept; of older ones every second goes first

_NAN = float("nan")


class LayerSignals:
    """layers: paths of all that were told of; x: places of the looks, in epochs; looks: the same as (epoch from 1, steps done in it).
    rows: by kind, a look's values along `layers`, shorter where layers came later, NaN where nothing is known. now: the layers of the
    newest look. version: another whenever anything changes.
    """

    def __init__(self) -> None:
        self.layers: list[str] = []
        self.x = array("d")
        self.looks: list[tuple[int, int]] = []
        self.rows: dict[str, list[array[float]]] = {kind: [] for kind in KINDS}
        self.now: list[str] = []
        self.version = 0
        self._at: dict[str, int] = {}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> LayerSignals:
        """From what the job `signals` gives."""
        out = cls()
        for i, (x, epoch, step) in enumerate(zip(document["x"], document["epochs"], document["steps"], strict=True)):
            out.add(Signals(epoch=epoch, step=step, layers=document["layers"], **{kind: document[kind][i] for kind in KINDS}), x)
        out.now = list(document["now"])
        return out

    def __len__(self) -> int:
        return len(self.x)

    def add(self, event: Signals, x: float) -> None:
        """One more look, at a place in epochs."""
        if event.layers != self.now:
            self.now = list(event.layers)
            for path in self.now:
                if self._at.setdefault(path, len(self.layers)) == len(self.layers):
                    self.layers.append(path)
        places = [self._at[path] for path in event.layers]
        self.x.append(x)
        self.looks.append((event.epoch, event.step))
        for kind in KINDS:
            values = array("f", [_NAN]) * len(self.layers)
            for at, value in zip(places, getattr(event, kind), strict=True):
                values[at] = _NAN if value is None else value
            self.rows[kind].append(values)
        if len(self.x) > MOST:
            self._thin()
        self.version += 1

    def cut_back(self, x: float) -> None:
        """Forget what lies beyond a place: the run goes on from there."""
        keep = sum(1 for at in self.x if at <= x + 1e-9)
        del self.x[keep:]
        del self.looks[keep:]
        for kept in self.rows.values():
            del kept[keep:]
        self.version += 1

    def _thin(self) -> None:
        """Every second look goes, the newest stays."""
        odd = (len(self.x) - 1) % 2
        self.x, self.looks = self.x[odd::2], self.looks[odd::2]
        self.rows = {kind: kept[odd::2] for kind, kept in self.rows.items()}
