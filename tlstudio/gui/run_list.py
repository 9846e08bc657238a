"""All runs of this computer, newest first, as both the runs and the results page show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QObject, Signal

from tlstudio.errors import StudioError
from tlstudio.events import Event
from tlstudio.gui import metric
from tlstudio.gui.background import Background
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session

Row = dict[str, Any]


class RunList(QObject):
    """rows: the documents of `api.list_runs`, newest first. The live run's row follows its epochs without asking again.

    What the index knows is there at once; the librarian then looks at each folder, and what it finds comes while it looks. Both tell
    only what is new since the last time, so that ten thousand runs are sent once.
    """

    changed = Signal()
    """Rows came, went or became others; where it is one, `one` names its path while this is told."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.rows: list[Row] = []
        self.loading = Loading()
        self.one = ""
        self._job: JobHandle | None = None
        self._stale = False
        self._followed: tuple[object, ...] = ()
        self._known: dict[str, Any] = {}  # up to where the index was read
        self._peek: Background[list[tuple[dict[str, Any], list[Row]]]] | None = None
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
        if not self._known:
            self._look_up()
        args = {"known": self._known}
        self._job = self.session.librarian.submit("runs", args).connect_to(self._told, self._done, self._failed)
        self.changed.emit()

    def change(self, path: str, **values: Any) -> None:
        """Put into a row what was just written to its run, without reading it again."""
        row = self.find(path)
        if row is not None:
            row |= values
            self._tell(path)

    def _tell(self, path: str) -> None:
        self.one = path
        self.changed.emit()
        self.one = ""

    def _told(self, said: Iterable[Event]) -> None:
        """More rows are in the index."""
        self._look_up()

    def _look_up(self) -> None:
        known = dict(self._known)

        def fresh() -> list[tuple[dict[str, Any], list[Row]]]:
            from tlstudio.run_rows import index  # SQLite, which the window's first paint need not wait for

            return list(index.fresh(known))

        if self._peek is None:
            self._peek = Background(fresh, self._found)

    def _found(self, said: list[tuple[dict[str, Any], list[Row]]]) -> None:
        self._peek = None
        if self._job is None or not said:  # all of them came meanwhile
            return
        self._known = said[-1][0]
        self._take([row for _, rows in said for row in rows])
        self.changed.emit()

    def _take(self, new: list[Row], paths: list[str] | None = None) -> None:
        """Rows that are new or others; paths: of all runs, in order, where that is known."""
        rows = {row["path"]: row for row in self.rows} | {row["path"]: row for row in new}
        if paths is not None:
            self.rows = [rows[path] for path in paths if path in rows]
        elif new:
            self.rows = sorted(rows.values(), key=lambda row: -(row.get("started") or 0.0))

    def _done(self, said: list[Row] | dict[str, Any]) -> None:
        self._job = None
        if isinstance(said, dict):
            self._known = {"id": said["id"], "seq": said["seq"]}
            self._take(said["rows"], said["paths"])
        else:
            self.rows = said
        self.loading = Loading("ready", "runs")
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
        now = live.run, live.active, len(live.history.epochs)
        if self.loading.state != "ready" or not live.run or now == self._followed:
            return  # ten thousand rows are not looked through for each step
        if live.active and self.find(live.run) is None:
            if self._job is None:
                self.refresh()
            return
        self._followed = now
        if self._update_live():
            self._tell(live.run)

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
