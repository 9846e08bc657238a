"""What is kept of pictures in memory, from one epoch to the next."""

from __future__ import annotations

import threading
from typing import Any

import psutil

CACHE_BYTES = 1 << 30
_SHARE_OF_MEMORY = 0.25


class Kept:
    """What is kept of pictures from one epoch to the next, by kind and index, up to a limit. Safe to share between threads.

    limit: bytes; never more than a quarter of the memory that is free when it is made.
    """

    def __init__(self, limit: int) -> None:
        self._room = min(limit, int(psutil.virtual_memory().available * _SHARE_OF_MEMORY))
        self._kept: dict[tuple[str, int], tuple[Any, int]] = {}
        self._refused: set[str] = set()
        self._lock = threading.Lock()

    def get(self, kind: str, i: int) -> Any:
        """What is kept, or None."""
        found = self._kept.get((kind, i))
        return None if found is None else found[0]

    def keep(self, kind: str, i: int, value: Any, size: int) -> None:
        """Keep a value of that many bytes if there is room."""
        with self._lock:
            if (kind, i) not in self._kept and kind not in self._refused and self._room >= size:
                self._room -= size
                self._kept[kind, i] = (value, size)

    def keep_again(self, *kinds: str) -> None:
        """Take in what is of those kinds, after `forget`."""
        with self._lock:
            self._refused.difference_update(kinds)

    def forget(self, *kinds: str) -> None:
        """Let go of all that is of those kinds, and keep none until `keep_again`."""
        with self._lock:
            self._refused.update(kinds)
            for key in [key for key in self._kept if key[0] in kinds]:
                self._room += self._kept.pop(key)[1]
