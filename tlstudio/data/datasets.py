"""Pictures as tensors, and batches of them made ahead by threads, always in the order asked for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import psutil
import torch

from tlstudio.control import Control
from tlstudio.data.images import load_rgb
from tlstudio.data.report import Item
from tlstudio.data.transforms import Pipeline
from tlstudio.recipe import MAX_PIXELS

CACHE_BYTES = 1 << 30
_SHARE_OF_MEMORY = 0.25
_BATCHES_AHEAD = 2

View = TypeVar("View")


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

    def forget(self, *kinds: str) -> None:
        """Let go of all that is of those kinds, and keep none from now on."""
        with self._lock:
            self._refused.update(kinds)
            for key in [key for key in self._kept if key[0] in kinds]:
                self._room += self._kept.pop(key)[1]


class ImageSet:
    """N pictures and their labels. Plain views are kept in memory as they are made, up to a limit.

    items: paths are relative to root. seed: with the epoch and a picture's index it determines its augmented view.
    cache_bytes: limit of the kept views; never more than a quarter of the memory that is free when the set is made.
    """

    def __init__(
        self,
        root: Path,
        items: Sequence[Item],
        pipeline: Pipeline,
        *,
        max_pixels: int = MAX_PIXELS,
        seed: int,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._root, self._items, self._pipeline = root, items, pipeline
        self._max_pixels, self._seed = max_pixels, seed
        self._memory = Kept(cache_bytes)
        self.labels = torch.tensor([item.label for item in items], dtype=torch.int64)
        """(N,), indices of classes."""

    def __len__(self) -> int:
        return len(self._items)

    def path(self, i: int) -> Path:
        """The file of picture i."""
        return self._root / self._items[i].path

    def load(self, i: int, epoch: int, augment: bool) -> torch.Tensor:
        """Picture i as uint8 (3, S, S): its plain view, or the augmented one of that epoch. Not to be written to. Raises ImageProblem."""
        if not augment and (kept := self.kept(i)) is not None:
            return kept
        image = load_rgb(self.path(i), max_pixels=self._max_pixels, at_least=self._pipeline.decode_size)
        if augment:
            return self._pipeline.augmented(image, (self._seed, epoch, i))
        view = self._pipeline.plain(image)
        self._memory.keep("plain", i, view, view.nbytes)
        return view

    def forget(self) -> None:
        """Let go of the plain views, and keep none from now on."""
        self._memory.forget("plain")

    def kept(self, i: int) -> torch.Tensor | None:
        """The plain view of picture i if it is in memory."""
        view: torch.Tensor | None = self._memory.get("plain", i)
        return view

    def stacked(self, views: Sequence[torch.Tensor], indices: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Views of those pictures as uint8 (B, 3, S, S), with their labels (B,)."""
        return torch.stack(list(views)), self.labels[list(indices)]


class Views(Protocol[View]):
    """A set of pictures that can be made ahead: `ImageSet`, or `MaskSet` with masks."""

    def load(self, i: int, epoch: int, augment: bool) -> View: ...
    def kept(self, i: int) -> View | None: ...
    def stacked(self, views: Sequence[View], indices: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]: ...


Batch = tuple[torch.Tensor, torch.Tensor, list[int]]
"""uint8 (B, 3, H, W), int64 labels (B,) or masks uint8 (B, H, W), indices into the set."""


def batches(
    images: Views[View],
    order: Sequence[int],
    batch_size: int,
    *,
    epoch: int,
    augment: bool,
    workers: int,
    control: Control | None = None,
) -> Iterator[Batch]:
    """The pictures of `order`, batch by batch, the last one perhaps smaller. Up to two batches are decoded ahead by `workers` threads.

    workers 0: decoded here, one after the other. Raises ImageProblem for a picture that cannot be loaded, Cancelled on control.cancel().
    However it ends, closed early included, no thread stays behind.
    """
    ahead = _Ahead(images, order, epoch, augment, max(1, workers), _BATCHES_AHEAD * batch_size if workers else 0)
    try:
        for start in range(0, len(order), batch_size):
            if control is not None:
                control.check()
            indices = list(order[start : start + batch_size])
            views = [ahead.take() for _ in indices]
            yield *images.stacked(views, indices), indices
    finally:
        ahead.close()


class _Ahead(Generic[View]):
    """Views in order, `room` of them on their way at a time. Threads start with the first view that is not in memory."""

    def __init__(self, images: Views[View], order: Sequence[int], epoch: int, augment: bool, workers: int, room: int) -> None:
        self._images, self._order, self._epoch, self._augment = images, order, epoch, augment
        self._workers, self._room = workers, room
        self._next = 0
        self._waiting: deque[View | Future[View]] = deque()
        self._pool: ThreadPoolExecutor | None = None

    def take(self) -> View:
        """The next view."""
        while self._next < len(self._order) and len(self._waiting) <= self._room:
            self._waiting.append(self._begun(self._order[self._next]))
            self._next += 1
        first = self._waiting.popleft()
        return first.result() if isinstance(first, Future) else first

    def _begun(self, i: int) -> View | Future[View]:
        kept = None if self._augment else self._images.kept(i)
        if kept is not None:
            return kept
        if not self._room:
            return self._images.load(i, self._epoch, self._augment)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="images")
        return self._pool.submit(self._images.load, i, self._epoch, self._augment)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._waiting.clear()
