"""Pictures and masks brought in threads: the wanted one first, its neighbours after it, what nobody waits for any more dropped."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from tlstudio.errors import StudioError
from tlstudio.gui.background import Background
from tlstudio.gui.overlay.collection import Collection
from tlstudio.gui.overlay.picture import Picture
from tlstudio.gui.overlay.reading import Counts, read
from tlstudio.gui.overlay.reel import Errand

CACHE_BYTES = 400_000_000


class Loader(QObject):
    """Give it a collection, then `want`. Signals carry the entry's place in the collection."""

    loaded = Signal(int, object)
    """The Picture at that place, which is the one wanted now; whoever shows it asks to have it counted."""
    failed = Signal(int, object)
    counted = Signal(int, object)
    """The Counts of the picture wanted now."""

    def __init__(self, parent: QObject | None = None, *, cache_bytes: int = CACHE_BYTES) -> None:
        super().__init__(parent)
        self._limit = cache_bytes
        self._collection: Collection | None = None
        self._kept: OrderedDict[int, Picture] = OrderedDict()
        self._counts: dict[int, Counts] = {}
        self._jobs: dict[int, Background[tuple[int, Picture | StudioError]] | Errand] = {}
        self._counting: Background[tuple[int, Picture, Counts]] | None = None
        self._neighbours: list[int] = []
        self.wanted = -1

    @property
    def busy(self) -> bool:
        """Whether the wanted picture is still on its way."""
        return self.wanted in self._jobs

    def show_collection(self, collection: Collection | None) -> None:
        """Read from another collection; everything before is dropped."""
        self.rest()
        self._kept.clear()
        self._counts.clear()
        if self._counting is not None:
            self._counting.forget()
        self._collection, self.wanted, self._neighbours = collection, -1, []

    def want(self, place: int, neighbours: Sequence[int] = ()) -> None:
        """Bring that picture, then those that may be wanted next; any other that is on its way is not wanted any more."""
        self.wanted, self._neighbours = place, [i for i in neighbours if i != place]
        for other in [i for i in self._jobs if i != place and i not in self._neighbours]:
            self._jobs.pop(other).forget()
        kept = self._kept.get(place)
        if kept is None:
            self._start(place)
            return
        self._kept.move_to_end(place)
        self._tell(place, kept)
        if kept.pending and self._collection is not None and self._collection.reel is not None and self._collection.reel.predicts:
            self._start(place)  # what the model says of it follows

    def keep(self, place: int, picture: Picture) -> None:
        """A picture that came by another way is shown: that of this place."""
        self.wanted, self._neighbours = place, []
        self._keep(place, picture)

    def rest(self) -> None:
        """Nothing is wanted for now."""
        for job in self._jobs.values():
            job.forget()
        self._jobs.clear()

    def again(self, place: int) -> None:
        """The files of that picture changed: read them when it is wanted next."""
        self._kept.pop(place, None)
        self._counts.pop(place, None)

    def count(self, place: int, picture: Picture) -> None:
        """Count the pixels of what is shown of the picture at that place; `counted` tells, at once where that is known."""
        assert self._collection is not None
        classes = len(self._collection.names)
        if self._counting is not None:
            self._counting.forget()
        if place in self._counts and self._kept.get(place) is picture:
            self.counted.emit(place, self._counts[place])
        elif classes and (picture.prediction is not None or picture.truth is not None):
            self._counting = Background(lambda: (place, picture, Counts.of(picture, classes)), self._counted)

    def _start(self, place: int) -> None:
        collection = self._collection
        if place in self._jobs or collection is None:
            return
        if collection.reel is not None:
            self._jobs[place] = collection.reel.bring(place, lambda said: self._ended((place, said[1])))
            return

        def job() -> tuple[int, Picture | StudioError]:
            try:
                return place, read(collection.entries[place], collection)
            except StudioError as error:
                return place, error

        self._jobs[place] = Background(job, self._ended)

    def _ended(self, said: tuple[int, Picture | StudioError]) -> None:
        place, picture = said
        self._jobs.pop(place, None)
        if isinstance(picture, StudioError):
            if place == self.wanted:
                self.failed.emit(place, picture)
            return
        self._keep(place, picture)
        if place == self.wanted:
            self._tell(place, picture)

    def _keep(self, place: int, picture: Picture) -> None:
        self._kept[place] = picture
        used = sum(_bytes(one) for one in self._kept.values())
        while used > self._limit and len(self._kept) > 1:
            used -= _bytes(self._kept.pop(next(i for i in self._kept if i != self.wanted)))

    def _tell(self, place: int, picture: Picture) -> None:
        self.loaded.emit(place, picture)
        for neighbour in self._neighbours:
            if neighbour not in self._kept:
                self._start(neighbour)

    def _counted(self, said: tuple[int, Picture, Counts]) -> None:
        place, picture, counts = said
        if self._kept.get(place) is picture:  # not a mask of an earlier epoch, nor one that is painted on
            self._counts[place] = counts
        if place == self.wanted:
            self.counted.emit(place, counts)


def _bytes(picture: Picture) -> int:
    layers: Sequence[NDArray[Any] | None] = (picture.prediction, picture.truth, picture.confidence, picture.entropy)
    return picture.image.sizeInBytes() + sum(layer.nbytes for layer in layers if layer is not None)
