"""Views made ahead by threads, in the order in which they will be asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

import torch

from tlstudio.data.decode_threads import DecodeThreads

View = TypeVar("View")
Made_co = TypeVar("Made_co", covariant=True)


class Makes(Protocol[Made_co]):
    """What views come from: the one of picture i, and the one that lies ready, if it does."""

    def load(self, i: int, epoch: int, augment: bool) -> Made_co: ...
    def kept(self, i: int) -> Made_co | None: ...


class Views(Makes[View], Protocol[View]):
    """A set of pictures that can be made ahead and laid together: `ImageSet`, or `MaskSet` with masks."""

    def stacked(self, views: Sequence[View], indices: Sequence[int], *, pinned: bool = False) -> tuple[torch.Tensor, torch.Tensor]: ...


class Ahead(Generic[View]):
    """Views in order, `room` of them on their way at a time. Threads start with the first view that does not lie ready.

    threads: how many; a number that changes is heeded from the next view on. To be closed.
    """

    def __init__(
        self, images: Makes[View], order: Sequence[int], epoch: int, augment: bool, threads: int | DecodeThreads, room: int
    ) -> None:
        self._images, self._order, self._epoch, self._augment = images, order, epoch, augment
        self._threads, self._room = threads, room
        self._next = 0
        self._waiting: deque[View | Future[View]] = deque()
        self._pools: dict[int, ThreadPoolExecutor] = {}
        self.busy = False
        """Whether anything had to be made, by threads or here."""

    def take(self) -> View:
        """The next view."""
        threads = self._threads if isinstance(self._threads, int) else self._threads.now
        room = self._room if threads else 0
        while self._next < len(self._order) and (not self._waiting or len(self._waiting) <= room):
            self._waiting.append(self._begun(self._order[self._next], threads))
            self._next += 1
        first = self._waiting.popleft()
        return first.result() if isinstance(first, Future) else first

    def _begun(self, i: int, threads: int) -> View | Future[View]:
        kept = None if self._augment else self._images.kept(i)
        if kept is not None:
            return kept
        self.busy = True
        if not threads:
            return self._images.load(i, self._epoch, self._augment)
        if threads not in self._pools:
            self._pools[threads] = ThreadPoolExecutor(threads, thread_name_prefix="images")
        return self._pools[threads].submit(self._images.load, i, self._epoch, self._augment)

    def close(self) -> None:
        """Let no thread stay behind."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in self._pools.values():
            pool.shutdown(wait=True)
        self._waiting.clear()
