"""How many threads make views ahead: tried out in the first batches, not assumed.

On a processor, threads that decode take time from the network's own; beside a graphics card they are all that keeps it busy; and where
views lie ready there is nothing for them to do. What they make is the same whatever their number.
"""

from __future__ import annotations

import os
import statistics

_SETTLING = 2  # batches after a change that were still made as before
_LEAST_BATCHES, _LEAST_SECONDS = 3, 0.25  # of a try
_GAIN = 0.95  # another number is taken if it needs less than this share of the time


class DecodeThreads:
    """The number of threads for one kind of view. `now` is what is to be used; `took` is told how it went.

    Numbers are tried upwards and downwards from the first as long as they gain. most: the largest that is tried.
    """

    def __init__(self, most: int | None = None, first: int = 2) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        top = max(1, cores if most is None else most)
        self._choices: list[int] = sorted({0, *(1 << k for k in range(top.bit_length())), top})
        self._at = min(range(len(self._choices)), key=lambda k: abs(self._choices[k] - first))
        self._seconds: dict[int, float] = {}  # for a picture, by place among the choices
        self._tried: list[float] = []
        self._spent = 0.0
        self._passed = 0
        self.settled = False
        """Whether all that was worth it has been tried."""

    @property
    def now(self) -> int:
        """Threads to use; 0: views are made by whoever asks for them."""
        return self._choices[self._at]

    def took(self, pictures: int, seconds: float) -> None:
        """A batch of so many pictures was made and used in that time."""
        if self.settled or pictures < 1:
            return
        self._passed += 1
        if self._passed <= _SETTLING:
            return
        self._tried.append(seconds / pictures)
        self._spent += seconds
        if len(self._tried) >= _LEAST_BATCHES and self._spent >= _LEAST_SECONDS:
            self._seconds[self._at] = statistics.median(self._tried)
            self._go_on()

    def _go_on(self) -> None:
        best = min(self._seconds, key=lambda k: (self._seconds[k], k))
        first = next(iter(self._seconds))
        if best != first and self._seconds[best] > _GAIN * self._seconds[first]:
            best = first
        untried = [k for k in (best + 1, best - 1) if 0 <= k < len(self._choices) and k not in self._seconds]
        self.settled = not untried
        self._at = untried[0] if untried else best
        self._tried, self._spent, self._passed = [], 0.0, 0
