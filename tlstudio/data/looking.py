"""Many files looked at in threads: in order, a bounded number ahead, with progress."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from tlstudio.control import Tell
from tlstudio.events import Progress

_CHUNK = 64  # files a thread takes at once
_TELL_EVERY = 0.1  # seconds

_Of = TypeVar("_Of")
_Seen = TypeVar("_Seen")


def in_threads(
    look: Callable[[Sequence[_Of]], list[_Seen]], candidates: Sequence[_Of], pace: Pace
) -> Iterator[tuple[Sequence[_Of], list[_Seen]]]:
    """Chunk by chunk in order, a bounded number ahead, so that memory does not grow with the data set."""
    workers = min(16, (os.cpu_count() or 1) + 1)
    size = max(1, min(_CHUNK, len(candidates) // (4 * workers)))
    waiting: deque[tuple[Sequence[_Of], Future[list[_Seen]]]] = deque()
    starts = iter(range(0, len(candidates), size))
    with ThreadPoolExecutor(workers, thread_name_prefix="scan") as pool:
        try:
            while True:
                for start in itertools.islice(starts, 3 * workers - len(waiting)):
                    chunk = candidates[start : start + size]
                    waiting.append((chunk, pool.submit(look, chunk)))
                if not waiting:
                    return
                chunk, future = waiting.popleft()
                while not wait([future], timeout=_TELL_EVERY).done:
                    pace.tell_if_due()
                pace.tell_if_due()
                yield chunk, future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class Pace:
    """Counts files, and tells progress at most ten times a second, with files a second and a range for what remains."""

    def __init__(self, total: int, tell: Tell) -> None:
        self._total, self._to = total, tell
        self._done = 0
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self.tell()

    def one_more(self) -> None:
        """From any thread."""
        with self._lock:
            self._done += 1

    def tell_if_due(self) -> None:
        if time.monotonic() - self._told >= _TELL_EVERY:
            self.tell()

    def tell(self) -> None:
        self._told = time.monotonic()
        seconds = self._told - self._start
        per_second = self._done / seconds if self._done and seconds > 0 else None
        remaining = None
        if per_second and seconds >= 1:  # files differ in size, and the first ones say little of the rest
            left = (self._total - self._done) / per_second
            remaining = (0.8 * left, 1.5 * left)
        share = self._done / self._total if self._total else 1.0
        self._to(
            Progress(
                phase="scan", done=self._done, total=self._total, unit="files", overall=share, per_second=per_second, remaining=remaining
            )
        )
