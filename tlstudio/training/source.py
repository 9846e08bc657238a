"""Where training steps and measurements get their inputs: pictures through the whole network, or kept features through the head.

With everything but the head frozen, and no randomness before it, what enters the head is the same in every epoch: it is
computed once and kept. Both sources measure the same numbers to the bit; in training they agree to float rounding, for there the
backbone gets its images in other batches.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from tlstudio.control import Control
from tlstudio.data.datasets import ImageSet, batches
from tlstudio.data.transforms import Pipeline
from tlstudio.events import Event, Progress
from tlstudio.models.network import Network
from tlstudio.training.measure import BATCH
from tlstudio.training.pace import Pace
from tlstudio.training.prepare import memory_format_of

WORKERS = 2  # threads that decode ahead

Batch = tuple[Tensor, Tensor]
"""Inputs (B, ...) float on the device, labels (B,) int64 on the device."""


class Source(Protocol):
    """module is what learns and is called with a batch's inputs; it gives logits (B, C)."""

    module: nn.Module

    def train(self, order: Sequence[int], cuts: Sequence[tuple[int, int]], epoch: int) -> Generator[Batch, None, None]:
        """Batches of training images order[a:b] for each (a, b), augmented where the recipe says so."""
        ...

    def plain(self, split: str) -> Generator[Batch, None, None]:
        """All images of a split in order, in measuring batches, never augmented."""
        ...


class WholeNetwork:
    """Every batch runs through the whole network."""

    def __init__(
        self,
        network: Network,
        sets: dict[str, ImageSet],
        pipeline: Pipeline,
        device: torch.device,
        *,
        augment: bool,
        control: Control,
    ) -> None:
        self.module: nn.Module = network.module
        self._sets, self._augment = sets, augment
        self._loader = _Loader(pipeline, device, control)

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


class KeptFeatures:
    """Every picture runs through the frozen backbone once (`fill`); the head learns from what came out."""

    def __init__(self, network: Network, sets: dict[str, ImageSet], pipeline: Pipeline, device: torch.device, *, control: Control) -> None:
        self.module: nn.Module = network.head
        self._network, self._sets, self._device = network, sets, device
        self._control = control
        self._loader = _Loader(pipeline, device, control)
        self._features: dict[str, Tensor] = {}
        self._labels: dict[str, Tensor] = {}

    def fill(self, splits: Sequence[str], pace: Pace) -> Generator[Event, None, None]:
        """Compute the features of those splits, (N, D) float32 each, kept on the device."""
        total, done = sum(len(self._sets[split]) for split in splits), 0
        self._network.module.eval()
        for split in splits:
            images, parts = self._sets[split], []
            images.forget()  # every picture is looked at once
            for inputs, _ in self._loader(images, range(len(images)), BATCH):
                with torch.inference_mode():
                    parts.append(self._network.features(inputs))
                done += len(inputs)
                pace.add(len(inputs))
                yield Progress(
                    phase="features", done=done, total=total, overall=pace.share, remaining=pace.remaining, per_second=pace.per_second
                )
            self._features[split] = torch.cat(parts)
            self._labels[split] = images.labels.to(self._device)

    def train(self, order: Sequence[int], cuts: Sequence[tuple[int, int]], epoch: int) -> Generator[Batch, None, None]:
        features, labels = self._features["train"], self._labels["train"]
        places = torch.as_tensor(order, device=self._device)
        for a, b in cuts:
            self._control.check()
            yield features[places[a:b]], labels[places[a:b]]

    def plain(self, split: str) -> Generator[Batch, None, None]:
        features, labels = self._features[split], self._labels[split]
        for start in range(0, len(labels), BATCH):
            yield features[start : start + BATCH], labels[start : start + BATCH]


class _Loader:
    """Batches decoded ahead by threads, sent to the device as uint8, normalised there."""

    def __init__(self, pipeline: Pipeline, device: torch.device, control: Control) -> None:
        self._pipeline, self._device, self._control = pipeline, device, control
        self._format = memory_format_of(device)
        # On CUDA such a copy does not wait for the steps before it. On MPS it may read memory that is gone (pytorch #189690).
        self._ahead = device.type == "cuda"

    def __call__(
        self, images: ImageSet, order: Sequence[int], size: int, epoch: int = 0, augment: bool = False
    ) -> Generator[Batch, None, None]:
        loaded = batches(images, order, size, epoch=epoch, augment=augment, workers=WORKERS, control=self._control)
        for pixels, labels, _ in loaded:
            inputs = self._pipeline.normalise(pixels.to(self._device, non_blocking=self._ahead))
            yield inputs.contiguous(memory_format=self._format), labels.to(self._device, non_blocking=self._ahead)


def cut(n: int, size: int) -> list[tuple[int, int]]:
    """Where an epoch's order is cut into batches. A last batch of one joins the one before: BatchNorm cannot learn from one image."""
    cuts = [(start, min(start + size, n)) for start in range(0, n, size)]
    if len(cuts) > 1 and cuts[-1][1] - cuts[-1][0] == 1:
        cuts[-2:] = [(cuts[-2][0], n)]
    return cuts
