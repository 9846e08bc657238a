"""The rows of a `layers` document as an item model, with ticks that freeze.

The structure is held by Qt in C++ (one item a row, nothing in it but the path), because a tree view asks for it 30,000 times when
10,000 rows are expanded and each answer from Python costs 5 microseconds. What a cell says is worked out when it is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel

from tlstudio.events import FrozenProof
from tlstudio.gui.layer_signals import LayerSignals
from tlstudio.gui.ticks import Mask, State, Ticks
from tlstudio.gui.widgets.layer_tree.layer_columns import COUNT, LAYER, NUMBERS, SIGNAL, described
from tlstudio.gui.widgets.layer_tree.layer_facts import LayerFacts
from tlstudio.gui.widgets.layer_tree.row_signals import RowSignals

_AT_ONCE = 1_500  # rows that are made before anything else happens; more come in slices
_SLICE = 0.006  # seconds: shorter than a frame
_PLAIN = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_CHECK = {State.LEARNS: Qt.CheckState.Unchecked, State.MIXED: Qt.CheckState.PartiallyChecked, State.FROZEN: Qt.CheckState.Checked}
Index = QModelIndex | QPersistentModelIndex


class LayerModel(QStandardItemModel, LayerFacts):
    """Modules and, inside them, their parameters; the row of the whole network is left out, its facts stand around the tree."""

    loaded = Signal()
    """All rows are there."""
    ticked = Signal(list, bool)
    """The user wants these rows frozen (True) or to learn (False); what comes of it is told by `show_ticks`."""

    def __init__(self) -> None:
        super().__init__()
        self.signals = RowSignals()
        self.take((), Ticks(()))
        self.matches: set[int] = set()
        """Rows that a filter looks for."""
        self.wanted = ""
        self.meant: frozenset[int] = frozenset()
        """States that it looks for."""
        self._items: list[QStandardItem] = []
        self._work: Iterator[None] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(lambda: self._go_on())

    # rows

    def load(self, rows: Sequence[Mapping[str, Any]], ticks: Ticks, batch: int = 1) -> None:
        """Take a document's rows. Up to some hundred are there at once; more are made in slices and `loaded` tells the end."""
        self._timer.stop()
        self._empty()
        self.take(rows, ticks, batch)
        self.matches, self.wanted, self.meant = set(), "", frozenset()
        self._items = []
        self._work = self._made()
        if len(rows) <= _AT_ONCE:
            self.complete()
        else:
            self._timer.start(0)

    def _empty(self) -> None:
        """Not by `clear`: in Python that takes the rows out first, and nobody ever deletes them."""
        self.beginResetModel()
        heard = self.blockSignals(True)
        self.removeRows(0, self.rowCount())
        self.setColumnCount(0)
        self.blockSignals(heard)
        self.endResetModel()

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
                items[i].setColumnCount(COUNT)
                yield

    def _show_rows(self) -> None:
        """Only now does a view see the rows, all at once."""
        children = self.ticks.children
        top = [child for i in self.ticks.top for child in ([i] if self.ticks.paths[i] else children[i])]
        self.setColumnCount(COUNT)
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
        self.batchnorm = batchnorm
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
                    self.dataChanged.emit(index, index.siblingAtColumn(COUNT - 1))
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, COUNT - 1))

    def show_signals(self, told: LayerSignals | None, proof: FrozenProof | None, of: str = "") -> None:
        """Show what a run said of the layers; as a rule only the signals' cells are drawn anew. of: see `RowSignals`."""
        before = self.signals.moved, self.signals.of
        new = self.signals.show(self.ticks, told, proof)
        self.signals.of = of
        same = before == (self.signals.moved, of)
        if (new or not same) and self.rowCount():
            first = SIGNAL if same else LAYER  # what moved has a lock beside its name
            self.dataChanged.emit(self.index(0, first), self.index(self.rowCount() - 1, SIGNAL))

    def toggle(self, rows: Sequence[int]) -> None:
        """Ask for the opposite of what the last of these rows is; rows without parameters are passed over. Mixed becomes frozen."""
        rows = [row for row in rows if self.state(row) != State.NONE]
        if rows:
            self.ticked.emit(rows, self.state(rows[-1]) != State.FROZEN)

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
                return described(section).title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(section)
            if role == Qt.ItemDataRole.ToolTipRole:
                return described(section, self.batch).tip
        return None


def _alignment(column: int) -> Qt.AlignmentFlag:
    return (Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
