"""Pictures with their masks, as views to learn from and whole to be judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from PIL import Image

from tlstudio.data import masks
from tlstudio.data.decode_threads import DecodeThreads
from tlstudio.data.images import load_rgb_and_digest
from tlstudio.data.kept import CACHE_BYTES, Kept
from tlstudio.data.mask_pipeline import Geometry, MaskPipeline
from tlstudio.data.masks import Coding, Labels
from tlstudio.data.picture_store import PictureStore, Shelf
from tlstudio.data.pixels import stacked
from tlstudio.data.report import Item
from tlstudio.recipe import MAX_PIXELS

MaskView = tuple[torch.Tensor, torch.Tensor]
"""uint8 (3, H, W) and its mask, uint8 (H, W)."""
Whole = tuple[torch.Tensor, Geometry, Labels]
"""uint8 (3, h, w), where in it the picture is, and its mask at full size, (h0, w0)."""


class MaskSet:
    """N pictures and their masks. Views without chance, what others are made from, and masks are kept as they are made.

    They are kept in memory up to a limit, and pictures also on the disk for this and later runs; what is kept changes no view.
    items: their paths and masks are relative to root, or absolute. coding: what the mask files say.
    seed: with the epoch and a picture's index it determines its augmented view. rare: a weight for each class, see
    `MaskPipeline.augmented`. cache_bytes: limit in memory, see `Kept`. store: on the disk, shared by the sets of a run; None: nothing
    is kept there.
    """

    def __init__(
        self,
        root: Path,
        items: Sequence[Item],
        coding: Coding,
        pipeline: MaskPipeline,
        *,
        max_pixels: int = MAX_PIXELS,
        seed: int,
        rare: Sequence[float] | None = None,
        cache_bytes: int = CACHE_BYTES,
        store: PictureStore | None = None,
    ) -> None:
        self._root, self._items, self._coding, self._pipeline = root, items, coding, pipeline
        self._max_pixels, self._seed, self._rare = max_pixels, seed, rare
        self._memory = Kept(cache_bytes)
        self._store, self._shelves = store, dict[str, Shelf]()
        self.changed: set[int] = set()
        """Pictures whose files are no longer those that were scanned."""
        self.threads: dict[bool | str, DecodeThreads] = {}
        """How many threads make views ahead, plain, augmented and whole ones: found out once for as long as the set lives."""

    def __len__(self) -> int:
        return len(self._items)

    def path(self, i: int) -> Path:
        """The file of picture i."""
        return self._root / self._items[i].path

    def labels_of(self, i: int) -> Labels:
        """The mask of picture i at its full size, (h0, w0). Not to be written to. Raises ImageProblem."""
        kept: Labels | None = self._memory.get("mask", i)
        if kept is not None:
            return kept
        labels = self._read(i)
        self._memory.keep("mask", i, labels, labels.nbytes)
        return labels

    def load(self, i: int, epoch: int, augment: bool) -> MaskView:
        """Picture i and its mask: the plain view, or the augmented one of that epoch. Not to be written to. Raises ImageProblem."""
        if augment:
            source = self._found("source", i)
            if source is None:
                source = self._kept_on("source", i, self._pipeline.source)
            return self._pipeline.view(source, self.labels_of(i), (self._seed, epoch, i), self._rare)
        if (kept := self.kept(i)) is not None:
            return kept
        labels = self._read(i)  # at full size it will not be needed again
        pixels = self._from_disk("plain", i)
        if pixels is None:
            pixels = self._kept_on("plain", i, lambda image: self._pipeline.plain(image, labels)[0])
        view = pixels, self._pipeline.plain_mask(labels)
        self._memory.keep("view", i, view, view[0].nbytes + view[1].nbytes)
        return view

    def whole(self, i: int) -> Whole:
        """All of picture i to be judged: uint8 (3, h, w), where in it the picture is, and its mask at full size (h0, w0).

        Not to be written to. Raises ImageProblem.
        """
        labels = self.labels_of(i)
        pixels = self._found("whole", i)
        if pixels is None:
            pixels = self._kept_on("whole", i, lambda image: self._pipeline.whole(image, labels.shape)[0])
        return pixels, self._pipeline.geometry(*labels.shape), labels

    def kept_whole(self, i: int) -> Whole | None:
        """The same if it is in memory."""
        labels, pixels = self._memory.get("mask", i), self._memory.get("whole", i)
        return None if labels is None or pixels is None else (pixels, self._pipeline.geometry(*labels.shape), labels)

    def forget(self) -> None:
        """Let go of the views in memory, and keep none there until `keep_again`. Masks stay: they are needed to judge."""
        self._memory.forget("view", "whole")

    def keep_again(self) -> None:
        """Keep views in memory as they are made."""
        self._memory.keep_again("view", "whole")

    def kept(self, i: int) -> MaskView | None:
        """The plain view of picture i if it is in memory."""
        view: MaskView | None = self._memory.get("view", i)
        return view

    def stacked(self, views: Sequence[MaskView], indices: Sequence[int], *, pinned: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        """Views as uint8 (B, 3, H, W), with their masks uint8 (B, H, W). pinned: both in pinned memory."""
        first = views[0][1]
        masks_ = torch.empty((len(views), *first.shape), dtype=torch.uint8, pin_memory=pinned)
        torch.stack([mask for _, mask in views], out=masks_)
        return stacked([pixels for pixels, _ in views], pinned=pinned), masks_

    def commit(self) -> None:
        """What was made until now is to be found by later runs. Does not wait for the disk."""
        if self._store is not None:
            self._store.commit()

    def _found(self, kind: str, i: int) -> torch.Tensor | None:
        found: torch.Tensor | None = self._memory.get(kind, i)
        return self._from_disk(kind, i) if found is None else found

    def _from_disk(self, kind: str, i: int) -> torch.Tensor | None:
        shelf = self._shelf(kind)
        return None if shelf is None else shelf.get(self._items[i].digest)

    def _kept_on(self, kind: str, i: int, make: Callable[[Image.Image], torch.Tensor]) -> torch.Tensor:
        """Made from the file of picture i."""
        image, digest = load_rgb_and_digest(self.path(i), max_pixels=self._max_pixels, at_least=self._pipeline.decode_size)
        made = make(image)
        if kind != "plain":  # that is kept with its mask
            self._memory.keep(kind, i, made, made.nbytes)
        if digest != self._items[i].digest:  # not what others will look for
            self.changed.add(i)
        elif (shelf := self._shelf(kind)) is not None:
            shelf.put(digest, made)
        return made

    def _shelf(self, kind: str) -> Shelf | None:
        if self._store is None:
            return None
        if kind not in self._shelves:
            self._shelves[kind] = self._store.shelf(getattr(self._pipeline, f"{kind}_facts"))
        return self._shelves[kind]

    def _read(self, i: int) -> Labels:
        return masks.read(self._root / self._items[i].mask, self._coding, max_pixels=self._max_pixels)
