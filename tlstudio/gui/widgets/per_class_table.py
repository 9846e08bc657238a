"""Precision, recall and F1 of each class, sortable; a thousand classes are as quick as two."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QSize, QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QHeaderView

from tlstudio.gui import theme
from tlstudio.gui.widgets.table_view import TableView

SORT = Qt.ItemDataRole.UserRole
_KEYS = ("name", "precision", "recall", "f1", "n")
Index = QModelIndex | QPersistentModelIndex


class PerClass(QAbstractTableModel):
    """Rows {name, precision, recall, f1, n}; a share that has no meaning (nothing was called so) is null."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[dict[str, Any]] = []

    def show_rows(self, rows: list[dict[str, Any]]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(_KEYS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        key = _KEYS[index.column()]
        value = self._rows[index.row()].get(key)
        if role == Qt.ItemDataRole.DisplayRole:
            if key == "name":
                return value
            if value is None:
                return "–"
            return f"{value:,}" if key == "n" else f"{value:.3f}"
        if role == SORT:
            return str(value).casefold() if key == "name" else math.inf if value is None else float(value)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if key == "name" else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tr("No image was called so, or none is of this class") if value is None else str(value) if key == "name" else None
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Class"), self.tr("precision"), self.tr("recall"), self.tr("F1"), self.tr("images"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return (Qt.AlignmentFlag.AlignRight if section else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                self.tr("The class; click to sort"),
                self.tr("Of the images called so, the share that are"),
                self.tr("Of the images that are, the share called so"),
                self.tr("Harmonic mean of precision and recall"),
                self.tr("Images of this class in the split"),
            )[section]
        return None


class PerClassTable(TableView):
    """objectName perClassTable; stands inside a card."""

    def __init__(self) -> None:
        super().__init__("perClassTable", inside=True)
        self.setAccessibleName(self.tr("Precision, recall and F1 of each class"))
        self._rows = PerClass()
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._rows)
        self._sorted.setSortRole(SORT)
        self.setModel(self._sorted)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self._widths()

    def show_rows(self, rows: list[dict[str, Any]]) -> None:
        """rows: `per_class` of the evaluate document, in the order of the classes."""
        self.set_row(32 if len(rows) <= 2 else 26)
        self._rows.show_rows(rows)
        self._widths()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(280), self.minimumHeight())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and self.model() is not None:
            self._widths()

    def _widths(self) -> None:
        header, row = self.horizontalHeader(), self.verticalHeader().defaultSectionSize()
        lines = self._rows.rowCount()
        self.setMinimumHeight(header.height() + min(5, lines) * row)
        self.setMaximumHeight(header.height() + max(1, lines) * row + 2)
        header.setMinimumSectionSize(theme.px(40))
        for column in range(len(_KEYS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed if column else QHeaderView.ResizeMode.Stretch)
            if column:
                header.resizeSection(column, theme.px((0, 66, 52, 52, 54)[column]))
