"""How long it will still take, as a range, from how fast it went; and how far it is, by that."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

Span = tuple[float, float]
"""Seconds, as (low, high)."""

_MOST = 0.99  # of what is still going on


class Pace:
    """Work is counted in units (one forward pass of one image is 1; learning from it costs about 3).

    The range comes from the slower and the faster of the recent stretches, so that it is wide when the machine is uneven.
    clock: seconds; one that stands still in a pause keeps pauses out of the rates.
    """

    def __init__(self, total: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self.total, self.done = max(total, 1e-9), 0.0
        self._clock = clock
        self.later = self.later_rate = self.beside = 0.0
        self._rates: deque[float] = deque(maxlen=24)
        self._since = clock()
        self._open = 0.0

    def expect(self, units: float, later: float = 0.0, *, beside: float = 0.0) -> None:
        """So much is still to come, `later` of it as work of another kind, and beside all of it so many seconds that hang on no unit.

        later_rate: units of what comes later a second, where it is known.
        """
        self.total, self.done, self.later, self.beside = max(units, 1e-9), 0.0, later, beside

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
    def remaining(self) -> Span | None:
        """Seconds left as (low, high); None while nothing was timed."""
        if not self._rates:
            return None
        rates = sorted(self._rates)
        slow, fast = rates[len(rates) // 5], rates[-1 - len(rates) // 5]
        other = self.later if self.later_rate else 0.0
        left, beyond = max(0.0, self.total - self.done - other), other / (self.later_rate or 1.0) + self.beside
        return left / fast + 0.8 * beyond, left / slow * (1.1 if len(rates) < 4 else 1.0) + 1.2 * beyond


class Headway:
    """How far a job of several kinds of work is, 0..1, by the time that all of it is expected to take.

    Each second brings it forward by its share of what is still to come, as that is expected then. While the expectation holds, this is the
    share of the time that is over; where it changes, the way that is left is gone faster or slower: it never goes back, and never leaps.
    begun: where it begins. clock: as of `Pace`.
    """

    def __init__(self, clock: Callable[[], float], begun: float = 0.0) -> None:
        self._clock, self._since, self._share = clock, clock(), begun

    def at(self, left: Span | None) -> float:
        """How far it is now. left: what is still to come; None while nobody knows, which counts once somebody does."""
        if left is not None:
            now, mean = self._clock(), sum(left) / 2
            spent, self._since = now - self._since, now
            self._share += (1.0 - self._share) * spent / max(spent + mean, 1e-9)
        return min(self._share, _MOST)
