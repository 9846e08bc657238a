"""The pairs of classes that are mixed up most, as a list: what stays of a confusion matrix when there are too many classes to draw."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import QHeaderView

from tlstudio.gui import theme
from tlstudio.gui.widgets.table_view import TableView
from tlstudio.gui.words import count as counted
from tlstudio.gui.words import percent, short

MOST = 500  # pairs in the list
Index = QModelIndex | QPersistentModelIndex


class Pairs(QAbstractTableModel):
    """(truth, prediction, count, share of the truth's images), the most frequent mistakes first."""

    def __init__(self, *, pixels: bool = False) -> None:
        super().__init__()
        self._pixels = pixels
        self.pairs: list[tuple[int, int, int, float]] = []
        self._names: list[str] = []

    def show_counts(self, counts: NDArray[np.int64], names: list[str]) -> None:
        wrong = counts.copy()
        np.fill_diagonal(wrong, 0)
        truth, said = np.nonzero(wrong)
        count = wrong[truth, said]
        share = count / counts.sum(1)[truth]
        order = np.lexsort((-share, -count))[:MOST]
        self.beginResetModel()
        self._names = names
        self.pairs = [(int(truth[i]), int(said[i]), int(count[i]), float(share[i])) for i in order]
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.pairs)

    def columnCount(self, parent: Index | None = None) -> int:
        return 4

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        truth, said, count, share = self.pairs[index.row()]
        texts = (self._names[truth], self._names[said], short(count) if self._pixels else f"{count:,}", percent(share))
        if role == Qt.ItemDataRole.DisplayRole:
            return texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            line = self.tr("%1 called %2: %3, %4 of its own. Enter or double click shows them")
            if self._pixels:
                line = self.tr("%1 called %2: %3, %4 of its own. Enter or double click shows where %1 is worst")
            things = (self.tr("pixel"), self.tr("pixels")) if self._pixels else (self.tr("image"), self.tr("images"))
            for i, text in enumerate((*texts[:2], counted(count, *things), texts[3])):
                line = line.replace(f"%{i + 1}", text)
            return line
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if index.column() > 1 else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Is"), self.tr("Called"), self.tr("pixels") if self._pixels else self.tr("images"), self.tr("share"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return (Qt.AlignmentFlag.AlignRight if section > 1 else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
        return None


class WorstPairs(TableView):
    """A line opens the images of its pair (Enter, click)."""

    chosen = Signal(int, int)

    def __init__(self, *, pixels: bool = False) -> None:
        super().__init__("worstPairs", inside=True, row=26)
        self.setAccessibleName(self.tr("Classes mixed up most"))
        self._pairs = Pairs(pixels=pixels)
        self.setModel(self._pairs)
        self.activated.connect(self._chosen)
        self._widths()

    def show_counts(self, counts: NDArray[np.int64], names: list[str]) -> None:
        self._pairs.show_counts(counts, names)
        if self._pairs.pairs:
            self.setCurrentIndex(self._pairs.index(0, 0))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(140))

    def _chosen(self, index: QModelIndex) -> None:
        truth, said, _, _ = self._pairs.pairs[index.row()]
        self.chosen.emit(truth, said)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and self.model() is not None:
            self._widths()

    def _widths(self) -> None:
        header = self.horizontalHeader()
        header.setMinimumSectionSize(theme.px(40))
        for column in range(4):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch if column < 2 else QHeaderView.ResizeMode.Fixed)
            if column >= 2:
                header.resizeSection(column, theme.px((54, 56)[column - 2]))
