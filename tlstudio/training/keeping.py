"""Whether what the frozen part makes of each image is kept, in which form and where; and the words for it."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch
from torch import Tensor

from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.data.transforms import Pipeline
from tlstudio.models import heads
from tlstudio.models.folded_network import folded_network
from tlstudio.models.freezing import digest
from tlstudio.quantities import duration, size
from tlstudio.training.budget import LEAST_SHARE, room, worth
from tlstudio.training.learner import Learner
from tlstudio.training.out_of_memory import is_out_of_memory
from tlstudio.training.parts import FOLDED, CutApart, HeadApart, Parts
from tlstudio.training.prepare import Images
from tlstudio.training.rows import channels_last

VERSION = 2
_LIBRARIES = ("torch", "torchvision", "timm", "segmentation-models-pytorch")  # which run the layers in front


@dataclass(frozen=True)
class Choice:
    """How the outputs of the frozen part are kept: part of a run's record, for a resume has to do the same.

    how: features, graph, modules or none. dtype: float32, float16 or bfloat16. views: of each training image, taken in turns; 1 where
    nothing is random. where: device, memory or disk. why: what a user is told where nothing is kept, or of modules, why only of those.
    folded: whether what enters the head comes from `folded_network`.
    """

    how: str = "none"
    dtype: str = "float32"
    views: int = 1
    where: str = ""
    why: str = ""
    folded: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def exact(self) -> bool:
        """Whether what learns behind gets the very numbers that the whole network, folded or not, would give it."""
        return self.how == "none" or (self.how == "features" and self.dtype == "float32")


def none(why: str) -> Choice:
    return Choice(why=why)


@dataclass(frozen=True)
class Wish:
    """What a stage would need kept. rows: of training images with their views, and of validation; epochs: of the stage."""

    views: int
    n_train: int
    n_val: int
    epochs: int

    @property
    def rows(self) -> int:
        return self.n_train * self.views + self.n_val

    @property
    def passes(self) -> int:
        """Through the frozen part, if nothing were kept: every epoch learns and judges, and the best is judged once more."""
        return self.n_train * self.epochs + self.n_val * (self.epochs + 1)


def wish(learner: Learner, images: Images) -> Wish:
    training, augment = learner.recipe.training, learner.recipe.augment
    views = min(augment.views, training.epochs) if augment.enabled else 1
    return Wish(views, len(images.sets["train"]), len(images.sets["val"]), training.epochs)


@dataclass(frozen=True)
class Kept:
    """The network in its parts. last: for each tensor that crosses, whether its channels lie side by side; forms: its shape and type."""

    parts: Parts
    choice: Choice
    last: tuple[bool, ...]
    forms: tuple[str, ...] = ()


def choose(learner: Learner, images: Images, *, disk: int, as_before: Choice | None = None) -> Kept | Choice:
    """The parts to train in, and how what crosses is kept; or only the choice of none, with why, where the whole network runs each time.

    disk: bytes that may lie there. as_before: what a resumed run chose, and goes on with. The network is in the modes of training, and is
    again when this returns.
    """
    wanted, device = wish(learner, images), learner.device
    parts, why = _parts(learner, images, wanted, as_before)
    if parts is None:
        return none(why)
    learner.module.eval()
    try:
        if isinstance(parts, HeadApart) and (as_before is None or as_before.folded):
            parts = HeadApart(learner.network, folded_network(learner.network, images.shape))
        one = _of_two(parts, images.shape, device)
    except _NotByImage:
        return none("what crosses the cut cannot be told apart by image")
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return none("not even one picture at a time fits into memory")
    finally:
        learner.train_mode()
    nbytes = sum(tensor.nbytes for tensor in one) // len(one[0]) * _images(images, wanted)
    chosen = as_before or _place(parts, nbytes, device, disk)
    if chosen is None:
        return none(f"it would take {size(nbytes // 2)}, more than memory and disk have to spare")
    forms = tuple(f"{tuple(tensor.shape[1:])} {tensor.dtype}" for tensor in one)
    chosen = replace(chosen, views=wanted.views, folded=parts.digest == FOLDED, why=parts.why)
    return Kept(parts, chosen, tuple(channels_last(tensor) for tensor in one), forms)


class _NotByImage(Exception):
    """A network that mixes the images of a batch, or gives tensors without a batch dimension."""


def _of_two(parts: Parts, shape: tuple[int, int], device: torch.device) -> list[Tensor]:
    """What crosses of two images; float32."""
    two = parts.front(torch.zeros(2, 3, *shape, device=device))
    if any(tensor.dim() == 0 or tensor.shape[0] != 2 for tensor in two):
        raise _NotByImage
    return two


def _parts(learner: Learner, images: Images, wanted: Wish, as_before: Choice | None) -> tuple[Parts | None, str]:
    recipe = learner.recipe
    if as_before is not None and as_before.how == "none":
        return None, as_before.why
    if recipe.training.cache == "exact":
        return None, "every epoch computes everything anew, as exact mode was chosen"
    if learner.head_alone and as_before is None and through_windows(learner, images):
        return None, "the pictures are so large that they are looked at through windows"
    if learner.head_alone:
        return HeadApart(learner.network), ""
    if not learner.frozen:
        return None, "everything learns"
    if as_before is None:
        if wanted.views >= wanted.epochs:
            return None, "the stage has too few epochs to gain from it"
        if not worth((wanted.passes - wanted.rows) * _multiply_adds(learner, images.shape), learner.device):
            return None, "the run is too short for it to save time"
    return _cut(learner, images.shape, as_before)


def expected(learner: Learner, images: Images) -> bool:
    """Whether what enters the head is most likely kept, before anything was looked at."""
    return learner.head_alone and learner.recipe.training.cache == "auto" and not through_windows(learner, images)


def through_windows(learner: Learner, images: Images) -> bool:
    """Whether some scene is so large that it is judged in pieces, each with maps of its own."""
    return isinstance(images.pipeline, MaskPipeline) and any(map(learner.windows.needed, images.judged_shapes))


def _cut(learner: Learner, shape: tuple[int, int], as_before: Choice | None) -> tuple[Parts | None, str]:
    from tlstudio.training.prefix import NoCut, cut

    found = cut(learner.network, shape, device=learner.device)
    learner.train_mode()
    if isinstance(found, NoCut):
        return None, found.why
    if found.share < LEAST_SHARE and as_before is None:
        return None, f"only {found.share:.0%} of the work lies in front of the first layer that learns"
    return CutApart(found), ""


def _multiply_adds(learner: Learner, shape: tuple[int, int]) -> float:
    """Of one image's forward pass, going by the catalogue."""
    entry = learner.network.entry
    return (entry.mult_adds or math.inf) * shape[0] * shape[1] / entry.input_size**2


