"""A long job that one can go on looking beside: masks being predicted or written. How far it is, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Event, Progress
from tlstudio.gui.jobs import EngineWorker, JobHandle
from tlstudio.gui.loading import Loading


class Task(QObject):
    """`loading` is empty, busy, failed, cancelled or ready."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.loading = Loading()
        self.first = ""
        """What is done before there is any progress."""
        self.stopping = False
        self.resumes = True
        """Whether what is finished is not done again, after a cancel or a failure."""
        self.folder = ""
        """Where what was made lies, for who wants to see it; "" where it is shown anyway."""
        self._job: JobHandle | None = None
        self._asked: tuple[EngineWorker, str, dict[str, Any], str, Callable[[Any], Any]] | None = None

    def begin(
        self,
        worker: EngineWorker,
        job: str,
        args: dict[str, Any],
        words: str,
        done: Callable[[Any], Any],
        first: str = "",
        *,
        resumes: bool = True,
    ) -> None:
        """words: what is being done; first: what comes before it. done: is given the job's answer. One that still runs is cancelled."""
        self.resumes, self.folder = resumes, ""
        if self._job is not None:
            self._job.forget()
        self._asked, self.first = (worker, job, args, words, done), first
        self._show(Loading("busy", words))
        self._job = worker.submit(job, args).connect_to(self._events, self._done, self._failed)

    def again(self) -> None:
        """Go on after a cancel or a failure; what is finished is not done again."""
        if self._asked is not None:
            self.begin(*self._asked, self.first, resumes=self.resumes)

    def tell(self, words: str, folder: str) -> None:
        """What came of it, and where it lies."""
        self.folder = folder
        self._show(Loading("ready", words))

    def cancel(self) -> None:
        """At once where nothing has begun (a model may take a while to load), else after the piece that is being done."""
        if self._job is None:
            return
        if self.loading.progress is None:
            self._job.forget()
            self._job = None
            self._show(replace(self.loading, state="cancelled"))
        else:
            self._job.cancel()
            self.stopping = True
            self.changed.emit()

    def close(self) -> None:
        """Say nothing any more; what runs is cancelled."""
        if self._job is not None:
            self._job.forget()
            self._job = None
        self.folder = ""
        self._show(Loading())

    def _events(self, said: list[Event]) -> None:
        progress = [event for event in said if isinstance(event, Progress)]
        if progress:
            self._show(replace(self.loading, progress=progress[-1]))

    def _done(self, answer: Any) -> None:
        self._job = None
        assert self._asked is not None
        self._show(Loading("ready", self._asked[3]))
        self._asked[4](answer)

    def _failed(self, error: StudioError) -> None:
        self._job = None
        state = "cancelled" if isinstance(error, Cancelled) else "failed"
        self._show(replace(self.loading, state=state, error=error))

    def _show(self, loading: Loading) -> None:
        self.loading, self.stopping = loading, self.stopping and loading.state == "busy"
        self.changed.emit()
