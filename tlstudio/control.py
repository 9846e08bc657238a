"""What a running job is told: cancel, stop and keep the best, pause, other rates. The other direction of `events`."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from tlstudio.errors import Cancelled, InputError
from tlstudio.events import Event

Tell = Callable[[Event], None]
"""Where a job puts its events."""


MOST = 1000.0  # times the recipe's rates, as for the multipliers of layers


def silent(event: Event) -> None:
    """A Tell for callers that want only the result."""


class Control:
    """Flags that a job looks at between two pieces of work; set from another thread.

    cancel: end as soon as possible, the result is not wanted (raises Cancelled in the job).
    stop:   end in good order and keep what is best so far; only training knows the difference.
    scale_rates: learn at so many times the recipe's rates from the next step on; only training has rates.
    """

    def __init__(self) -> None:
        self._cancel = threading.Event()
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._rested = 0.0
        self._factor: float | None = None
        self._changing = threading.Lock()

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

    def scale_rates(self, factor: float) -> None:
        """Multiply the recipe's rates with that, instead of with what was said before. Raises InputError for what is no such number."""
        if not (isinstance(factor, int | float) and math.isfinite(factor) and 0.0 < factor <= MOST):
            raise InputError(f"The rates cannot be multiplied with {factor}", "", f"Give a number above 0, and at most {MOST:g}")
        with self._changing:
            self._factor = float(factor)

    def taken_factor(self) -> float | None:
        """What the rates are to be multiplied with, once after each time that was said; else None."""
        with self._changing:
            factor, self._factor = self._factor, None
        return factor

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
