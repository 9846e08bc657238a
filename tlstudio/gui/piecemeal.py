"""A page that is built piece by piece while nobody looks at it yet, so that the window stays free for hands."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer

REST = 20  # milliseconds between two pieces


class Piecemeal:
    """work: a generator that yields between its pieces. It goes with its owner."""

    def __init__(self, owner: QObject, work: Iterator[None]) -> None:
        self._owner, self._work = owner, work
        self._busy = self._begun = False
        self.done = False

    def begin(self) -> None:
        """Do one piece after the other, with a rest in between."""
        if not (self.done or self._begun):
            self._begun = True
            QTimer.singleShot(REST, self._owner, self._next)

    def finish(self) -> None:
        """Do all that is left now: it is wanted. Within a piece there is nothing to do but to go on with it."""
        while not (self.done or self._busy):
            self._piece()

    def _next(self) -> None:
        if not self.done:
            self._piece()
            QTimer.singleShot(REST, self._owner, self._next)

    def _piece(self) -> None:
        self._busy = True
        try:
            next(self._work)
        except StopIteration:
            self.done = True
        finally:
            self._busy = False
