"""The rows of a `layers` document as an item model, with ticks that freeze.

The structure is held by Qt in C++ (one item a row, nothing in it but the path), because a tree view asks for it 30,000 times when
10,000 rows are expanded and each answer from Python costs 5 microseconds. What a cell says is worked out when it is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel

from tlstudio.gui.ticks import Mask, State, Ticks
from tlstudio.gui.words import percent, short

LAYER, TYPE, OUTPUT, PARAMS, SHARE, MULT_ADDS = range(6)
_NUMBERS = (PARAMS, MULT_ADDS)
_AT_ONCE = 1_500  # rows that are made before anything else happens; more come in slices
_SLICE = 0.006  # seconds: shorter than a frame
_PLAIN = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_CHECK = {State.LEARNS: Qt.CheckState.Unchecked, State.MIXED: Qt.CheckState.PartiallyChecked, State.FROZEN: Qt.CheckState.Checked}
Index = QModelIndex | QPersistentModelIndex


class LayerModel(QStandardItemModel):
    """Modules and, inside them, their parameters; the row of the whole network is left out, its facts stand around the tree."""

    loaded = Signal()
    """All rows are there."""
    ticked = Signal(list, bool)
    """The user wants these rows frozen (True) or to learn (False); what comes of it is told by `show_ticks`."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[Mapping[str, Any]] = ()
        self.ticks = Ticks(())
        self.states: NDArray[np.int8] = np.zeros(0, dtype=np.int8)
        """What is ticked, a State a row."""
        self.effects: NDArray[np.int8] = self.states
        """What comes of it: a ticked BatchNorm learns under the policy that lets it."""
        self.matches: set[int] = set()
        """Rows that a filter looks for."""
        self.wanted = ""
        self._items: list[QStandardItem] = []
        self._work: Iterator[None] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(lambda: self._go_on())

    # rows

    def load(self, rows: Sequence[Mapping[str, Any]], ticks: Ticks) -> None:
        """Take a document's rows. Up to some hundred are there at once; more are made in slices and `loaded` tells the end."""
        self._timer.stop()
        self.clear()
        self.rows, self.ticks, self.matches, self.wanted = rows, ticks, set(), ""
        self.states = self.effects = ticks.states(ticks.mask(()))
        self._items = []
        self._work = self._made()
        if len(rows) <= _AT_ONCE:
            self.complete()
        else:
            self._timer.start(0)

    def complete(self) -> None:
        """Make what is still to be made, at once."""
        self._go_on(float("inf"))

    def _go_on(self, seconds: float = _SLICE) -> None:
        until = time.perf_counter() + seconds
        for _ in self._work or ():
            if time.perf_counter() > until:
                return
        self._timer.stop()
        if self._work is not None:
            self._work = None
            self._show_rows()

    def _made(self) -> Iterator[None]:
        items, children = self._items, self.ticks.children
        tickable = _PLAIN | Qt.ItemFlag.ItemIsUserCheckable
        for i, path in enumerate(self.ticks.paths):
            item = QStandardItem(path)
            item.setFlags(tickable if self.states[i] != State.NONE else _PLAIN)
            items.append(item)
            if not i % 64:
                yield
        for i in range(len(items) - 1, -1, -1):
            if children[i] and self.ticks.paths[i]:
                items[i].appendRows([items[child] for child in children[i]])
                items[i].setColumnCount(MULT_ADDS + 1)
                yield

    def _show_rows(self) -> None:
        """Only now does a view see the rows, all at once."""
        children = self.ticks.children
        top = [child for i in self.ticks.top for child in ([i] if self.ticks.paths[i] else children[i])]
        self.setColumnCount(MULT_ADDS + 1)
        self.invisibleRootItem().appendRows([self._items[i] for i in top])
        self.loaded.emit()

    def row(self, index: Index) -> int:
        """The place in the document of a row's index (of any column)."""
        path: str = super().data(index.sibling(index.row(), LAYER), Qt.ItemDataRole.DisplayRole)
        return self.ticks.row_of[path]

    def index_of(self, row: int) -> QModelIndex:
        return self._items[row].index()

    # ticks

    def show_ticks(self, mask: Mask, batchnorm: str) -> None:
        """Show what is frozen."""
        states = self.ticks.states(mask)
        effects = self.ticks.states(self.ticks.effective(mask, batchnorm))
        if np.array_equal(states, self.states) and np.array_equal(effects, self.effects):
            return
        changed = np.flatnonzero((states != self.states) | (effects != self.effects))
        self.states, self.effects = states, effects
        if self.rowCount():
            # Views repaint once for the whole; listeners that look at single rows learn of the first few.
            for row in changed[:64].tolist():
                if self.ticks.paths[row]:
                    index = self.index_of(row)
                    self.dataChanged.emit(index, index.siblingAtColumn(MULT_ADDS))
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, MULT_ADDS))

    def state(self, row: int) -> State:
        return State(int(self.states[row]))

    def effect(self, row: int) -> State:
        return State(int(self.effects[row]))

    def toggle(self, rows: Sequence[int]) -> None:
        """Ask for the opposite of what the last of these rows is; rows without parameters are passed over. Mixed becomes frozen."""
        rows = [row for row in rows if self.state(row) != State.NONE]
        if rows:
            self.ticked.emit(rows, self.state(rows[-1]) != State.FROZEN)

    # words

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
        return short(said["mult_adds"]) if said["mult_adds"] else "–"

    def share(self, row: int) -> float:
        """Of all parameters, 0..1."""
        return self.rows[row]["params"] / self.ticks.params if self.ticks.params else 0.0

    def word(self, row: int) -> str:
        """frozen, learns, partly frozen, or "" for a layer without parameters."""
        return {
            State.FROZEN: self.tr("frozen"),
            State.LEARNS: self.tr("learns"),
            State.MIXED: self.tr("partly frozen"),
            State.NONE: "",
        }[self.effect(row)]

    def tip(self, row: int) -> str:
        """The tooltip: whole path, type and state."""
        lines = [self.ticks.paths[row], ", ".join(part for part in (self.text(row, TYPE), self.word(row)) if part)]
        if self.rows[row].get("shared_with"):
            lines.append(self.tr("The same as %1; counted once").replace("%1", self.rows[row]["shared_with"]))
        if self.state(row) == State.FROZEN and self.effect(row) != State.FROZEN:
            lines.append(self.tr("Ticked, but learns: BatchNorm when frozen is set to train"))
        return "\n".join(lines)

    # Qt's side

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(self.row(index), column)
        if role == Qt.ItemDataRole.CheckStateRole and column == LAYER:
            return _CHECK.get(self.state(self.row(index)))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tip(self.row(index))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            row = self.row(index)
            return ", ".join(part for part in (self.text(row, column), self.word(row) if column == LAYER else "") if part)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid() or self.state(self.row(index)) == State.NONE:
            return False
        self.ticked.emit([self.row(index)], Qt.CheckState(value) != Qt.CheckState.Unchecked)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return (
                    self.tr("Layer"),
                    self.tr("Type"),
                    self.tr("Output"),
                    self.tr("Params"),
                    self.tr("Share"),
                    self.tr("Mult-adds"),
                )[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(section)
            if role == Qt.ItemDataRole.ToolTipRole:
                return (
                    self.tr("A tick freezes a layer: it keeps what it knows. An empty box learns."),
                    self.tr("The layer's class"),
                    self.tr("Shape of what the layer gives for one image; of a weight, its own shape"),
                    self.tr("Numbers that can be learned, in the layer and all that is in it"),
                    self.tr("Share of all parameters of the network"),
                    self.tr("Multiplications with addition for one image"),
                )[section]
        return None


def _alignment(column: int) -> Qt.AlignmentFlag:
    return (Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter


def times(dims: Sequence[int]) -> str:
    """32 × 112 × 112, with thin spaces."""
    return "\u2009×\u2009".join(str(d) for d in dims)


def shape(dims: Sequence[int] | None) -> str:
    """A tensor's shape without the batch in front; a dash where the forward pass never came by."""
    return times(dims[1:]) or "1" if dims else "–"
