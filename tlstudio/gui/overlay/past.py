"""The masks that a run kept of some pictures after some epochs: which there are, and each when it is asked for."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from tlstudio.errors import StudioError
from tlstudio.gui.background import Background
from tlstudio.gui.overlay.collection import Collection, kept_epochs, kept_masks
from tlstudio.gui.overlay.picture import Labels
from tlstudio.gui.overlay.reading import read_labels

Files = dict[int, dict[int, str]]
"""By place in the collection and epoch: the file of the mask."""


class Past(QObject):
    """`found` comes once the run's folder was read; `brought` carries place, epoch and labels."""

    found = Signal()
    brought = Signal(int, int, object)
    """The labels are None for epoch -1: the mask of the collection itself; and where the file cannot be read."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._collection: Collection | None = None
        self._files: Files = {}
        self._kept: dict[tuple[int, int], Labels] = {}
        self._looking: Background[Files] | None = None
        self._reading: Background[tuple[int, int, Labels | None]] | None = None

    @property
    def places(self) -> frozenset[int]:
        """The pictures of which there are masks."""
        return frozenset(self._files)

    def epochs(self, place: int) -> list[int]:
        return sorted(self._files.get(place, {}))

    def show_collection(self, collection: Collection) -> None:
        """Look for what its run kept."""
        for job in (self._looking, self._reading):
            if job is not None:
                job.forget()
        self._collection, self._files, self._kept = collection, {}, {}
        self._looking = None
        self.refresh()

    def refresh(self) -> None:
        """Look again: the run may be training, and have kept more."""
        collection = self._collection
        if collection is not None and collection.run and self._looking is None:
            self._looking = Background(lambda: _files(collection), self._found)

    def want(self, place: int, epoch: int, size: tuple[int, int]) -> None:
        """Bring the mask of that picture after that epoch. size: of the picture, (width, height)."""
        if self._reading is not None:
            self._reading.forget()
        if epoch == -1:
            self.brought.emit(place, epoch, None)
            return
        kept, collection = self._kept.get((place, epoch)), self._collection
        assert collection is not None
        if kept is not None:
            self.brought.emit(place, epoch, kept)
            return
        path = self._files[place][epoch]

        def job() -> tuple[int, int, Labels | None]:
            try:
                return place, epoch, read_labels(path, collection.own_coding, size, "mask of an earlier epoch")
            except StudioError:
                return place, epoch, None

        self._reading = Background(job, self._read)

    def _found(self, files: Files) -> None:
        self._looking = None
        if files != self._files:
            self._files = files
            self.found.emit()

    def _read(self, said: tuple[int, int, Labels | None]) -> None:
        place, epoch, labels = said
        if labels is not None:
            self._kept = {key: one for key, one in self._kept.items() if key[0] == place} | {(place, epoch): labels}
        self.brought.emit(place, epoch, labels)


def _files(collection: Collection) -> Files:
    places = {str(Path(entry["path"])): i for i, entry in enumerate(collection.entries)}
    out: Files = {}
    for epoch, folder in kept_epochs(collection.run):
        for path, file in kept_masks(folder).items():
            place = places.get(str(Path(path)))
            if place is not None:
                out.setdefault(place, {})[epoch] = file
    return out
