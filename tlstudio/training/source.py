"""Where training steps and measurements get their inputs: pictures through the whole network, or kept features through the head.

With everything but the head frozen, and no randomness before it, what enters the head is the same in every epoch: it is
computed once and kept (`kept_features`). Both sources measure the same numbers to the bit; in training they agree to float rounding,
for there the backbone gets its images in other batches.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from tlstudio.control import Control
from tlstudio.data.datasets import ImageSet, batches
from tlstudio.data.mask_pipeline import Geometry, MaskPipeline
from tlstudio.data.mask_set import MaskSet
from tlstudio.data.masks import Labels
from tlstudio.data.transforms import Pipeline
from tlstudio.models.network import Network
from tlstudio.training.features import Features
from tlstudio.training.measure import BATCH
from tlstudio.training.prepare import memory_format_of

WORKERS = 2  # threads that decode ahead
_AHEAD = 2  # whole pictures, which may be large

Batch = tuple[Features, Tensor]
"""Inputs (B, ...) float on the device, int64 on the device: labels (B,), or those of each pixel (B, H, W)."""
View = tuple[Features, Geometry, Labels]
"""One whole picture: its inputs (1, ...) float on the device, where its pixels are, and its mask at the size of the picture."""


class Source(Protocol):
    """module is what learns and is called with a batch's inputs; it gives logits (B, C), or (B, C, h, w)."""

    module: nn.Module

    def train(self, order: Sequence[int], cuts: Sequence[tuple[int, int]], epoch: int) -> Generator[Batch, None, None]:
        """Batches of training images order[a:b] for each (a, b), augmented where the recipe says so."""
        ...

    def plain(self, split: str) -> Generator[Batch, None, None]:
        """All images of a split in order, in measuring batches, never augmented. For classes of whole images."""
        ...

    def views(self, split: str) -> Generator[View, None, None]:
        """All pictures of a split in order, one at a time and whole. For masks."""
        ...


class WholeNetwork:
    """Every batch runs through the whole network."""

    def __init__(
        self,
        network: Network,
        sets: dict[str, ImageSet] | dict[str, MaskSet],
        pipeline: Pipeline | MaskPipeline,
        device: torch.device,
        *,
        augment: bool,
        control: Control,
    ) -> None:
        self.module: nn.Module = network.module
        self._sets: Any = sets
        self._augment = augment
        self._loader = Loader(pipeline, device, control)

    def train(self, order: Sequence[int], cuts: Sequence[tuple[int, int]], epoch: int) -> Generator[Batch, None, None]:
        images = self._sets["train"]
        # The last batch may be one larger than the others, see `cut`.
        larger = len(cuts) > 1 and cuts[-1][1] - cuts[-1][0] > cuts[0][1] - cuts[0][0]
        for group in [cuts[:-1], cuts[-1:]] if larger else [cuts]:
            if group:
                size = group[0][1] - group[0][0]
                yield from self._loader(images, order[group[0][0] : group[-1][1]], size, epoch, self._augment)

    def plain(self, split: str) -> Generator[Batch, None, None]:
        images = self._sets[split]
        yield from self._loader(images, range(len(images)), BATCH)

    def views(self, split: str) -> Generator[View, None, None]:
        yield from self._loader.views(self._sets[split])


class Loader:
    """Pictures decoded ahead by threads, sent to the device as uint8, normalised there."""

    def __init__(self, pipeline: Pipeline | MaskPipeline, device: torch.device, control: Control) -> None:
        self._pipeline, self._device, self._control = pipeline, device, control
        self._format = memory_format_of(device)
        # On CUDA such a copy does not wait for the steps before it. On MPS it may read memory that is gone (pytorch #189690).
        self._ahead = device.type == "cuda"

    def __call__(
        self, images: Any, order: Sequence[int], size: int, epoch: int = 0, augment: bool = False
    ) -> Generator[tuple[Tensor, Tensor], None, None]:
        """Batches of training views."""
        loaded = batches(images, order, size, epoch=epoch, augment=augment, workers=WORKERS, control=self._control)
        for pixels, labels, _ in loaded:
            yield self._input(pixels), labels.to(self._device, non_blocking=self._ahead).long()

    def views(self, images: MaskSet) -> Generator[tuple[Tensor, Geometry, Labels], None, None]:
        """Whole pictures, in order."""
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="images") as pool:
            waiting: deque[Future[tuple[Tensor, Geometry, Labels]]] = deque()
            try:
                for i in range(len(images)):
                    waiting.append(pool.submit(images.whole, i))
                    if len(waiting) > _AHEAD:
                        yield self._view(waiting.popleft().result())
                while waiting:
                    yield self._view(waiting.popleft().result())
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _view(self, loaded: tuple[Tensor, Geometry, Labels]) -> tuple[Tensor, Geometry, Labels]:
        self._control.check()
        pixels, geometry, labels = loaded
        return self._input(pixels[None]), geometry, labels

    def _input(self, pixels: Tensor) -> Tensor:
        inputs = self._pipeline.normalise(pixels.to(self._device, non_blocking=self._ahead))
        return inputs.contiguous(memory_format=self._format)


def cut(n: int, size: int) -> list[tuple[int, int]]:
    """Where an epoch's order is cut into batches. A last batch of one joins the one before: BatchNorm cannot learn from one image."""
    cuts = [(start, min(start + size, n)) for start in range(0, n, size)]
    if len(cuts) > 1 and cuts[-1][1] - cuts[-1][0] == 1:
        cuts[-2:] = [(cuts[-2][0], n)]
    return cuts
