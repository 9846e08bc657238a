"""The study that is worked on: several runs, one after the other, each of which the window shows like any other run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QObject, Signal

from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Event, Progress, StudyStep
from tlstudio.gui.background import Background
from tlstudio.gui.history import RunHistory
from tlstudio.gui.jobs import JobHandle
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

if TYPE_CHECKING:
    from tlstudio.gui.session import Session

PHASE = "study"  # of the Progress that speaks of all runs together


class PartHandle:
    """One run of a study, as a LiveRun steers it: pausing it pauses the study, stopping it stops the study."""

    def __init__(self, study: JobHandle, stop: Callable[[], None], *, paused: bool = False) -> None:
        self._study, self._stop = study, stop
        self.paused = paused
        """A pause that was asked for as a run ended holds the next one."""
        self.events: Callable[[list[Event]], Any] = lambda said: None
        self.done: Callable[[Any], Any] = lambda document: None
        self.failed: Callable[[StudioError], Any] = lambda error: None

    def connect_to(self, events: Callable[[list[Event]], Any], done: Callable[[Any], Any], failed: Callable[[StudioError], Any]) -> None:
        self.events, self.done, self.failed = events, done, failed

    def stop(self) -> None:
        self._stop()

    def cancel(self) -> None:
        self._study.cancel()

    def pause(self) -> None:
        self.paused = True
        self._study.pause()

    def go_on(self) -> None:
        self.paused = False
        self._study.go_on()

    def scale_rates(self, factor: float) -> None:
        """Not here: runs whose rates are changed by hand cannot be compared."""


class Studying(QObject):
    """state: idle, running, stopping, done, failed. step: the run it is at; progress: of all together; document: the last `study`."""

    changed = Signal()
    ended = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.state, self.title = "idle", ""
        self.step: StudyStep | None = None
        self.progress: Progress | None = None
        self.document: dict[str, Any] = {}
        self.error: StudioError | None = None
        self._handle: JobHandle | None = None
        self._part: PartHandle | None = None
        self._paused = False
        self._past: Background[tuple[Recipe, RunHistory]] | None = None
        """What a run had said before, being read: of a long one that is gone on with it takes seconds. What comes meanwhile waits."""
        self._later: list[Event] = []
        self._end: Callable[[], None] | None = None

    @property
    def active(self) -> bool:
        return self.state in ("running", "stopping")

    @property
    def name(self) -> str:
        """Of the study that is worked on, or was last."""
        return self.step.study if self.step is not None else str(self.document.get("study", ""))

    def start(self, job: str, args: dict[str, Any], title: str) -> bool:
        """Work on a study in the trainer: a job that ends with a `study` document. False where something trains already."""
        if self._session.training:
            return False
        self._session.give_way()
        self.state, self.title, self.step, self.progress, self.error = "running", title, None, None, None
        self.document, self._paused = {}, False  # of the study before
        self._handle = self._session.trainer.submit(job, args).connect_to(self._events, self._done, self._failed)
        self.changed.emit()
        self._session.run_changed.emit()  # nothing else can be started now
        return True

    def stop(self) -> None:
        """End in good order: finished runs stay, the present one can be gone on with."""
        if self.state == "running" and self._handle is not None:
            self.state = "stopping"
            self._handle.stop()
            if self._part is not None:
                self._session.trained.stop()  # it says so too; where that began it, this is nothing new
            self.changed.emit()

    def _events(self, said: list[Event]) -> None:
        of_run: list[Event] = []
        for event in said:
            if isinstance(event, Progress) and event.phase == PHASE:
                self.progress = event
            elif self._past is not None:
                self._later.append(event)
            elif isinstance(event, StudyStep):
                self._hand_on(of_run)
                of_run = []
                self._step(event)
            else:
                of_run.append(event)
        self._hand_on(of_run)
        self.changed.emit()

    def _hand_on(self, said: list[Event]) -> None:
        if said and self._part is not None:
            self._part.events(said)
            if self._part.paused:
                self._session.trained.pause()

    def _step(self, step: StudyStep) -> None:
        self.step = step
        if step.state == "running":
            self._begin(step)
        elif self._part is not None:
            part, self._part = self._part, None
            self._paused = part.paused
            if step.state == "failed":
                part.failed(StudioError(step.why or self.tr("The run failed"), "", self.tr("The study goes on with the next run")))
            else:
                part.done({**(Run(Path(step.run)).summary() or {}), "run": step.run})

    def _begin(self, step: StudyStep) -> None:
        run = Run(Path(step.run))

        def read() -> tuple[Recipe, RunHistory]:
            # What it says from now on comes by itself, and may stand in the file already.
            return run.recipe(), RunHistory(event for event in run.history() if event.at <= step.at)

        self._past = Background(read, self._begun, self._go_on)

    def _begun(self, found: tuple[Recipe, RunHistory]) -> None:
        assert self._handle is not None
        assert self.step is not None
        self._part = PartHandle(self._handle, self.stop, paused=self._paused)
        self._session.trained.start(found[0], cast(JobHandle, self._part), found[1], self.step.run)
        if self.state == "stopping":
            self._session.trained.stop()
        self._session.runs_changed.emit()
        self._go_on()

    def _go_on(self, error: StudioError | None = None) -> None:
        """Take up what waited while the past of a run was read. error: its folder went away meanwhile, which the study will say."""
        later, self._past, self._later = self._later, None, []
        self._events(later)
        end = self._end
        if self._past is None and end is not None:
            self._end = None
            end()

    def _done(self, document: dict[str, Any]) -> None:
        if self._past is not None:  # the answer comes after what led to it
            self._end = lambda: self._done(document)
            return
        self.document = document
        self._over("done", Cancelled("The study was stopped"))

    def _failed(self, error: StudioError) -> None:
        if self._past is not None:
            self._end = lambda: self._failed(error)
            return
        self.error = None if isinstance(error, Cancelled) else error
        self._over("idle" if isinstance(error, Cancelled) else "failed", error)

    def _over(self, state: str, error: StudioError) -> None:
        part, self._part, self._handle = self._part, None, None
        if part is not None:  # it was stopped within a run
            part.failed(error)
        self.state = state
        self.changed.emit()
        self.ended.emit()
        self._session.run_changed.emit()
        self._session.runs_changed.emit()
