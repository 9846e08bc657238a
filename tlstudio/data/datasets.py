"""Pictures as tensors, and batches of them made ahead by threads, always in the order asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from PIL import Image

from tlstudio.control import Control
from tlstudio.data.ahead import Ahead, View, Views
from tlstudio.data.decode_threads import DecodeThreads
from tlstudio.data.images import load_rgb_and_digest
from tlstudio.data.kept import CACHE_BYTES, Kept
from tlstudio.data.picture_store import PictureStore, Shelf
from tlstudio.data.pixels import stacked
from tlstudio.data.report import Item
from tlstudio.data.transforms import Pipeline
from tlstudio.recipe import MAX_PIXELS

_BATCHES_AHEAD = 2


class ImageSet:
    """N pictures and their labels. Plain views, and what augmented views are made from, are kept as they are made.

    They are kept in memory up to a limit, and on the disk for this and later runs; what is kept changes no view.
    items: paths are relative to root. seed: with the epoch and a picture's index it determines its augmented view.
    cache_bytes: limit in memory; never more than a quarter of what is free when the set is made. store: on the disk, shared by the
    sets of a run; None: nothing is kept there.
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
        store: PictureStore | None = None,
    ) -> None:
        self._root, self._items, self._pipeline = root, items, pipeline
        self._max_pixels, self._seed = max_pixels, seed
        self._memory = Kept(cache_bytes)
        self._store, self._shelves = store, dict[str, Shelf]()
        self.changed: set[int] = set()
        """Pictures whose files are no longer those that were scanned."""
        self.threads: dict[bool, DecodeThreads] = {}
        """How many threads make views ahead, plain and augmented ones: found out once for as long as the set lives."""
        self.labels = torch.tensor([item.label for item in items], dtype=torch.int64)
        """(N,), indices of classes."""

    def __len__(self) -> int:
        return len(self._items)

    def path(self, i: int) -> Path:
        """The file of picture i."""
        return self._root / self._items[i].path

    def load(self, i: int, epoch: int, augment: bool) -> torch.Tensor:
        """Picture i as uint8 (3, S, S): its plain view, or the augmented one of that epoch. Not to be written to. Raises ImageProblem."""
        if not augment:
            return self._made("plain", i, self._pipeline.plain)
        return self._pipeline.view(self._made(self._source, i, self._pipeline.source), (self._seed, epoch, i))

    def forget(self) -> None:
        """Let go of the views in memory, and keep none there until `keep_again`."""
        self._memory.forget("plain", "source")

    def keep_again(self) -> None:
        """Keep views in memory as they are made."""
        self._memory.keep_again("plain", "source")

    def kept(self, i: int) -> torch.Tensor | None:
        """The plain view of picture i if it is in memory, or on the disk."""
        return self._found("plain", i)

    def stacked(self, views: Sequence[torch.Tensor], indices: Sequence[int], *, pinned: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        """Views of those pictures as uint8 (B, 3, S, S), with their labels (B,). pinned: both in pinned memory."""
        labels = self.labels[list(indices)]
        return stacked(views, pinned=pinned), labels.pin_memory() if pinned else labels

    @property
    def _source(self) -> str:
        return "source" if self._pipeline.crops else "plain"

    def commit(self) -> None:
        """What was made until now is to be found by later runs. Does not wait for the disk."""
        if self._store is not None:
            self._store.commit()

    def _made(self, kind: str, i: int, make: Callable[[Image.Image], torch.Tensor]) -> torch.Tensor:
        if (found := self._found(kind, i)) is not None:
            return found
        image, digest = load_rgb_and_digest(self.path(i), max_pixels=self._max_pixels, at_least=self._pipeline.decode_size)
        made = make(image)
        self._memory.keep(kind, i, made, made.nbytes)
        if digest != self._items[i].digest:  # not what others will look for
            self.changed.add(i)
        elif (shelf := self._shelf(kind)) is not None:
            shelf.put(digest, made)
        return made

    def _found(self, kind: str, i: int) -> torch.Tensor | None:
        found: torch.Tensor | None = self._memory.get(kind, i)
        if found is None and (shelf := self._shelf(kind)) is not None:
            found = shelf.get(self._items[i].digest)
        return found

    def _shelf(self, kind: str) -> Shelf | None:
        if self._store is None:
            return None
        if kind not in self._shelves:
            self._shelves[kind] = self._store.shelf(self._pipeline.plain_facts if kind == "plain" else self._pipeline.source_facts)
        return self._shelves[kind]


Batch = tuple[torch.Tensor, torch.Tensor, list[int]]
"""uint8 (B, 3, H, W), channels last; int64 labels (B,) or masks uint8 (B, H, W); indices into the set."""


def batches(
    images: Views[View],
    order: Sequence[int],
    batch_size: int,
    *,
    epoch: int,
    augment: bool,
    workers: int | DecodeThreads,
    control: Control | None = None,
    pinned: bool = False,
) -> Iterator[Batch]:
    """The pictures of `order`, batch by batch, the last one perhaps smaller. Up to two batches are decoded ahead by `workers` threads.

    workers 0: decoded here, one after the other; DecodeThreads: as many as it finds best, by the time from batch to batch.
    pinned: in memory that a graphics card can copy from by itself.
    Raises ImageProblem for a picture that cannot be loaded, Cancelled on control.cancel().
    However it ends, closed early included, no thread stays behind.
    """
    clock = (control or Control()).clock
    ahead = Ahead(images, order, epoch, augment, workers, _BATCHES_AHEAD * batch_size)
    try:
        for start in range(0, len(order), batch_size):
            if control is not None:
                control.check()
            began = clock()
            indices = list(order[start : start + batch_size])
            views = [ahead.take() for _ in indices]
            yield *images.stacked(views, indices, pinned=pinned), indices
            if isinstance(workers, DecodeThreads) and ahead.busy:
                workers.took(len(indices), clock() - began)
    finally:
        ahead.close()
