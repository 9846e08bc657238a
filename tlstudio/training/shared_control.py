"""What ranks that train together look at in place of their own control, of which only rank 0's is told anything but to end."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tlstudio.control import Control
from tlstudio.errors import Cancelled

_REST = 0.1  # seconds between two looks while paused


class Shared(Control):
    """Stop, pause, rates and cancel as all ranks agreed on them at their last reading: one that went by itself would leave the others
    waiting for its tensors, on graphics cards for ever.

    own: of this process. main: whether it is rank 0's, which decides; a cancel may come from any.
    alone: all ranks work by themselves, so that each hears its own at once; judging: the same for a cancel.
    """

    def __init__(self, own: Control, main: bool) -> None:
        super().__init__()
        self._own, self._main = own, main
        self.alone = self.judging = False

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
        """Raise Cancelled when cancelled, and wait while paused, where the others do not wait for this rank."""
        if self.alone or (self.judging and not self._own.paused):
            self._own.check()

    def words(self) -> list[float]:
        """What this rank was told, in the form in which it travels; to be summed over the ranks."""
        cancel = float(self._cancelled())
        if not self._main:
            return [0.0, 0.0, 0.0, cancel]
        return [float(self._own.stopping), float(self._own.paused), self._own.taken_factor() or 0.0, cancel]

    def hear(self, words: Sequence[float]) -> bool:
        """Take what all were told; whether all rest and have to ask again. Raises Cancelled."""
        stop, paused, factor, cancel = words
        if cancel:
            raise Cancelled("Cancelled")
        if stop:
            self.stop()
        if factor:
            self.scale_rates(factor)
        if paused:
            time.sleep(_REST)
            self._rested += _REST
        return bool(paused)

    def _cancelled(self) -> bool:
        if self._own.paused:
            return False
        try:
            self._own.check()
        except Cancelled:
            return True
        return False
