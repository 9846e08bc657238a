"""One model of the catalogue: facts that are known without importing torch, and how to construct it."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tlstudio import places
from tlstudio.errors import StudioError

if TYPE_CHECKING:
    from torch import Tensor, nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
IMAGENET_CLASSES = 1000

WeightsState = Literal["bundled", "cached", "download", "none"]


# torchvision's segmentation models are published for the classes of VOC; so are encoders shown as long as no data says otherwise.
_VOC_CLASSES = 21
_SMALLEST_MASKS = 320
# The head that torchvision's segmentation models come with, by its class.
_OWN_HEADS = {"DeepLabHead": "deeplab", "FCNHead": "fcn", "LRASPPHead": "lraspp"}


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """What a classification network can give to a head that makes masks.

    reductions: of its maps, pixels of the image from one unit to the next, finest first. params: without what the maps do not need.
    mult_adds: as an entry's, of what the maps need, at the size that `as_encoder` says.
    constructor: builds the whole classification network so that it takes images of any size, from its classes.
    dilating: as constructor, with the last stage at the reduction of the one before it (its steps become gaps); None: it cannot.
    """

    reductions: tuple[int, ...]
    params: int
    mult_adds: int | None
    constructor: Callable[[int], Any] = field(repr=False)
    dilating: Callable[[int], Any] | None = field(default=None, repr=False)


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
    plug_in:     the entry point of another package that offers it, see `catalogue.GROUP`; "" for our own.
    encoder:     of a classification network what it gives as an encoder, None where it cannot be one, see `as_encoder`.
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
    plug_in: str = ""
    encoder: Encoder | None = None
    constructor: Callable[[int], Any] = field(repr=False)
    rename: Callable[[Mapping[str, Tensor], nn.Module], dict[str, Tensor]] | None = field(default=None, repr=False)
    """Gives published tensors the names that this module has, where they differ. Raises ValueError if they do not fit."""
    with_aux: Callable[[int], Any] | None = field(default=None, repr=False)
    """As constructor, with the auxiliary head that helps while training; None where there is none or it is always there."""

    def construct(self, classes: int | None = None) -> nn.Module:
        """The network as its constructor builds it, with no pretrained weights and its own head of `classes` outputs.

        By default it has the published head's outputs, ImageNet's 1000 where none is published; 0 builds timm's with no head.
        Its first weights come from torch's global generator. Imports torch. Raises StudioError where a plug-in's constructor fails.
        """
        classes = self.classes or IMAGENET_CLASSES if classes is None else classes
        if self.plug_in:
            return _constructed_by(self.plug_in, self.title, self.constructor, classes)
        module: nn.Module = self.constructor(classes)
        return module

    @property
    def role(self) -> Literal["whole", "encoder"]:
        """encoder: only the layers below a new head for masks are published and pretrained."""
        return "encoder" if self.task == "segmentation" and self.encoder is not None else "whole"

    @property
    def outputs(self) -> int:
        """Classes that it is shown with where nothing says otherwise; 0 where it has no head then."""
        return _VOC_CLASSES if self.role == "encoder" else self.classes

    @property
    def own_head(self) -> str:
        """The kind of head that a segmentation model of torchvision was published with; "" for all others."""
        return _OWN_HEADS.get(self.head_type, "") if self.task == "segmentation" else ""

    def as_encoder(self) -> Entry:
        """The same network as an encoder for masks: `construct` gives it whole, `network.build` takes what is needed of it.

        Raises ValueError where it cannot be one.
        """
        if self.encoder is None or self.task != "classification":
            raise ValueError(self.name)
        size = max(_SMALLEST_MASKS, math.ceil(self.input_size / 32) * 32)
        return dataclasses.replace(
            self,
            task="segmentation",
            params=self.encoder.params,
            mult_adds=self.encoder.mult_adds,
            input_size=size,
            head="head",
            head_type="",
            head_width=None,
            more_heads=(),
            constructor=self.encoder.constructor,
        )

    def dilated(self) -> Entry:
        """An encoder whose last stage gives its map at 16 pixels a unit, if it can; itself else."""
        known = self.encoder
        if known is None or known.dilating is None or self.task != "segmentation":
            return self
        at_16 = dataclasses.replace(known, reductions=known.reductions[:-1], dilating=None)
        return dataclasses.replace(self, encoder=at_16, constructor=known.dilating)

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


def _constructed_by(plug_in: str, title: str, constructor: Callable[[int], Any], classes: int) -> nn.Module:
    """Somebody else's code: whatever it does, the user hears whose it was."""
    import torch

    try:
        module = constructor(classes)
        if isinstance(module, torch.nn.Module):
            return module
        why = f"it gave a {type(module).__name__} instead of a network"
    except Exception as error:
        if torch.get_default_device().type == "meta" and isinstance(error, NotImplementedError | RuntimeError):
            raise  # it computes with tensors; `construction.skeleton` tries again with memory
        why = f"{type(error).__name__}: {error}"
    raise StudioError(
        f"{title} cannot be built by the plug-in '{plug_in}'", why, "Update or uninstall that plug-in, or choose another model"
    )


_ROW = (
    *("name", "title", "source", "family", "task", "params", "mult_adds", "input_size", "accuracy", "accuracy_source"),
    *("miou", "miou_source", "classes", "head", "weights_bytes", "licence", "role"),
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
