"""Batches on their way from files to the device: made ahead by threads, sent as bytes, normalised there."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import torch
from torch import Tensor

from tlstudio.control import Control
from tlstudio.data.ahead import Ahead
from tlstudio.data.datasets import batches
from tlstudio.data.decode_threads import DecodeThreads
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.data.mask_set import MaskSet, Whole
from tlstudio.data.masks import IGNORE
from tlstudio.data.transforms import Pipeline
from tlstudio.training.prepare import memory_format_of

WORKERS = 2  # threads that decode ahead where there is no time to find out how many are best
_FIRST = {"cpu": 2}  # threads that are tried first
_FIRST_ELSEWHERE = 8
_SOME = 97  # of so many pixels one is looked at first, to see whether a mask says anything


class Loader:
    """Pictures made ready ahead by threads, sent to the device as bytes, normalised there.

    layout: how images lie in memory. empty: whether no pixel of the batch that was yielded last has a label, so that nothing can be learned
    from it; known without a look at the device. Always False for labels of whole pictures.
    """

    def __init__(
        self, pipeline: Pipeline | MaskPipeline, device: torch.device, control: Control, layout: torch.memory_format | None = None
    ) -> None:
        self._pipeline, self._device, self._control = pipeline, device, control
        self._format = memory_format_of(device) if layout is None else layout
        # On CUDA such a copy does not wait for the steps before it. On MPS it may read memory that is gone (pytorch #189690).
        self._ahead = device.type == "cuda"
        self._first = _FIRST.get(device.type, _FIRST_ELSEWHERE)
        self.empty = False

    def __call__(
        self, images: Any, order: Sequence[int], size: int, epoch: int = 0, augment: bool = False
    ) -> Generator[tuple[Tensor, Tensor], None, None]:
        """Batches of training views: float32 (B, 3, H, W), channels last where that is fast, and int64 labels; both on the device."""
        threads = images.threads.setdefault(augment, DecodeThreads(first=self._first))
        loaded = batches(images, order, size, epoch=epoch, augment=augment, workers=threads, control=self._control, pinned=self._ahead)
        try:
            for pixels, labels, _ in loaded:
                self.empty = labels.dim() > 1 and _says_nothing(labels)
                yield self._input(pixels), labels.to(self._device, non_blocking=self._ahead).long()
        finally:
            loaded.close()  # type: ignore[attr-defined]
            images.commit()

    def views(self, images: MaskSet, order: Sequence[int] | None = None) -> Generator[Whole, None, None]:
        """Whole pictures, those of the order or all."""
        threads = images.threads.setdefault("whole", DecodeThreads(first=self._first))
        indices = range(len(images)) if order is None else order
        ahead, clock = Ahead(_Scenes(images), indices, 0, False, threads, self._first), self._control.clock
        try:
            for _ in indices:
                began = clock()
                yield self._view(ahead.take())
                if ahead.busy:
                    threads.took(1, clock() - began)
        finally:
            ahead.close()
            images.commit()

    def view(self, images: MaskSet, i: int) -> Whole:
        """Whole picture i."""
        return self._view(images.whole(i))

    def _view(self, loaded: Whole) -> Whole:
        self._control.check()
        pixels, geometry, labels = loaded
        pixels = pixels.permute(1, 2, 0)[None]  # keeps its pixels side by side
        return self._input((pixels.pin_memory() if self._ahead else pixels).permute(0, 3, 1, 2)), geometry, labels

    def _input(self, pixels: Tensor) -> Tensor:
        inputs = self._pipeline.normalise(pixels.to(self._device, non_blocking=self._ahead))
        return inputs.contiguous(memory_format=self._format)


class _Scenes:
    """Whole pictures of a set, which may be large: as many lie ready at a time as threads are tried first."""

    def __init__(self, images: MaskSet) -> None:
        self._images = images

    def load(self, i: int, epoch: int, augment: bool) -> Whole:
        return self._images.whole(i)

    def kept(self, i: int) -> Whole | None:
        return self._images.kept_whole(i)


def _says_nothing(masks: Tensor) -> bool:
    """Whether masks (B, H, W) on the CPU have no label at all."""
    return bool((masks.view(-1)[::_SOME] == IGNORE).all()) and bool((masks == IGNORE).all())
