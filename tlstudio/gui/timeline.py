"""When each event of a recorded run comes while it is replayed. Knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tlstudio.events import EpochEnded, Event

SPEEDS = (1, 2, 4, 8, 16)
LONGEST = 2.0  # seconds that nothing happens in a replay, at any speed: a pause of the run, or a night before it was resumed, is cut


class Timeline:
    """said: all events of a run in order. Times are in seconds of playing at one of the `SPEEDS`; the first event comes at 0."""

    def __init__(self, said: Sequence[Event]) -> None:
        self.said = said
        at = np.array([event.at for event in said], float)
        self._gaps = np.clip(np.diff(at, prepend=at[:1]), 0, None)  # a clock that was set back has no gap
        self.epochs = [(place + 1, event.epoch) for place, event in enumerate(said) if isinstance(event, EpochEnded)]
        """How many events there are when an epoch is over, and which."""
        self._due: dict[int, NDArray[np.float64]] = {}

    def due(self, speed: int) -> NDArray[np.float64]:
        """When each event comes, (N,)."""
        if speed not in self._due:
            self._due[speed] = np.cumsum(np.minimum(self._gaps / speed, LONGEST))
        return self._due[speed]

    def lasts(self, speed: int) -> float:
        """Seconds that the whole takes."""
        due = self.due(speed)
        return float(due[-1]) if len(due) else 0.0

    def place(self, time: float, speed: int) -> int:
        """How many events have come by then."""
        return int(np.searchsorted(self.due(speed), time + 1e-9, side="right"))

    def time_of(self, place: int, speed: int) -> float:
        """When that many events have come."""
        return float(self.due(speed)[place - 1]) if place > 0 and len(self.said) else 0.0

    def changed(self, time: float, speed: int, other: int) -> float:
        """The same moment at another speed."""
        place = self.place(time, speed)
        begin, end = self.time_of(place, speed), self.time_of(min(place + 1, len(self.said)), speed)
        part = (time - begin) / (end - begin) if end > begin else 0.0
        start, stop = self.time_of(place, other), self.time_of(min(place + 1, len(self.said)), other)
        return start + part * (stop - start)

    def epoch_before(self, place: int) -> int:
        """How many events there are at the end of the last epoch that ended before the newest of these; 0: none did."""
        return max((at for at, _ in self.epochs if at < place), default=0)

    def epoch_after(self, place: int) -> int:
        """How many events there are at the end of the epoch that is going on."""
        return min((at for at, _ in self.epochs if at > place), default=len(self.said))
