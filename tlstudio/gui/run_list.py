"""All runs of this computer, newest first, as both the runs and the results page show them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from tlstudio.errors import StudioError
from tlstudio.gui import metric
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session

Row = dict[str, Any]


class RunList(QObject):
    """rows: the documents of `api.runs`. The live run's row follows its epochs without asking again."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.rows: list[Row] = []
        self.loading = Loading()
        self._job: JobHandle | None = None
        self._stale = False
        session.runs_changed.connect(self.refresh)
        session.run_changed.connect(self._follow)

    @classmethod
    def of(cls, session: Session) -> RunList:
        """The one list of a session."""
        return session.findChild(cls) or cls(session)

    @property
    def finished(self) -> list[Row]:
        return [row for row in self.rows if row["state"] == "finished"]

    @property
    def pending(self) -> bool:
        """Whether the list is being read, so that what it lacks may be about to come."""
        return self._job is not None

    def find(self, path: str) -> Row | None:
        return next((row for row in self.rows if row["path"] == path), None)

    def ask(self) -> None:
        """Read the list if that has not been done."""
        if self.loading.state == "empty":
            self.refresh()

    def refresh(self) -> None:
        """Read the list (again); one reading at a time, and one more if something changed meanwhile."""
        if self._job is not None:
            self._stale = True
            return
        self._stale = False
        self.loading = Loading("busy" if self.loading.state != "ready" else "ready", "runs")
        self._job = self.session.librarian.submit("runs", {}).connect_to(None, self._done, self._failed)
        self.changed.emit()

    def _done(self, rows: list[Row]) -> None:
        self._job = None
        self.rows, self.loading = rows, Loading("ready", "runs")
        self._update_live()
        self.changed.emit()
        if self._stale:
            self.refresh()

    def _failed(self, error: StudioError) -> None:
        self._job = None
        self.loading = Loading("failed", "runs", error=error)
        self.changed.emit()

    def _follow(self) -> None:
        live = self.session.live
        if self.loading.state != "ready" or not live.run:
            return
        if live.active and self.find(live.run) is None:
            if self._job is None:
                self.refresh()
        elif self._update_live():
            self.changed.emit()

    def _update_live(self) -> bool:
        """Whether the live run's row was brought up to date."""
        live = self.session.live
        row = self.find(live.run) if live.run and live.active else None
        if row is None or (row["state"] == "live" and row.get("epoch") == len(live.history.epochs)):
            return False
        row["state"], row["epoch"] = "live", len(live.history.epochs)
        if live.history.started is not None:
            row["epochs_planned"] = live.history.started.epochs
        curve = row["curve"] or []
        if len(curve) > len(live.history.epochs):  # resumed from before
            curve = []
        row["curve"] = curve + [metric.of_epoch(epoch) for epoch in live.history.epochs[len(curve) :]]
        best = live.history.best
        if best is not None:
            row["val_loss"], row["val_n"], row["best_epoch"] = best.val_loss, best.n, best.epoch
            if best.val_mean_iou is None:
                row["val_accuracy"] = best.val_accuracy
            else:
                row["val_mean_iou"], row["val_pixel_accuracy"] = best.val_mean_iou, best.val_accuracy
        return True
