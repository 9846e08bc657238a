"""Parts that show a run and are drawn one after the other, with a rest in between: all at once would be felt."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

FASTEST, SLOWEST = 33, 250  # milliseconds between two drawings of a part
_REST = 20  # and so many times as long as a drawing took, so that the window stays free for hands


class InTurn:
    """draw: called with the name of a part. Nothing is drawn while the widget is out of sight."""

    def __init__(self, widget: QWidget, parts: Sequence[str], draw: Callable[[str], None]) -> None:
        self._widget, self._parts, self._draw = widget, tuple(parts), draw
        self.dirty: dict[str, None] = dict.fromkeys(parts)
        """Parts that are still to be drawn; what waits longest comes first."""
        self.timer = QTimer(widget)
        self.timer.setSingleShot(True)
        self.timer.timeout.connect(self._next)

    def soon(self, *, hurry: bool = False) -> None:
        """Draw everything, in turn. hurry: do not wait for the rest after the last drawing."""
        self.dirty = dict.fromkeys((*self.dirty, *self._parts))
        if self._widget.isVisible() and (hurry or not self.timer.isActive()):
            self.timer.start(FASTEST)

    def now(self) -> None:
        """Draw everything at once."""
        for part in self._parts:
            self._draw(part)
        self.dirty = {}

    def _next(self) -> None:
        if not self.dirty:
            return
        part = next(iter(self.dirty))
        del self.dirty[part]
        began = time.perf_counter()
        self._draw(part)
        took = (time.perf_counter() - began) * 1000
        if self.dirty:
            self.timer.start(min(SLOWEST, max(FASTEST, round(_REST * took))))
