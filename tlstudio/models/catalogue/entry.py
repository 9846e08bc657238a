"""One model of the catalogue: facts that are known without importing torch, and how to construct it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tlstudio import places

if TYPE_CHECKING:
    from torch import Tensor, nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
IMAGENET_CLASSES = 1000

WeightsState = Literal["bundled", "cached", "download", "none"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Literal facts about one model as published.

    params:      parameters with the published head (1000 classes).
    mult_adds:   multiply-adds of one image of input_size, as torch's FLOP counter / 2 counts them.
    input_size:  side in pixels of the square image it was trained for.
    accuracy:    ImageNet-1k top-1 as a share, and accuracy_source who says so; None where not published.
    mean, std:   per channel (red, green, blue), for pixels in 0..1.
    head:        dotted path of the last Linear, the layer that a new head replaces.
    weights_file: a file inside an installed package, "package/folder/file"; None where the weights are downloaded.
    weights_sha256: hex, or its first digits (torchvision puts 8 of them into the file's name).
    """

    name: str
    title: str
    source: str
    task: str
    params: int
    mult_adds: int
    input_size: int
    accuracy: float | None
    accuracy_source: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bilinear", "bicubic", "nearest"]
    licence: str
    head: str
    weights_url: str | None = None
    weights_file: str | None = None
    weights_sha256: str | None = None
    weights_bytes: int = 0
    constructor: Callable[[int], Any] = field(repr=False)
    rename: Callable[[Mapping[str, Tensor], nn.Module], dict[str, Tensor]] | None = field(default=None, repr=False)
    """Gives published tensors the names that this module has, where they differ. Raises ValueError if they do not fit."""

    def construct(self, classes: int = IMAGENET_CLASSES) -> nn.Module:
        """The network as its constructor builds it, with no pretrained weights and its own head of `classes` outputs.

        Its first weights come from torch's global generator. Imports torch.
        """
        module: nn.Module = self.constructor(classes)
        return module

    @property
    def cache_path(self) -> Path | None:
        """Where a download of the weights belongs, in torch's own cache; None where there is nothing to download."""
        return places.torch_weights() / self.weights_url.rpartition("/")[2] if self.weights_url else None

    @property
    def weights_path(self) -> Path | None:
        """The file with the published weights if it is on this computer, else None."""
        inside = _in_package(self.weights_file) if self.weights_file else None
        return next((path for path in (inside, self.cache_path) if path and path.is_file()), None)

    def weights_state(self) -> WeightsState:
        """bundled: installed with the program; cached: downloaded before; download: has to be; none: not published."""
        path = self.weights_path
        if path is None:
            return "download" if self.weights_url else "none"
        return "cached" if path == self.cache_path else "bundled"

    def to_json(self) -> dict[str, Any]:
        """The row of the `models` document."""
        row = {key: getattr(self, key) for key in _ROW}
        return {**row, "weights": self.weights_state()}


_ROW = (
    *("name", "title", "source", "task", "params", "mult_adds", "input_size", "accuracy", "accuracy_source"),
    *("weights_bytes", "licence"),
)


def _in_package(file: str) -> Path | None:
    """The path of "package/folder/file" in an installed package, found without importing it."""
    package, _, inside = file.partition("/")
    found = importlib.util.find_spec(package)
    roots = found.submodule_search_locations if found else None
    return next((Path(root) / inside for root in roots or () if (Path(root) / inside).is_file()), None)
