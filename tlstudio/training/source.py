"""Where training steps and measurements get their inputs: pictures through the whole network, or kept rows through what learns.

What frozen layers in front make of a view is the same in every epoch: it is computed once and kept (`cached`). With float32 kept in front
of the head both sources measure the same numbers to the bit; in training they agree to float rounding, for there the frozen part gets its
images in other batches.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from tlstudio.control import Control
from tlstudio.data.datasets import ImageSet
from tlstudio.data.mask_pipeline import Geometry, MaskPipeline
from tlstudio.data.mask_set import MaskSet
from tlstudio.data.masks import Labels
from tlstudio.data.transforms import Pipeline
from tlstudio.models.network import Network
from tlstudio.training.features import Features
from tlstudio.training.loader import WORKERS, Loader
from tlstudio.training.machine_probe import format_of
from tlstudio.training.measure import BATCH

__all__ = ["WORKERS", "Batch", "Loader", "Source", "View", "WholeNetwork", "cut"]

Batch = tuple[Features, Tensor]
"""Inputs (B, ...) float on the device, int64 on the device: labels (B,), or those of each pixel (B, H, W)."""
View = tuple[Features, Geometry, Labels]
"""One whole picture: its inputs (1, ...) float on the device, where its pixels are, and its mask at the size of the picture."""


class Source(Protocol):
    """module is what learns and is called with a batch's inputs; it gives logits (B, C), or (B, C, h, w).

    judged: what measurements call with what `plain` and `views` give. exact: whether they come to the very figures of `evaluate`.
    """

    module: nn.Module

    @property
    def judged(self) -> nn.Module: ...

    @property
    def exact(self) -> bool: ...

    @property
    def empty(self) -> bool:
        """Whether no pixel of the batch that `train` yielded last has a label."""
        ...

    def learn(self) -> None:
        """Put into training mode what is not a module of the network, which is in it already."""
        ...

    def judge(self) -> None:
        """Put everything into eval mode."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...

    def train(self, order: Sequence[int], cuts: Sequence[tuple[int, int]], epoch: int) -> Generator[Batch, None, None]:
        """Batches of training images order[a:b] for each (a, b), augmented where the recipe says so."""
        ...

    def plain(self, split: str, share: tuple[int, int] = (0, 1)) -> Generator[Batch, None, None]:
        """All images of a split in order, in measuring batches, never augmented. For classes of whole images.

        share: (r, k) gives batches r, r + k, ...: those of rank r of k.

        Inputs are always BATCH images: the last ones of a split are filled up, for rounding depends on the size of a batch. Labels are
        those of the true ones, which come first.
        """
        ...

    def views(self, split: str, which: Sequence[int] | None = None) -> Generator[View, None, None]:
        """Pictures of a split, all in order or those named, one at a time and whole. For masks."""
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
        layout: torch.memory_format | None = None,
    ) -> None:
        self.module: nn.Module = network.module
        self.judged = self.module
        self._sets: Any = sets
        self._augment = augment
        self._loader = Loader(pipeline, device, control, format_of(network.module, device) if layout is None else layout)

    def train(self, order: Sequence[int], cuts: Sequence[tuple[int, int]], epoch: int) -> Generator[Batch, None, None]:
        images = self._sets["train"]
        # The last batch may be one larger than the others, see `cut`.
        larger = len(cuts) > 1 and cuts[-1][1] - cuts[-1][0] > cuts[0][1] - cuts[0][0]
        for group in [cuts[:-1], cuts[-1:]] if larger else [cuts]:
            if group:
                size = group[0][1] - group[0][0]
                yield from self._loader(images, order[group[0][0] : group[-1][1]], size, epoch, self._augment)

    @property
    def exact(self) -> bool:
        return True

    @property
    def empty(self) -> bool:
        return self._loader.empty

    def learn(self) -> None:
        """Everything is a module of the network."""

    def judge(self) -> None:
        self.module.eval()

    def close(self) -> None:
        """There are no files."""

    def plain(self, split: str, share: tuple[int, int] = (0, 1)) -> Generator[Batch, None, None]:
        images = self._sets[split]
        starts = range(share[0] * BATCH, len(images), share[1] * BATCH)
        places = [i for start in starts for i in filled(range(start, min(start + BATCH, len(images))), BATCH)]
        for start, (inputs, labels) in zip(starts, self._loader(images, places, BATCH), strict=True):
            yield inputs, labels[: len(images) - start]

    def views(self, split: str, which: Sequence[int] | None = None) -> Generator[View, None, None]:
        yield from self._loader.views(self._sets[split], which)


def filled(places: Sequence[int], size: int) -> list[int]:
    """The places, and as many of them again as make the last batch a whole one."""
    return [*places, *(places[i % len(places)] for i in range(-len(places) % size))]


def cut(n: int, size: int, least: int = 2) -> list[tuple[int, int]]:
    """Where an epoch's order is cut into batches. A last one of less than `least` joins the one before: BatchNorm cannot learn from one
    image, and of several ranks each needs one."""
    cuts = [(start, min(start + size, n)) for start in range(0, n, size)]
    if len(cuts) > 1 and cuts[-1][1] - cuts[-1][0] < least:
        cuts[-2:] = [(cuts[-2][0], n)]
    return cuts
