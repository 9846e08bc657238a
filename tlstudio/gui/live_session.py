"""The part of the session that is about the run one looks at live: the one trained in this window, or a recorded one that is replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Signal

from tlstudio.errors import StudioError
from tlstudio.gui.live_run import LiveRun

if TYPE_CHECKING:
    from tlstudio.gui.replay import ReplayedRun
    from tlstudio.gui.studying import Studying

USUAL = 4  # times as fast as the run was


class LiveSession(QObject):
    """live: what pages draw. trained: the run of this window, which `live` is unless something is replayed."""

    run_changed = Signal()
    """The live run's state or its events (at most 30 times a second); or another run is looked at."""
    run_turned = Signal()
    """The same without the events, for what hangs on none of them: another state, another run, or the window begins or ends to train."""
    asked_for = Signal(str)
    """Go to the page with that key."""
    trouble = Signal(object)
    """A StudioError that no page shows in its own place."""
    studying: Studying

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.live = self.trained = LiveRun(self)
        self.trained.changed.connect(self.run_changed)
        self._turn: tuple[object, ...] = ()
        self.run_changed.connect(self._see_turn)

    def _see_turn(self) -> None:
        now = (self.live, self.live.state, self.live.run, self.training)
        if now != self._turn:
            self._turn = now
            self.run_turned.emit()

    @property
    def training(self) -> bool:
        """Whether this window trains: a run, or a study, also between two of its runs."""
        return self.trained.active or self.studying.active

    @property
    def replaying(self) -> ReplayedRun | None:
        return cast("ReplayedRun", self.live) if self.live is not self.trained else None

    def replay(self, run: str, speed: int = USUAL) -> None:
        """Play a recorded run (its folder) as if it were trained now. `leave_replay`, or a start, brings back what was."""
        from tlstudio.gui.replay import ReplayedRun  # numpy comes with it

        if self.training:
            why = self.tr("a replay would hide it")
            do = self.tr("Replay when that run has ended, or stop it first")
            self.trouble.emit(StudioError(self.tr("A run is training in this window"), why, do))
            return
        self.leave_replay()
        self.live = played = ReplayedRun(run, self, speed=speed)
        played.changed.connect(self.run_changed)
        played.unreadable.connect(self._give_up)
        played.load()
        self.run_changed.emit()
        self.asked_for.emit("train")

    def leave_replay(self) -> None:
        """Show what was there before; does nothing where nothing is replayed."""
        if self.live is not self.trained:
            self.live.deleteLater()
            self.live = self.trained
            self.run_changed.emit()

    def _give_up(self, error: StudioError) -> None:
        if self.sender() is self.live:
            self.leave_replay()
            self.trouble.emit(error)
