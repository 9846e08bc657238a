"""One model of the catalogue: facts that are known without importing torch, and how to construct it."""

from __future__ import annotations

import functools
import importlib.util
import os
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

    params:      parameters with the published head.
    mult_adds:   multiply-adds of one image of input_size, as torch's FLOP counter / 2 counts them; None where it cannot.
    input_size:  side in pixels of the square image it was trained for.
    accuracy:    ImageNet-1k top-1 as a share, and accuracy_source who says so; None where not published.
    miou:        of segmentation models the published mean intersection over union as a share, and miou_source.
    mean, std:   per channel (red, green, blue), for pixels in 0..1.
    classes:     outputs of the published head; 0 where features are published, with no head.
    head:        dotted path of the layer that a new head replaces; "" where there is none to name.
    head_type:   class of that layer: Linear mostly, Conv2d in some, a whole head in segmentation models.
    head_width:  features or channels that enter it; None where not known beforehand.
    more_heads:  paths of further heads whose outputs are joined with those of `head` (a distilled model's second one).
    family:      the architecture it belongs to, by the file of its source that constructs it.
    weights_file: a file inside an installed package, "package/folder/file"; None where the weights are downloaded.
    weights_sha256: hex, or its first digits (torchvision puts 8 of them into the file's name).
    weights_bytes: size of the file; of timm's models that of their tensors, which is a little less.
    cached_as:   path of a download below our own weights cache; "" puts it into torch's cache under the name in its address.
    hub:         repository on the Hugging Face hub whose download by other programs is found, "owner/name".
    """

    name: str
    title: str
    source: str
    task: str
    params: int
    mult_adds: int | None
    input_size: int
    accuracy: float | None
    accuracy_source: str
    miou: float | None = None
    miou_source: str = ""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bilinear", "bicubic", "nearest"]
    licence: str
    classes: int = IMAGENET_CLASSES
    head: str
    head_type: str = "Linear"
    head_width: int | None = None
    more_heads: tuple[str, ...] = ()
    family: str = ""
    weights_url: str | None = None
    weights_file: str | None = None
    weights_sha256: str | None = None
    weights_bytes: int = 0
    cached_as: str = ""
    hub: str = ""
    constructor: Callable[[int], Any] = field(repr=False)
    rename: Callable[[Mapping[str, Tensor], nn.Module], dict[str, Tensor]] | None = field(default=None, repr=False)
    """Gives published tensors the names that this module has, where they differ. Raises ValueError if they do not fit."""

    def construct(self, classes: int | None = None) -> nn.Module:
        """The network as its constructor builds it, with no pretrained weights and its own head of `classes` outputs.

        By default it has the published head's outputs, ImageNet's 1000 where none is published; 0 builds timm's with no head.
        Its first weights come from torch's global generator. Imports torch.
        """
        module: nn.Module = self.constructor(self.classes or IMAGENET_CLASSES if classes is None else classes)
        return module

    @property
    def cache_path(self) -> Path | None:
        """Where a download of the weights belongs; None where there is nothing to download."""
        path = self._cache_name()
        return Path(path) if path else None

    def _cache_name(self) -> str:
        torch_folder, own_folder, _ = _caches()
        if self.cached_as:
            return f"{own_folder}/{self.cached_as}"
        return f"{torch_folder}/{self.weights_url.rpartition('/')[2]}" if self.weights_url else ""

    @property
    def weights_path(self) -> Path | None:
        """The file with the published weights if it is on this computer, else None."""
        if self.weights_file and (inside := _in_package(self.weights_file)):
            return inside
        if (path := self._cache_name()) and os.path.isfile(path):  # noqa: PTH113 - asked of every model of a list, four times as quick
            return Path(path)
        return _in_hub_cache(self.hub, str(self.weights_url).rpartition("/")[2]) if self.hub else None

    def weights_state(self) -> WeightsState:
        """bundled: installed with the program; cached: downloaded before; download: has to be; none: not published."""
        if self.weights_path is None:
            return "download" if self.weights_url else "none"
        return "bundled" if self.weights_file else "cached"

    def to_json(self) -> dict[str, Any]:
        """The row of the `models` document."""
        row = {key: getattr(self, key) for key in _ROW}
        return {**row, "weights": self.weights_state()}


_ROW = (
    *("name", "title", "source", "family", "task", "params", "mult_adds", "input_size", "accuracy", "accuracy_source"),
    *("miou", "miou_source", "classes", "head", "weights_bytes", "licence"),
)


# What the caches' places depend on.
_VARIABLES = ("TLSTUDIO_HOME", "TORCH_HOME", "HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HOME")


def _caches() -> tuple[str, str, str]:
    """The folders of torch's weight cache, of our own and of the Hugging Face hub's."""
    return _caches_of(*map(os.environ.get, _VARIABLES))


@functools.lru_cache(1)
def _caches_of(*environment: str | None) -> tuple[str, str, str]:
    """Worked out once for an environment: a list of all models asks a thousand times."""
    return str(places.torch_weights()), str(places.weights()), str(places.hub_weights())


def _in_package(file: str) -> Path | None:
    """The path of "package/folder/file" in an installed package, found without importing it."""
    package, _, inside = file.partition("/")
    found = importlib.util.find_spec(package)
    roots = found.submodule_search_locations if found else None
    return next((Path(root) / inside for root in roots or () if (Path(root) / inside).is_file()), None)


def _in_hub_cache(repository: str, file: str) -> Path | None:
    """A file that huggingface_hub (and so timm) downloaded before, found without importing it."""
    folder = f"{_caches()[2]}/models--{repository.replace('/', '--')}"
    if not os.path.isdir(folder):  # noqa: PTH112 - as above
        return None
    try:
        revision = Path(folder, "refs", "main").read_text().strip()
    except OSError:
        return None
    path = Path(folder, "snapshots", revision, file)
    return path if path.is_file() else None
