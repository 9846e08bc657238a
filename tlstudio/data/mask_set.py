"""Pictures with their masks, as views to learn from and whole to be judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image

from tlstudio.data import masks
from tlstudio.data.datasets import CACHE_BYTES, Kept
from tlstudio.data.images import load_rgb
from tlstudio.data.mask_pipeline import Geometry, MaskPipeline
from tlstudio.data.masks import Coding, Labels
from tlstudio.data.report import Item
from tlstudio.recipe import MAX_PIXELS

MaskView = tuple[torch.Tensor, torch.Tensor]
"""uint8 (3, H, W) and its mask, uint8 (H, W)."""


class MaskSet:
    """N pictures and their masks. Views without chance, and masks, are kept in memory as they are made, up to a limit.

    items: their paths and masks are relative to root, or absolute. coding: what the mask files say.
    seed: with the epoch and a picture's index it determines its augmented view. rare: a weight for each class, see
    `MaskPipeline.augmented`. cache_bytes: limit of what is kept, see `datasets.Kept`.
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
    ) -> None:
        self._root, self._items, self._coding, self._pipeline = root, items, coding, pipeline
        self._max_pixels, self._seed, self._rare = max_pixels, seed, rare
        self._memory = Kept(cache_bytes)

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
            return self._pipeline.augmented(self._image(i), self.labels_of(i), (self._seed, epoch, i), self._rare)
        if (kept := self.kept(i)) is not None:
            return kept
        view = self._pipeline.plain(self._image(i), self._read(i))  # its mask at full size will not be needed again
        self._memory.keep("plain", i, view, view[0].nbytes + view[1].nbytes)
        return view

    def whole(self, i: int) -> tuple[torch.Tensor, Geometry, Labels]:
        """All of picture i to be judged: uint8 (3, h, w), where in it the picture is, and its mask at full size (h0, w0).

        Not to be written to. Raises ImageProblem.
        """
        labels = self.labels_of(i)
        kept: tuple[torch.Tensor, Geometry] | None = self._memory.get("whole", i)
        if kept is None:
            kept = self._pipeline.whole(self._image(i), labels.shape)
            self._memory.keep("whole", i, kept, kept[0].nbytes)
        return *kept, labels

    def forget(self) -> None:
        """Let go of the views, and keep none from now on. Masks may stay: they are needed whenever something is judged."""
        self._memory.forget("plain", "whole")

    def kept(self, i: int) -> MaskView | None:
        """The plain view of picture i if it is in memory."""
        view: MaskView | None = self._memory.get("plain", i)
        return view

    def stacked(self, views: Sequence[MaskView], indices: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Views as uint8 (B, 3, H, W), with their masks uint8 (B, H, W)."""
        return torch.stack([pixels for pixels, _ in views]), torch.stack([mask for _, mask in views])

    def _image(self, i: int) -> Image.Image:
        return load_rgb(self.path(i), max_pixels=self._max_pixels, at_least=self._pipeline.decode_size)

    def _read(self, i: int) -> Labels:
        return masks.read(self._root / self._items[i].mask, self._coding, max_pixels=self._max_pixels)
