"""The classes at the picture as a list model: how each is shown, how much of the picture it has, how well it was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from tlstudio.gui.overlay.picture import ClassLook, Look
from tlstudio.gui.overlay.words import score, share

LINE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class ClassLine:
    """share, iou: None where not known. seen: whether the class is drawn now."""

    label: int
    look: ClassLook
    share: float | None
    iou: float | None
    seen: bool
    solo: bool


class ClassLines(QAbstractListModel):
    """The classes in the order of the data, or those whose name holds a text."""

    def __init__(self) -> None:
        super().__init__()
        self._look = Look()
        self._shares: Sequence[float] = ()
        self._ious: Sequence[float | None] = ()
        self._filter = ""
        self.labels: list[int] = []

    def show_look(self, look: Look) -> None:
        new = len(look.classes) != len(self._look.classes) or any(
            a.name != b.name for a, b in zip(look.classes, self._look.classes, strict=True)
        )
        same = look.classes == self._look.classes and look.solo == self._look.solo
        self._look = look
        if new:
            self._shares = self._ious = ()
            self._sift()
        elif not same:
            self._touch()

    def show_figures(self, shares: Sequence[float], ious: Sequence[float | None]) -> None:
        """One figure a class each, or none at all."""
        if (list(shares), list(ious)) != (list(self._shares), list(self._ious)):
            self._shares, self._ious = shares, ious
            self._touch()

    def filter_by(self, text: str) -> None:
        self._filter = text.strip().lower()
        self._sift()

    @property
    def names(self) -> list[str]:
        """Of all classes, in the order of the data, also of those that are filtered away."""
        return [one.name for one in self._look.classes]

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self.labels)

    def line(self, row: int) -> ClassLine:
        label = self.labels[row]
        shares, ious, look = self._shares, self._ious, self._look
        return ClassLine(
            label,
            look.classes[label],
            shares[label] if label < len(shares) else None,
            ious[label] if label < len(ious) else None,
            look.shows(label),
            look.solo == label,
        )

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line = self.line(index.row())
        if role == LINE:
            return line
        if role == Qt.ItemDataRole.DisplayRole:
            return line.look.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            seen = self.tr("alone") if line.solo else self.tr("seen") if line.seen else self.tr("hidden")
            figures = self.tr("share %1, IoU %2").replace("%1", share(line.share or 0)).replace("%2", score(line.iou))
            return f"{line.look.name}, {figures}, {seen}"
        return None

    def _touch(self) -> None:
        if self.labels:
            self.dataChanged.emit(self.index(0), self.index(len(self.labels) - 1))

    def _sift(self) -> None:
        self.beginResetModel()
        self.labels = [i for i, one in enumerate(self._look.classes) if self._filter in one.name.lower()]
        self.endResetModel()
