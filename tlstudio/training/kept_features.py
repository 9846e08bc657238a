"""The frozen backbone runs once over every picture; the head learns from what came out. See `source`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import psutil
import torch
from torch import Tensor, nn

from tlstudio.control import Control
from tlstudio.data.datasets import ImageSet
from tlstudio.data.mask_pipeline import Geometry, MaskPipeline
from tlstudio.data.mask_set import MaskSet
from tlstudio.data.transforms import Pipeline
from tlstudio.events import Event, Progress
from tlstudio.models.network import Network
from tlstudio.training.features import Features, joined, mapped, size, tensors
from tlstudio.training.measure import BATCH
from tlstudio.training.pace import Pace
from tlstudio.training.source import Batch, Loader, View

BUDGET = 4 << 30  # bytes of maps that are kept at most, and a quarter of the memory that is free
_SHARE_OF_MEMORY = 0.25


class KeptFeatures:
    """Every picture runs through the frozen backbone once (`fill`); the head learns from what came out."""

    def __init__(
        self,
        network: Network,
        sets: dict[str, ImageSet] | dict[str, MaskSet],
        pipeline: Pipeline | MaskPipeline,
        device: torch.device,
        *,
        control: Control,
    ) -> None:
        self.module: nn.Module = network.head
        self._network, self._device = network, device
        self._sets: Any = sets
        self._control = control
        self._loader = Loader(pipeline, device, control)
        self._features: dict[str, Features] = {}
        self._labels: dict[str, Tensor] = {}
        self._views: dict[str, list[tuple[Features, Geometry]]] = {}

    def fill(self, splits: Sequence[str], pace: Pace) -> Generator[Event, None, None]:
        """Compute the features of those splits and keep them on the device: (N, D) float32, or the maps that the head takes."""
        total, done = sum(len(self._sets[split]) for split in splits), 0
        self._network.module.eval()
        for split in splits:
            images = self._sets[split]
            images.forget()  # every picture is looked at once
            whole = isinstance(images, MaskSet) and split != "train"
            for n in self._wholes(split) if whole else self._plain(split):
                done += n
                pace.add(n)
                yield Progress(
                    phase="features", done=done, total=total, overall=pace.share, remaining=pace.remaining, per_second=pace.per_second
                )

    def _plain(self, split: str) -> Generator[int, None, None]:
        images, parts, labels = self._sets[split], [], []
        for inputs, truth in self._loader(images, range(len(images)), BATCH if isinstance(images, ImageSet) else _MAPS_BATCH):
            with torch.inference_mode():
                parts.append(self._network.features(inputs))
            labels.append(truth if truth.dim() == 1 else truth.to(torch.uint8))  # of masks there is one for each pixel
            yield len(inputs)
        self._features[split], self._labels[split] = joined(parts), torch.cat(labels)

    def _wholes(self, split: str) -> Generator[int, None, None]:
        self._views[split] = kept = []
        for inputs, geometry, _ in self._loader.views(self._sets[split]):
            with torch.inference_mode():
                kept.append((self._network.features(inputs), geometry))
            yield 1

    def train(self, order: Sequence[int], cuts: Sequence[tuple[int, int]], epoch: int) -> Generator[Batch, None, None]:
        features, labels = self._features["train"], self._labels["train"]
        places = torch.as_tensor(order, device=self._device)
        for a, b in cuts:
            self._control.check()
            yield mapped(lambda tensor, chosen=places[a:b]: tensor[chosen], features), labels[places[a:b]].long()  # type: ignore[misc]

    def plain(self, split: str) -> Generator[Batch, None, None]:
        features, labels = self._features[split], self._labels[split]
        for start in range(0, len(labels), BATCH):
            yield mapped(lambda tensor, at=start: tensor[at : at + BATCH], features), labels[start : start + BATCH]  # type: ignore[misc]

    def views(self, split: str) -> Generator[View, None, None]:
        images = self._sets[split]
        for i, (features, geometry) in enumerate(self._views[split]):
            self._control.check()
            yield features, geometry, images.labels_of(i)


_MAPS_BATCH = 8  # pictures of scenes are larger than those of things


def fits(network: Network, shape: tuple[int, int], pixels: int, device: torch.device) -> bool:
    """Whether the maps of pictures of so many pixels in all can be kept; asked of one picture of that shape (H, W), in eval mode."""
    network.module.eval()
    with torch.inference_mode():
        features = network.features(torch.zeros(1, 3, *shape, device=device))
    if any(tensor.shape[0] != 1 for tensor in tensors(features)):
        return False
    return room_for(size(features) * pixels // (shape[0] * shape[1]), device)


def room_for(nbytes: int, device: torch.device) -> bool:
    """Whether maps of that size may be kept on the device."""
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available
    return nbytes <= min(BUDGET, int(free * _SHARE_OF_MEMORY))
