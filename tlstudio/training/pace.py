"""How long it will still take, as a range, from how fast it went."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable


class Pace:
    """Work is counted in units (one forward pass of one image is 1; learning from it costs about 3).

    The range comes from the slower and the faster of the recent stretches, so that it is wide when the machine is uneven.
    done: share of it that was done before. clock: seconds; one that stands still in a pause keeps pauses out of the rates.
    """

    def __init__(self, total: float, clock: Callable[[], float] = time.perf_counter, *, done: float = 0.0) -> None:
        self.total, self.done = max(total, 1e-9), done * max(total, 1e-9)
        self._clock = clock
        self.later, self.later_rate = 0.0, 0.0
        self._rates: deque[float] = deque(maxlen=24)
        self._since = clock()
        self._open = 0.0

    def expect(self, units: float, later: float = 0.0) -> None:
        """So much is still to come, `later` of it as work of another kind; the share that is done stays what it was.

        later_rate: units of that a second, where it is known.
        """
        share = min(self.share, 0.99)
        self.total, self.later = max(units, 1e-9) / (1.0 - share), later
        self.done = share * self.total

    def add(self, units: float) -> None:
        """So much was done since the last call."""
        self.done += units
        self._open += units
        now = self._clock()
        if now - self._since >= 0.25:
            self._rates.append(self._open / (now - self._since))
            self._since, self._open = now, 0.0

    def afresh(self) -> None:
        """What follows is work of another kind: it is timed by itself."""
        self._rates.clear()
        self._since, self._open = self._clock(), 0.0

    @property
    def share(self) -> float:
        """Done, 0..1."""
        return min(1.0, self.done / self.total)

    @property
    def per_second(self) -> float | None:
        """Units a second lately; None while nothing was timed."""
        return sorted(self._rates)[len(self._rates) // 2] if self._rates else None

    @property
    def remaining(self) -> tuple[float, float] | None:
        """Seconds left as (low, high); None while nothing was timed."""
        if not self._rates:
            return None
        rates = sorted(self._rates)
        slow, fast = rates[len(rates) // 5], rates[-1 - len(rates) // 5]
        other = self.later if self.later_rate else 0.0
        left, beyond = max(0.0, self.total - self.done - other), other / (self.later_rate or 1.0)
        return left / fast + 0.8 * beyond, left / slow * (1.1 if len(rates) < 4 else 1.0) + 1.2 * beyond
