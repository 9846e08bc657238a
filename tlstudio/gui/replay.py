"""A recorded run that is played as if it were trained now: the same signals, so that no page has a second way of drawing."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from tlstudio import events
from tlstudio.errors import StudioError
from tlstudio.events import Event
from tlstudio.gui.background import Background
from tlstudio.gui.history import RunHistory
from tlstudio.gui.live_run import LiveRun
from tlstudio.gui.live_session import USUAL
from tlstudio.gui.timeline import SPEEDS, Timeline
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

_FRAME = 33  # milliseconds
_SOON = 8  # and between two pieces of a long leap
_PIECE = 0.006  # seconds for which events are taken over at once, so that the window stays free for hands
_JUST = 0.7
_LAG = 0.25  # a window that was held up longer does not catch up


class ReplayedRun(LiveRun):
    """The events of a run folder in their time. state: starting (its events are being read), running, paused, or how the run ended.

    It is never `active`: nothing is trained. clock: in seconds, for tests.
    """

    unreadable = Signal(object)
    """A StudioError: the run has no events, or its folder cannot be read."""

    def __init__(self, run: str, parent: QObject | None = None, *, speed: int = USUAL, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self.run, self.speed, self.timeline = run, speed, Timeline([])
        self.time = 0.0
        """Where the replay is, in seconds of playing at this speed."""
        self._clock, self._then = clock, clock()
        self._place = 0
        self._next: tuple[RunHistory, int] | None = None  # being filled, after a leap back
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.play)
        self.state = "starting"

    def load(self) -> None:
        """Read the run's events in a thread, then begin."""
        Background(lambda: recorded(self.run), self._loaded, self._unreadable)

    def _loaded(self, found: tuple[Recipe, Timeline]) -> None:
        self.begin(*found)

    def _unreadable(self, error: StudioError) -> None:
        self.unreadable.emit(error)

    def begin(self, recipe: Recipe, timeline: Timeline) -> None:
        self.recipe, self.timeline = recipe, timeline
        self._then = self._clock()
        self.state = "running"
        self.play()

    @property
    def active(self) -> bool:
        return False

    # what the keys and the bar do

    def pause(self) -> None:
        if self.state == "running":
            self.play()
            self.state = "paused"
            self.changed.emit()

    def go_on(self) -> None:
        """Play; from the beginning if it is over."""
        if self.over:
            self.time, self.error, self.summary = 0.0, None, {}
        if self.state != "starting":
            self._then = self._clock()
            self._become("running")
            self._timer.start(0)

    def toggle(self) -> None:
        (self.pause if self.state == "running" else self.go_on)()

    def stop(self) -> None:
        """There is nothing to stop; who wants to leave says so to the session."""

    def restart(self) -> None:
        self.seek(0.0)
        self.go_on()

    def set_speed(self, speed: int) -> None:
        if speed in SPEEDS and speed != self.speed:
            if self.state == "running":
                self._advance()
            self.time = self.timeline.changed(self.time, self.speed, speed)
            self.speed = speed
            self.changed.emit()

    def faster(self, by: int = 1) -> None:
        """The next speed, or with -1 the one before."""
        self.set_speed(SPEEDS[min(max(0, SPEEDS.index(self.speed) + by), len(SPEEDS) - 1)])

    def seek(self, time: float) -> None:
        """Go to that moment, in seconds of playing at this speed."""
        if self.state == "starting":
            return
        self.time = min(max(0.0, time), self.lasts)
        self._then = self._clock()
        if self.state != "running":
            self.state, self.error, self.summary = "paused", None, {}
        self._timer.start(0)

    def step(self, epochs: int) -> None:
        """To the end of the epoch that is going on (1), or of the one before (-1)."""
        # while it plays, an epoch that has just ended is not the one before
        place = self.timeline.place(self.time - (_JUST if epochs < 0 and self.state == "running" else 0.0), self.speed)
        to = self.timeline.epoch_after(place) if epochs > 0 else self.timeline.epoch_before(place)
        self.seek(self.timeline.time_of(to, self.speed))

    @property
    def lasts(self) -> float:
        return self.timeline.lasts(self.speed)

    @property
    def share(self) -> float:
        """How much of it is over, 0 to 1."""
        return self.time / self.lasts if self.lasts else 0.0

    @property
    def over(self) -> bool:
        return self.state in ("done", "stopped", "failed")

    # playing

    def play(self) -> None:
        """Take over what has come by now, as much as fits into a piece; the timer brings the rest."""
        if self.state == "running":
            self._advance()
        wanted = self.timeline.place(self.time, self.speed)
        moved = self._take(wanted)
        there = self._place == wanted and self._next is None
        if there and wanted == len(self.timeline.said) and self.state in ("running", "paused"):
            self._end()
            moved = True
        elif not there or self.state == "running":
            self._timer.start(_FRAME if there else _SOON)
        if moved or self.state == "running":
            self.changed.emit()

    def _advance(self) -> None:
        now = self._clock()
        self.time = min(self.time + min(now - self._then, _LAG), self.lasts)
        self._then = now

    def _take(self, wanted: int) -> bool:
        """Whether more (or, after a leap back, less) is shown than before."""
        said, end = self.timeline.said, time.perf_counter() + _PIECE
        if wanted < self._place and (self._next is None or wanted < self._next[1]):
            self._next = RunHistory(), 0
        history, at = self._next or (self.history, self._place)
        before = at
        while at < wanted and (at - before < 16 or time.perf_counter() < end):
            history.add(said[at])
            at += 1
        if self._next is not None and at < wanted:
            self._next = history, at
            return False
        moved = at != self._place or history is not self.history
        self._next, self.history, self._place = None, history, at
        return moved

    def _end(self) -> None:
        """As the run ended; one that was cut off just stands still."""
        last, self.time = self.history, self.lasts
        self.state, self.error, self.summary = "stopped", None, {}
        if last.failed is not None and (last.ended is None or last.ended.at < last.failed.at):
            self.state, self.error = "failed", StudioError(last.failed.what, last.failed.why, last.failed.do)
        elif last.ended is not None:
            self.state = "stopped" if last.ended.reason == "stopped" else "done"
            self.summary = {**last.ended.summary, "run": self.run}


def recorded(run: str) -> tuple[Recipe, Timeline]:
    """A run's recipe and events, for a thread. Raises InputError and StudioError where there is nothing to replay."""
    found = Run.open(run)
    said = [_here(event, found.path) for event in found.history()]
    if not any(isinstance(event, events.Steps | events.EpochEnded) for event in said):
        raise StudioError(f"The run {found.name} cannot be replayed", "it had not begun to learn when it ended", "Choose another run")
    timeline = Timeline(said)
    timeline.due(USUAL)
    return found.recipe(), timeline


def _here(event: Event, run: Path) -> Event:
    """The event with its files where the run's folder is now: it may have been made elsewhere."""
    changes: dict[str, Any] = {}
    if isinstance(event, events.MasksKept):
        changes["folder"] = str(run / "masks" / Path(event.folder.replace("\\", "/")).name)
    elif isinstance(event, events.Watched):
        changes["paths"] = [str(run / path) for path in event.paths]  # an absolute one stays as it is
    return event.replace(**changes) if changes else event
