"""Parts that show a run and are drawn one after the other, with a rest in between: all at once would be felt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from tlstudio.gui.live_run import LiveRun

FASTEST, SLOWEST = 33, 250  # milliseconds between two drawings of a part
_REST = 20  # and so many times as long as a drawing took, so that the window stays free for hands


class InTurn:
    """draw: called with the name of a part. Nothing is drawn while the widget is out of sight."""

    def __init__(self, widget: QWidget, parts: Sequence[str], draw: Callable[[str], None]) -> None:
        self._widget, self._parts, self._draw = widget, tuple(parts), draw
        self.dirty: dict[str, None] = dict.fromkeys(parts)
        """Parts that are still to be drawn; what waits longest comes first."""
        self._told: tuple[object, ...] = ()
        self.timer = QTimer(widget)
        self.timer.setSingleShot(True)
        self.timer.timeout.connect(self._next)

    def follow(self, live: LiveRun, words: str, *, hurry: bool = False) -> None:
        """The run said something: draw everything, in turn, or only the part `words` where it was no more than how far it is."""
        before, self._told = self._told, (live.state, live.history, live.history.version)
        self.soon((words,) if self._told == before else (), hurry=hurry)

    def soon(self, parts: Sequence[str] = (), *, hurry: bool = False) -> None:
        """Draw these parts in turn, or all. hurry: do not wait for the rest after the last drawing."""
        self.dirty = dict.fromkeys((*self.dirty, *(parts or self._parts)))
        if self._widget.isVisible() and (hurry or not self.timer.isActive()):
            self.timer.start(FASTEST)

    def now(self) -> None:
        """Draw everything at once."""
        for part in self._parts:
            self._draw(part)
        self.dirty = {}

    def _next(self) -> None:
        if not self.dirty or not self._widget.isVisible():
            return  # what is hidden meanwhile is drawn when it is shown again
        part = next(iter(self.dirty))
        del self.dirty[part]
        began = time.perf_counter()
        self._draw(part)
        took = (time.perf_counter() - began) * 1000
        if self.dirty:
            self.timer.start(min(SLOWEST, max(FASTEST, round(_REST * took))))
