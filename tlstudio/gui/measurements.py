"""What a run makes of one of its splits: asked of the inspector, the last few kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Event, Progress
from tlstudio.gui.background import Background
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.loading import Loading
from tlstudio.gui.metric import MASKS
from tlstudio.gui.session import Session
from tlstudio.runs import Run

if TYPE_CHECKING:
    from tlstudio.gui.mask_results import MaskResults
    from tlstudio.gui.predictions import Predictions

KEPT = 4  # a thousand classes of 50,000 images are 200 MB


@dataclass(frozen=True)
class Measurement:
    """document: the `evaluate` document. predictions: what was said of each image; masks: those that were made of each."""

    document: dict[str, Any]
    predictions: Predictions | None = None
    masks: MaskResults | None = None


class Measurements(QObject):
    """One measurement at a time is looked at: `loading` says how it stands, `measurement` holds it once it is ready."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.loading = Loading()
        self.measurement: Measurement | None = None
        self.run, self.split = "", "val"
        self._kept: dict[tuple[str, str, int], Measurement] = {}
        self._key = ("", "", 0)
        self._job: JobHandle | None = None
        self._reading: Background[Measurement] | None = None

    def look(self, run: str, split: str, *, data: str = "") -> None:
        """Measure a run (a folder) on "val", "test" or "train"; at once where that is known. data: where its images are now."""
        self._drop()
        self.run, self.split = run, split
        self._key = (run, split, _stamp(run))
        kept = self._kept.get(self._key)
        if kept is not None:
            self._show(Loading("ready", run, kept.document), kept)
            return
        self._show(Loading("busy", run), None)
        args = {"run": run, "split": split} | ({"data": data} if data else {})
        self._job = self.session.inspector.submit("evaluate", args).connect_to(self._events, self._done, self._failed)

    def clear(self) -> None:
        """Look at nothing."""
        self._drop()
        self.run = ""
        self._show(Loading(), None)

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _drop(self) -> None:
        if self._job is not None:
            self._job.forget()
        if self._reading is not None:
            self._reading.forget()
        self._job = self._reading = None

    def _events(self, said: list[Event]) -> None:
        progress = [event for event in said if isinstance(event, Progress)]
        if progress:
            self._show(Loading("busy", self.run, progress=progress[-1]), None)

    def _done(self, document: dict[str, Any]) -> None:
        from tlstudio.gui import mask_results, predictions  # numpy: not before it is needed

        self._job = None
        if document.get("task") == MASKS:
            folder = Path(document["masks"])
            self._reading = Background(lambda: Measurement(document, masks=mask_results.read(folder)), self._read, self._failed)
            return
        file, classes = Path(document["predictions"]), list(document["classes"])
        self._reading = Background(lambda: Measurement(document, predictions.read(file, classes)), self._read, self._failed)

    def _read(self, measurement: Measurement) -> None:
        self._reading = None
        document = measurement.document
        while len(self._kept) >= KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[self._key] = measurement
        self._show(Loading("ready", self.run, document), measurement)

    def _failed(self, error: StudioError) -> None:
        self._job = self._reading = None
        self._show(Loading("empty" if isinstance(error, Cancelled) else "failed", self.run, error=error), None)

    def _show(self, loading: Loading, measurement: Measurement | None) -> None:
        self.loading, self.measurement = loading, measurement
        self.changed.emit()


def _stamp(run: str) -> int:
    """When the run's weights were written: those of a run that was resumed are others."""
    try:
        return Run(Path(run)).best.stat().st_mtime_ns
    except OSError:
        return 0
