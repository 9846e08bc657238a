"""Pictures brought to a size, kept on the disk, so that the next run need not decode them.

They are found by what made them (facts) and by the content of their file. Where the disk cannot be written, or is full, nothing is kept
and nothing else changes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch

from tlstudio.data.row_store import RowStore, open_store


class Shelf:
    """Pictures that were made in one way. Safe to share between threads. facts: see `PictureStore.shelf`."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._store: RowStore = open_store("pictures", facts)
        self._writer = self._store.writer()
        self._added: set[str] = set()
        self._lock = threading.Lock()

    def get(self, digest: str) -> torch.Tensor | None:
        """The picture whose file has that content as uint8 (3, H, W), or None. It lies on the disk: writing to it ends the process."""
        if not digest:
            return None
        try:
            (pixels,) = self._store.read(digest)
        except KeyError:
            return None
        return pixels.permute(2, 0, 1)

    def put(self, digest: str, pixels: torch.Tensor) -> None:
        """Keep a picture, uint8 (3, H, W); it is found once it is committed."""
        if not digest:
            return
        with self._lock:
            if digest in self._added:
                return
            self._added.add(digest)
        self._writer.add(digest, [pixels.permute(1, 2, 0).contiguous()])

    def commit(self) -> None:
        """What was put can be found, and stays; so can what other processes put there meanwhile, which need not be made again."""
        self._writer.commit()
        self._store.refresh()

    def close(self) -> None:
        """No more is put or found; what was not committed is lost."""
        self._writer.close()
        self._store.close()

    @property
    def troubles(self) -> list[str]:
        """Sentences for the user: what was damaged, why nothing new is kept."""
        return self._store.troubles


class PictureStore:
    """All that a run keeps of its pictures on the disk. As a context manager it is closed at the end, with all that was put."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}
        self._lock = threading.Lock()
        # A commit waits for the disk, which training need not.
        self._committing = ThreadPoolExecutor(1, thread_name_prefix="keeping")
        self._last: Future[None] | None = None

    def shelf(self, facts: Mapping[str, Any]) -> Shelf:
        """The pictures that were made in that way. facts: JSON that tells all on which they depend, but for their files."""
        key = json.dumps(facts, sort_keys=True)
        with self._lock:
            if key not in self._shelves:
                self._shelves[key] = Shelf(facts)
            return self._shelves[key]

    def commit(self) -> None:
        """What was put until now is kept, soon: this does not wait for it."""
        if self._last is None or self._last.done():
            self._last = self._committing.submit(self._commit)

    def close(self) -> None:
        """Keep what was put, and end. Waits for the disk."""
        self._committing.shutdown(wait=True)
        self._commit()
        with self._lock:
            for shelf in self._shelves.values():
                shelf.close()

    @property
    def troubles(self) -> list[str]:
        """Sentences for the user, each once."""
        with self._lock:
            return list(dict.fromkeys(one for shelf in self._shelves.values() for one in shelf.troubles))

    def _commit(self) -> None:
        with self._lock:
            shelves = list(self._shelves.values())
        for shelf in shelves:
            shelf.commit()

    def __enter__(self) -> PictureStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
