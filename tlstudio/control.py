"""What a running job is told: cancel, stop and keep the best, pause. The other direction of `events`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tlstudio.errors import Cancelled
from tlstudio.events import Event

Tell = Callable[[Event], None]
"""Where a job puts its events."""


def silent(event: Event) -> None:
    """A Tell for callers that want only the result."""


class Control:
    """Flags that a job looks at between two pieces of work; set from another thread.

    cancel: end as soon as possible, the result is not wanted (raises Cancelled in the job).
    stop:   end in good order and keep what is best so far; only training knows the difference.
    """

    def __init__(self) -> None:
        self._cancel = threading.Event()
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._rested = 0.0

    def cancel(self) -> None:
        self._cancel.set()
        self._go.set()

    def stop(self) -> None:
        self._stop.set()
        self._go.set()

    def pause(self) -> None:
        self._go.clear()

    def go_on(self) -> None:
        self._go.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    def clock(self) -> float:
        """Seconds on a clock that stands still while the job that asks for it rests in `check`: what work took is measured with it."""
        return time.perf_counter() - self._rested

    def check(self) -> None:
        """Wait here while paused; raise Cancelled when cancelled. Call it between two pieces of work."""
        if not self._go.is_set():
            began = time.perf_counter()
            self._go.wait()
            self._rested += time.perf_counter() - began
        if self._cancel.is_set():
            raise Cancelled("Cancelled")
