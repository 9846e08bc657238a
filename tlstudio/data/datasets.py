"""Pictures as tensors, and batches of them made ahead by threads, always in the order asked for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

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
        self._room = min(cache_bytes, int(psutil.virtual_memory().available * _SHARE_OF_MEMORY))
        self._kept: dict[int, torch.Tensor] = {}
        self._lock = threading.Lock()
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
        with self._lock:
            if i not in self._kept and self._room >= view.nbytes:
                self._room -= view.nbytes
                self._kept[i] = view
        return view

    def forget(self) -> None:
        """Let go of the plain views, and keep none from now on."""
        with self._lock:
            self._room = 0
            self._kept.clear()

    def kept(self, i: int) -> torch.Tensor | None:
        """The plain view of picture i if it is in memory."""
        return self._kept.get(i)


Batch = tuple[torch.Tensor, torch.Tensor, list[int]]
"""uint8 (B, 3, S, S), int64 labels (B,), indices into the set."""


def batches(
    images: ImageSet,
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
            yield torch.stack(views), images.labels[indices], indices
    finally:
        ahead.close()


class _Ahead:
    """Views in order, `room` of them on their way at a time. Threads start with the first view that is not in memory."""

    def __init__(self, images: ImageSet, order: Sequence[int], epoch: int, augment: bool, workers: int, room: int) -> None:
        self._images, self._order, self._epoch, self._augment = images, order, epoch, augment
        self._workers, self._room = workers, room
        self._next = 0
        self._waiting: deque[torch.Tensor | Future[torch.Tensor]] = deque()
        self._pool: ThreadPoolExecutor | None = None

    def take(self) -> torch.Tensor:
        """The next view."""
        while self._next < len(self._order) and len(self._waiting) <= self._room:
            self._waiting.append(self._begun(self._order[self._next]))
            self._next += 1
        first = self._waiting.popleft()
        return first.result() if isinstance(first, Future) else first

    def _begun(self, i: int) -> torch.Tensor | Future[torch.Tensor]:
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
