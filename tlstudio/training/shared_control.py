"""What ranks that train together look at in place of their own control, of which only rank 0's is told anything."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tlstudio.control import Control

_REST = 0.1  # seconds between two looks while paused


class Shared(Control):
    """Stop, pause and rates as all ranks agreed on them at their last reading; a cancel ends rank 0 at once, and with it the others.

    own: of this process. main: whether it is rank 0's, which decides. alone: the others only wait, so that rank 0 hears itself at once.
    """

    def __init__(self, own: Control, main: bool) -> None:
        super().__init__()
        self._own, self._main = own, main
        self.alone = False

    @property
    def stopping(self) -> bool:
        return self._own.stopping if self.alone else super().stopping

    @property
    def paused(self) -> bool:
        return self._own.paused

    def cancel(self) -> None:
        self._own.cancel()

    def clock(self) -> float:
        return self._own.clock() - self._rested

    def check(self) -> None:
        """Raise Cancelled when cancelled. Waits only where the others do not wait for this rank."""
        if self.alone or not self._own.paused:
            self._own.check()

    def words(self) -> list[float]:
        """What rank 0 was told, in the form in which it travels; to be summed over the ranks."""
        if not self._main:
            return [0.0, 0.0, 0.0]
        return [float(self._own.stopping), float(self._own.paused), self._own.taken_factor() or 0.0]

    def hear(self, words: Sequence[float]) -> bool:
        """Take what rank 0 was told; whether all rest and have to ask again."""
        stop, paused, factor = words
        if stop:
            self.stop()
        if factor:
            self.scale_rates(factor)
        if paused:
            time.sleep(_REST)
            self._rested += _REST
        return bool(paused)
