"""The run that is being trained now, or was last: its state in one word and its history."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from tlstudio import events
from tlstudio.control import MOST
from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Event
from tlstudio.gui.history import RunHistory
from tlstudio.gui.jobs import JobHandle
from tlstudio.recipe import Recipe

LEAST = 1e-6  # times the recipe's rates


class LiveRun(QObject):
    """state: idle, starting, running, paused, stopping, done, stopped, failed."""

    changed = Signal()
    ended = Signal()
    discarded = Signal(str)
    """A run was cancelled and is not wanted: its folder."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = "idle"
        self.recipe: Recipe | None = None
        self.run = ""
        self.history = RunHistory()
        self.summary: dict[str, Any] = {}
        self.error: StudioError | None = None
        self._handle: JobHandle | None = None
        self.discarding = False
        self.factor = 1.0
        """What the recipe's rates are multiplied with, as it was asked for last."""

    @property
    def active(self) -> bool:
        return self.state in ("starting", "running", "paused", "stopping")

    def start(self, recipe: Recipe, handle: JobHandle, past: RunHistory | None = None, run: str = "") -> None:
        """past, run: what an interrupted run had said, and its folder, where that one goes on."""
        self.recipe, self._handle, self.run = recipe, handle, run
        self.history, self.summary, self.error = past if past is not None else RunHistory(), {}, None
        self.factor = self.history.factor
        self.discarding = False
        self.history.progress = None  # that was how far the interrupted run had come
        self._become("starting")
        handle.connect_to(self._events, self._done, self._failed)

    def stop(self) -> None:
        """End in good order; the best so far is kept."""
        if self.active and self._handle:
            self._handle.stop()
            self._become("stopping")

    def discard(self) -> None:
        """End at once; nothing of it is wanted. Its folder is told by `discarded`."""
        if self.active and self._handle:
            self.discarding = True
            self._handle.cancel()
            self._become("stopping")

    def scale_rates(self, times: float) -> None:
        """Multiply the present rates, from the next step on."""
        if self.state in ("running", "paused") and self._handle:
            self.factor = min(max(self.factor * times, LEAST), MOST)
            self._handle.scale_rates(self.factor)
            self.changed.emit()

    def pause(self) -> None:
        if self.state == "running" and self._handle:
            self._handle.pause()
            self._become("paused")

    def go_on(self) -> None:
        if self.state == "paused" and self._handle:
            self._handle.go_on()
            self._become("running")

    def toggle(self) -> None:
        """Pause, or go on."""
        (self.go_on if self.state == "paused" else self.pause)()

    def _events(self, said: list[Event]) -> None:
        for event in said:
            self.history.add(event)
            if isinstance(event, events.RateChanged):
                self.factor = event.factor
            if isinstance(event, events.RunStarted):
                self.run = event.run
                if self.state == "starting":
                    self.state = "running"
        self.changed.emit()

    def _done(self, summary: dict[str, Any]) -> None:
        if self.discarding:  # it ended before it heard of it
            self._gone()
            return
        self.summary = summary
        self.run = summary.get("run", self.run)
        stopped = self.history.ended is not None and self.history.ended.reason == "stopped"
        self._finish("stopped" if stopped else "done")

    def _failed(self, error: StudioError) -> None:
        if self.discarding:
            self._gone()
            return
        self.error = error
        self._finish("stopped" if isinstance(error, Cancelled) else "failed")

    def _gone(self) -> None:
        """As if it had not been."""
        run, self.run = self.run, ""
        self._handle, self.history, self.recipe, self.discarding = None, RunHistory(), None, False
        self._become("idle")
        self.ended.emit()
        if run:
            self.discarded.emit(run)

    def _finish(self, state: str) -> None:
        self._handle = None
        self._become(state)
        self.ended.emit()

    def _become(self, state: str) -> None:
        self.state = state
        self.changed.emit()
