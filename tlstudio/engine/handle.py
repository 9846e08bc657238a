"""A job that was asked of an engine: its events as they come, its result at the end, and the way to stop it."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from typing import Any

from tlstudio.control import Control
from tlstudio.errors import StudioError
from tlstudio.events import Event

_OVER = None


class Handle:
    """One consumer takes the events (iterate, or `wait`); `cancel`, `stop`, `pause`, `go_on` and `scale_rates` may be called from any
    thread."""

    def __init__(self, number: int, job: str, send: Callable[[dict[str, Any]], None]) -> None:
        self.number, self.job = number, job
        self._send = send
        self._coming: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._done = False
        self._result: Any = None
        self._error: StudioError | None = None

    @property
    def done(self) -> bool:
        """The job is over and every event was taken: `result` answers at once."""
        return self._done

    def wait(self, timeout: float | None = None) -> Event | None:
        """The next event; None when none came within `timeout` seconds (None: however long it takes) or the job is over, see `done`."""
        if self._done:
            return None
        try:
            event = self._coming.get(timeout=timeout)
        except queue.Empty:
            return None
        self._done = event is _OVER
        return event

    def __iter__(self) -> Iterator[Event]:
        """Events until the job is over."""
        while not self._done:
            event = self.wait()
            if event is not None:
                yield event

    def result(self, timeout: float | None = None) -> Any:
        """The document the job ended with; events not yet taken are let go.

        Raises the job's StudioError, EngineDied if its engine is gone, TimeoutError after `timeout` seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while not self._done:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError(f"'{self.job}' takes longer than {timeout} s")
            self.wait(left)
        if self._error is not None:
            raise self._error
        return self._result

    def cancel(self) -> None:
        """End as soon as possible; `result` then raises Cancelled."""
        self._send({"cancel": self.number})

    def stop(self) -> None:
        """End in good order and keep the best so far (training); other jobs pass it over."""
        self._send({"stop": self.number})

    def pause(self) -> None:
        self._send({"pause": self.number})

    def go_on(self) -> None:
        self._send({"go_on": self.number})

    def scale_rates(self, factor: float) -> None:
        """From the next training step on multiply the recipe's rates with that, instead of with what was said before. Raises InputError."""
        Control().scale_rates(factor)  # looks at the number
        self._send({"rate": self.number, "factor": factor})

    # What follows is for the engine that owns this handle.

    def put(self, event: Event) -> None:
        self._coming.put(event)

    def end(self, result: Any = None, error: StudioError | None = None) -> None:
        self._result, self._error = result, error
        self._coming.put(_OVER)
