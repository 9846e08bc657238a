"""The run that is being trained now, or was last: its state in one word and its history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QObject, Signal

from tlstudio import events
from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Event
from tlstudio.gui.history import RunHistory
from tlstudio.gui.jobs import JobHandle
from tlstudio.recipe import Recipe


class LiveRun(QObject):
    """state: idle, starting, running, paused, stopping, done, stopped, failed."""

    changed = Signal()
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = "idle"
        self.recipe: Recipe | None = None
        self.run = ""
        self.history = RunHistory()
        self.summary: dict[str, Any] = {}
        self.error: StudioError | None = None
        self._handle: JobHandle | None = None

    @property
    def active(self) -> bool:
        return self.state in ("starting", "running", "paused", "stopping")

    def start(self, recipe: Recipe, handle: JobHandle, past: Iterable[Event] = (), run: str = "") -> None:
        """past, run: what an interrupted run had said, and its folder, where that one goes on."""
        self.recipe, self._handle, self.run = recipe, handle, run
        self.history, self.summary, self.error = RunHistory(past), {}, None
        self.history.progress = None  # that was how far the interrupted run had come
        self._become("starting")
        handle.connect_to(self._events, self._done, self._failed)

    def stop(self) -> None:
        """End in good order; the best so far is kept."""
        if self.active and self._handle:
            self._handle.stop()
            self._become("stopping")

    def pause(self) -> None:
        if self.state == "running" and self._handle:
            self._handle.pause()
            self._become("paused")

    def go_on(self) -> None:
        if self.state == "paused" and self._handle:
            self._handle.go_on()
            self._become("running")

    def _events(self, said: list[Event]) -> None:
        for event in said:
            self.history.add(event)
            if isinstance(event, events.RunStarted):
                self.run = event.run
                if self.state == "starting":
                    self.state = "running"
        self.changed.emit()

    def _done(self, summary: dict[str, Any]) -> None:
        self.summary = summary
        self.run = summary.get("run", self.run)
        stopped = self.history.ended is not None and self.history.ended.reason == "stopped"
        self._finish("stopped" if stopped else "done")

    def _failed(self, error: StudioError) -> None:
        self.error = error
        self._finish("stopped" if isinstance(error, Cancelled) else "failed")

    def _finish(self, state: str) -> None:
        self._handle = None
        self._become(state)
        self.ended.emit()

    def _become(self, state: str) -> None:
        self.state = state
        self.changed.emit()
