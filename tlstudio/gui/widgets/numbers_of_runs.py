"""The numbers behind the compared curves, a line an epoch: what the plot draws, for reading and copying."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from tlstudio.gui import theme
from tlstudio.gui.series import Floats
from tlstudio.gui.widgets.table_view import TableView

Index = QModelIndex | QPersistentModelIndex


class _Numbers(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.epochs: list[int] = []
        self.values: list[list[float]] = []
        self.said: Callable[[float], str] = str

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.epochs)

    def columnCount(self, parent: Index | None = None) -> int:
        return 1 + len(self.names)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if index.column() == 0:
            return f"{self.epochs[index.row()]:,}"
        value = self.values[index.column() - 1][index.row()]
        return "–" if math.isnan(value) else self.said(value)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.tr("epoch") if section == 0 else self.names[section - 1]
        return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter if role == Qt.ItemDataRole.TextAlignmentRole else None


class NumbersOfRuns(TableView):
    """objectName compareTable. Of what is said each step, the mean of each epoch."""

    def __init__(self) -> None:
        super().__init__("compareTable", inside=True, row=26)
        self.setAccessibleName(self.tr("Numbers of the compared runs, by epoch"))
        self._numbers = _Numbers()
        self.setModel(self._numbers)
        self.horizontalHeader().setStretchLastSection(False)

    def show_lines(self, names: Sequence[str], lines: Sequence[tuple[Floats, Floats]], said: Callable[[float], str]) -> None:
        """lines: x in epochs and y of each run."""
        last = max((math.ceil(float(x[-1]) - 1e-9) for x, _ in lines if len(x)), default=0)
        model = self._numbers
        model.beginResetModel()
        model.names, model.epochs, model.said = list(names), list(range(1, last + 1)), said
        model.values = [_by_epoch(x, y, last) for x, y in lines]
        model.endResetModel()
        self.setColumnWidth(0, theme.px(64))
        for i, name in enumerate(names):
            wide = self.fontMetrics().horizontalAdvance(name) + 24
            self.setColumnWidth(i + 1, max(theme.px(96), min(wide, theme.px(220))))


def _by_epoch(x: Floats, y: Floats, last: int) -> list[float]:
    epochs = np.ceil(x - 1e-9).astype(int) - 1
    good = np.isfinite(y) & (epochs >= 0) & (epochs < last)
    counts = np.bincount(epochs[good], minlength=last)
    sums = np.bincount(epochs[good], weights=y[good], minlength=last)
    return [float(total / n) if n else math.nan for total, n in zip(sums, counts, strict=True)]
