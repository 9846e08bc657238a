"""Which classes the masks of each picture show, where the document does not say: the masks are read in a thread, once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from tlstudio.data import masks
from tlstudio.errors import StudioError
from tlstudio.gui.background import Background
from tlstudio.gui.overlay.collection import Collection

_AT_ONCE = 32  # pictures after which the film strip hears of them

Found = dict[int, frozenset[int]]


class Presence(QObject):
    """`shows` knows of a picture what the document tells, then what its masks tell, once `find` has read them."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._collection: Collection | None = None
        self._found: Found = {}
        self._job: Background[Found] | None = None

    def show_collection(self, collection: Collection) -> None:
        if self._job is not None:
            self._job.forget()
        self._collection, self._found, self._job = collection, {}, None

    def shows(self, place: int, label: int) -> bool:
        """Whether that picture is known to show the class."""
        assert self._collection is not None
        if place in self._found:
            return label in self._found[place]
        return bool(self._collection.shows(place, label))

    @property
    def busy(self) -> bool:
        return self._job is not None

    def find(self, label: int) -> None:
        """Read the masks of the pictures of which nobody knows whether they show the class; `changed` tells as they come."""
        collection = self._collection
        if collection is None or self._job is not None:
            return
        unknown = [i for i in range(len(collection.entries)) if i not in self._found and collection.shows(i, label) is None]
        if unknown:
            part, self._label = unknown[:_AT_ONCE], label
            self._job = Background(lambda: {i: _labels(collection, i) for i in part}, self._read)

    def _read(self, found: Found) -> None:
        self._job = None
        self._found |= found
        self.changed.emit()
        self.find(self._label)


def _labels(collection: Collection, place: int) -> frozenset[int]:
    """The classes in the masks of a picture; none in one that cannot be read."""
    entry, seen = collection.entries[place], set[int]()
    for key, coding in (("prediction", collection.own_coding), ("truth", collection.coding)):
        if entry.get(key) and coding is not None:
            try:
                seen.update(np.unique(masks.read(Path(entry[key]), coding)).tolist())
            except StudioError:
                continue
    return frozenset(seen - {masks.IGNORE})