def _images(images: Images, wanted: Wish) -> int:
    """Rows in all, in training views: scenes that are judged whole count by their pixels."""
    if not isinstance(images.pipeline, MaskPipeline):
        return wanted.rows
    pixels = images.shape[0] * images.shape[1]
    return wanted.n_train * wanted.views + -(-sum(images.judged_views) // pixels)


def _place(parts: Parts, nbytes: int, device: torch.device, disk: int) -> Choice | None:
    """nbytes: of all of them as float32."""
    near = "memory" if device.type == "cpu" else "device"
    if nbytes <= room(device):
        return Choice(parts.how, "float32", where=near)
    if device.type != "cpu" and nbytes <= room(torch.device("cpu")):
        return Choice(parts.how, "float32", where="memory")
    if nbytes // 2 <= room(device):
        return Choice(parts.how, "float16", where=near)
    if device.type != "cpu" and nbytes // 2 <= room(torch.device("cpu")):
        return Choice(parts.how, "float16", where="memory")
    if nbytes // 2 <= disk:
        return Choice(parts.how, "float16", where="disk")
    return None


def facts(learner: Learner, images: Images, kept: Kept, choice: Choice, split: str) -> dict[str, Any]:
    """All that a kept row depends on beside its image: a store of rows is named by them.

    split: training views may be random, those that are judged never are.
    """
    recipe, pipeline, head = learner.recipe, images.pipeline, heads.find(learner.recipe.head.kind)
    chance = recipe.augment.model_dump(mode="json", exclude={"views"}) if recipe.augment.enabled and split == "train" else {}
    return {
        "version": VERSION,
        "libraries": _libraries(),
        "device": learner.device.type,
        "model": [recipe.model.name, recipe.model.cut, learner.network.head_path],
        "weights": digest(learner.before),
        "head": [head.takes, head.dilated, recipe.model.aux > 0],
        "parts": [kept.parts.how, kept.parts.digest, list(kept.forms), list(kept.last)],
        "dtype": choice.dtype,
        "input": [pipeline.size, *images.shape, *pipeline.mean, *pipeline.std],
        "transforms": _views(pipeline, split, bool(chance)),
        "max_pixels": recipe.data.max_pixels,
        "augment": chance,
        "seed": recipe.training.seed if chance else None,
        "masks": _masks(images) if isinstance(images.pipeline, MaskPipeline) and split == "train" else None,
    }


@functools.cache
def _libraries() -> dict[str, str]:
    """Their versions: with another one the same layers may compute something else."""
    out = {}
    for name in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            out[name] = version(name)
    return out


def _views(pipeline: Pipeline | MaskPipeline, split: str, chance: bool) -> dict[str, Any]:
    """What a picture's views depend on."""
    if isinstance(pipeline, MaskPipeline) and split != "train":
        return pipeline.whole_facts
    return pipeline.source_facts if chance else pipeline.plain_facts


def _masks(images: Images) -> str:
    """What the views of masks depend on beside their files: what the values mean, and which classes are rare."""
    coding = images.report.coding
    assert coding is not None
    said = json.dumps([coding.to_json(), images.counts], sort_keys=True, default=str)
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


def sentence(choice: Choice, *, images: int, nbytes: int, computed: int, saves: float | None, pieces: Sequence[str] = ()) -> str:
    """The one line about what is kept. saves: seconds, where that is known; pieces: what else there is to say, in sentences."""
    if choice.how == "none":
        return f"Nothing is kept of the frozen part: {choice.why}."
    what = "What enters the head" if choice.how == "features" else "What the frozen layers make of each image"
    views = f", {choice.views} views of each training image" if choice.views > 1 else ""
    place = {"memory": "in memory", "disk": "on disk", "device": "on the card"}[choice.where]
    known = "" if computed else "taken from an earlier run"
    told = ", ".join(part for part in (known, f"about {duration(saves)} saved" if saves and saves >= 1 else "") if part)
    first = f"{what} is computed once: {images:,} images{views}, {size(nbytes)} {place}" + (f"; {told}." if told else ".")
    coarse = [f"The network could only be cut between whole layers: {choice.why}."] if choice.how == "modules" and choice.why else []
    return " ".join([first, *coarse, *pieces])
