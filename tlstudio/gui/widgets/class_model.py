"""The classes of the open data as a list model: one line a class, drawn by the strip of thumbnails and by the balance chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from tlstudio.gui.image_index import EVERY
from tlstudio.gui.words import count, fine_percent

CLASS = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class ClassLine:
    """index: place among the data's classes, which decides the colour. count: images, or pixels of masks; said: that in words."""

    index: int
    name: str
    count: int
    said: str = ""
    tip: str = ""


class ClassModel(QAbstractListModel):
    """In the order of the data's classes, or the largest first."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[ClassLine] = []

    def show_classes(self, classes: list[dict[str, Any]], *, largest_first: bool = False) -> None:
        """classes: [{name, count}] of the `data` document; of masks with {pixels, share} too, which then count."""
        self._show([self._line(i, entry) for i, entry in enumerate(classes)], largest_first)

    def show_all(self, name: str, count_: int) -> None:
        """One line for the images of all classes."""
        self._show([ClassLine(EVERY, name, count_, f"{count_:,}", name)], False)

    def _line(self, index: int, entry: dict[str, Any]) -> ClassLine:
        name, images = str(entry["name"]), int(entry["count"])
        there = count(images, self.tr("image"), self.tr("images"))
        if "pixels" not in entry:
            return ClassLine(index, name, images, f"{images:,}", f"{name}: {there}")
        share = fine_percent(entry["share"])
        tip = self.tr("%1: %2 of the pixels that count, in %3").replace("%1", name).replace("%2", share).replace("%3", there)
        return ClassLine(index, name, int(entry["pixels"]), share, tip)

    def _show(self, lines: list[ClassLine], largest_first: bool) -> None:
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
            return line.tip
        return None
