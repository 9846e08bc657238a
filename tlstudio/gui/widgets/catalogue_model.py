"""The models that are shown, as an item model: what a row says, and where its weights are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from tlstudio.gui.wanted_models import Shelf, Wanted, score
from tlstudio.gui.words import megabytes, percent, short
from tlstudio.models.catalogue import Entry

Index = QModelIndex | QPersistentModelIndex
MARKS = {
    "bundled": ("check-circle-fill", "good"),
    "cached": ("check-circle-fill", "good"),
    "download": ("cloud-arrow-down", "muted"),
    "none": ("minus", "muted"),
}


class CatalogueModel(QAbstractListModel):
    """Rows of `entries`, those of all models that `wanted` asks for; none before the first `want`."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._states: dict[str, str] = {}
        self.shelf = Shelf(entries, self.where)
        self.wanted = Wanted()
        self.entries: list[Entry] = []
        self._row_of: dict[str, int] = {}

    def offer(self, entries: Sequence[Entry]) -> None:
        """Take other models; what is wanted of them stays."""
        self.shelf = Shelf(entries, self.where)
        self.want(self.wanted)

    def want(self, wanted: Wanted) -> None:
        """Show the models that fit."""
        self.beginResetModel()
        self.wanted = wanted
        self.entries = self.shelf.find(wanted)
        self._row_of = {entry.name: i for i, entry in enumerate(self.entries)}
        self.endResetModel()

    def change(self, **wishes: Any) -> None:
        """Another text, sort, ...: see `Wanted`."""
        self.want(replace(self.wanted, **wishes))

    def place(self, name: str) -> int:
        """The row of a model, -1 where it is not shown."""
        return self._row_of.get(name, -1)

    def where(self, entry: Entry) -> str:
        """bundled, cached, download or none; asked of the disk once, until `look_again`."""
        if entry.name not in self._states:
            self._states[entry.name] = entry.weights_state()
        return self._states[entry.name]

    def look_again(self) -> None:
        """Weights came or went: ask the disk."""
        self._states = {}
        if self.entries:
            self.dataChanged.emit(self.index(0), self.index(len(self.entries) - 1))

    def where_word(self, entry: Entry) -> str:
        """As a screen reader says it."""
        return {
            "bundled": self.tr("built in"),
            "cached": self.tr("on disk"),
            "download": self.tr("to download, %1").replace("%1", megabytes(entry.weights_bytes)),
            "none": self.tr("no weights published"),
        }[self.where(entry)]

    def facts(self, entry: Entry) -> tuple[str, str, str]:
        """The three columns: parameters, multiply-adds, how good it was; of an encoder no masks were ever judged."""
        good = self.tr("encoder") if _encodes(entry) else percent(score(entry, self.wanted.tasks))
        return short(entry.params), short(entry.mult_adds or None), good

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.UserRole:
            return entry.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return self._tip(entry)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.title}, {self.where_word(entry)}"
        return None

    def _masks(self, entry: Entry) -> str:
        if _encodes(entry):
            return self.tr("As an encoder: a new head makes masks of what it sees. Only the encoder is pretrained")
        return self.tr("Makes masks: it can be looked at here, and is trained on images with masks")

    def _tip(self, entry: Entry) -> str:
        accuracy = self.tr("%1 of ImageNet's validation pictures right (%2)")
        overlap = self.tr("%1 mean overlap (IoU) of its masks (%2)")
        where = {
            "bundled": self.tr("Weights are installed with the program"),
            "cached": self.tr("Weights are on this computer"),
            "download": self.tr("Weights have to be downloaded: %1").replace("%1", megabytes(entry.weights_bytes)),
            "none": self.tr("No pretrained weights are published"),
        }[self.where(entry)]
        made = self.tr("%1 parameters, made for %2 × %2 pixels")
        if _encodes(entry):
            made = self.tr("%1 parameters; %2 × %2 pixels are proposed")
        lines = [
            entry.title if entry.title == entry.name else f"{entry.title} ({entry.name})",
            made.replace("%1", f"{entry.params:,}").replace("%2", str(entry.input_size)),
            accuracy.replace("%1", percent(entry.accuracy)).replace("%2", entry.accuracy_source) if entry.accuracy else "",
            overlap.replace("%1", percent(entry.miou)).replace("%2", entry.miou_source) if entry.miou else "",
            self._masks(entry) if entry.task == "segmentation" else "",
            where,
            self.tr("Licence: %1").replace("%1", entry.licence),
        ]
        return "\n".join(line for line in lines if line)


def _encodes(entry: Entry) -> bool:
    return entry.task == "segmentation" and entry.role == "encoder"
