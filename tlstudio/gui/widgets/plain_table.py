"""A table of texts, for reading and copying: headings with > before them stand right. Sortable where its rows say how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QHeaderView

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.widgets.table_view import TableView

Index = QModelIndex | QPersistentModelIndex


class Texts(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.rows: list[list[str]] = []

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(self.headings)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(index.column())
        return colour("muted") if role == Qt.ItemDataRole.ForegroundRole and index.column() == 0 else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical or section >= len(self.headings):
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.headings[section].removeprefix(">")
        return self._side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _side(self, section: int) -> Qt.AlignmentFlag:
        right = self.headings[section].startswith(">")
        return (Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter


class PlainTable(TableView):
    """Ctrl+C copies the selected rows, tabs between their cells."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(name, inside=True, row=26)
        self.setAccessibleName(said)
        self.texts = Texts()
        self.setModel(self.texts)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.horizontalHeader().setStretchLastSection(False)

    def show_rows(self, headings: Sequence[str], rows: Sequence[Sequence[str]], *, widest: int = 260) -> None:
        """Columns are as wide as their longest text (of the first hundred), at most `widest` at text scale 1."""
        self.texts.beginResetModel()
        self.texts.headings, self.texts.rows = list(headings), [list(row) for row in rows]
        self.texts.endResetModel()
        metrics = self.fontMetrics()
        for i, heading in enumerate(headings):
            longest = max((metrics.horizontalAdvance(row[i]) for row in rows[:100]), default=0)
            wanted = max(longest, metrics.horizontalAdvance(heading) + 8) + 32
            self.setColumnWidth(i, min(max(wanted, theme.px(60)), theme.px(widest)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            lines = [self.texts.rows[index.row()] for index in self.selectionModel().selectedRows()]
            QApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))
        else:
            super().keyPressEvent(event)
