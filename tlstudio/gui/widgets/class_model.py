"""The classes of the open data as a list model: one line a class, drawn by the strip of thumbnails and by the balance chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from tlstudio.gui.words import count

CLASS = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class ClassLine:
    """index: place among the data's classes, which decides the colour."""

    index: int
    name: str
    count: int


class ClassModel(QAbstractListModel):
    """In the order of the data's classes, or the largest first."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[ClassLine] = []

    def show_classes(self, classes: list[dict[str, Any]], *, largest_first: bool = False) -> None:
        """classes: [{name, count}] of the `data` document."""
        lines = [ClassLine(i, str(entry["name"]), int(entry["count"])) for i, entry in enumerate(classes)]
        if largest_first:
            lines.sort(key=lambda line: -line.count)
        if lines != self.lines:
            self.beginResetModel()
            self.lines = lines
            self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return line.name
        if role == CLASS:
            return line
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{line.name}: {count(line.count, self.tr('image'), self.tr('images'))}"
        return None
