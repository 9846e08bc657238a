"""What the ticked runs say of the same images: measured where that was not done yet, then read in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.events import Event, Progress
from tlstudio.gui.background import Background
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.loading import Loading
from tlstudio.gui.run_list import Row
from tlstudio.gui.session import Session
from tlstudio.runs import Run

if TYPE_CHECKING:
    from tlstudio.run_rows.judged import Judged

MOST, KEPT = 4, 8  # runs side by side; runs of which the answers are kept


class Comparison(QObject):
    """loading: how it stands, `what` names the run that is being measured. judged: of each of `rows`, once it is ready."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.loading = Loading()
        self.rows: list[Row] = []
        self.judged: list[Judged] = []
        self.failed_run: Row | None = None
        self._kept: dict[tuple[str, int], Judged] = {}
        self._job: JobHandle | None = None
        self._work: Background[Any] | None = None
        self._at: tuple[Row, bool] = ({}, False)  # the run that is being read, and whether it was measured just now

    def look(self, rows: Sequence[Row]) -> None:
        """Set these runs beside each other, the first MOST of them; nothing is done anew where they are the ones that are shown."""
        wanted = [row for row in rows if row["state"] == "finished"][:MOST]
        same = [(row["path"], _stamp(row)) for row in wanted] == [(row["path"], _stamp(row)) for row in self.rows]
        if same and self.loading.state in ("ready", "busy"):
            return
        self._drop()
        self.rows, self.judged, self.failed_run = wanted, [], None
        if len(wanted) < 2:
            self._show(Loading())
            return
        self._next()

    def again(self, images: str = "") -> None:
        """Try once more. images: where those of the run that failed are now."""
        failed = self.failed_run
        self.failed_run = None
        if failed is not None and images:
            self._measure(failed, images)
        else:
            self._next()

    def cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _next(self) -> None:
        """The first run of which nothing is known yet; all known: they are shown."""
        known = [self._kept.get((row["path"], _stamp(row))) for row in self.rows]
        missing = next((row for row, one in zip(self.rows, known, strict=True) if one is None), None)
        if missing is None:
            self.judged = [one for one in known if one is not None]
            self._check()
            return
        self._show(Loading("busy", str(missing["title"])))
        self._read(missing)

    def _check(self) -> None:
        from tlstudio.run_rows.judged import obstacle

        why = obstacle(self.judged, [f"“{row['title']}”" for row in self.rows])
        if why:
            error = InputError("These runs cannot be laid side by side", why, "Tick runs of the same classes")
            self._show(Loading("failed", "classes", error=error))
        else:
            self._show(Loading("ready", "runs"))

    def _read(self, row: Row, document: dict[str, Any] | None = None, *, other: bool = False) -> None:
        """Take what its evaluation left, if that is not older than the weights; else measure. document: of an evaluation just now;
        other: of images that the run was not trained with, or that lie elsewhere now."""
        made = document or {}
        file = str(made.get("predictions") or made.get("masks") or "") if other else ""
        ious = {one["name"]: one.get("iou") for one in made.get("per_class", ())}

        def read() -> Judged | None:
            from tlstudio.run_rows import judged

            run, task = Run(Path(row["path"])), str(row.get("task") or "")
            return judged.read(run, task, file=file, ious=ious) if made or judged.is_judged(run, task) else None

        self._at = row, bool(made)
        self._work = Background(read, self._come, self._not_read)

    def _come(self, said: Judged | None) -> None:
        self._work = None
        row, _ = self._at
        if said is None:
            self._measure(row)
            return
        while len(self._kept) >= KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[row["path"], _stamp(row)] = said
        self._next()

    def _not_read(self, error: StudioError) -> None:
        """What an earlier evaluation left is damaged: it is made anew; what has just been made is not to be had."""
        self._work = None
        row, measured = self._at
        if measured:
            self._fail(row, error)
        else:
            self._measure(row)

    def _measure(self, row: Row, images: str = "") -> None:
        args = {"run": row["path"], "split": "val"} | ({"data": images} if images else {})

        def done(document: dict[str, Any]) -> None:
            self._job = None
            self._read(row, document, other=bool(images))

        def told(said: list[Event]) -> None:
            progress = [event for event in said if isinstance(event, Progress)]
            if progress:
                self._show(Loading("busy", str(row["title"]), progress=progress[-1]))

        def failed(error: StudioError) -> None:
            self._job = None
            self._fail(row, error)

        self._show(Loading("busy", str(row["title"])))
        self._job = self._session.inspector.submit("evaluate", args).connect_to(told, done, failed)

    def _fail(self, row: Row, error: StudioError) -> None:
        self.failed_run = row
        self._show(Loading("empty" if isinstance(error, Cancelled) else "failed", str(row["title"]), error=error))

    def _drop(self) -> None:
        if self._job is not None:
            self._job.forget()
        if self._work is not None:
            self._work.forget()
        self._job = self._work = None

    def _show(self, loading: Loading) -> None:
        self.loading = loading
        self.changed.emit()


def _stamp(row: Row) -> int:
    """What of a run changes when it was trained on."""
    return hash((row.get("epoch"), row.get("seconds"), row.get("val_loss")))
