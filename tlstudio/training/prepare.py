"""From a recipe to everything that a run needs: images in their splits, the network, what of it is frozen."""

from __future__ import annotations

import functools
import hashlib
import queue
import statistics
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

from tlstudio.control import Control, Tell
from tlstudio.data.datasets import ImageSet
from tlstudio.data.mask_pipeline import MaskPipeline, common_shape
from tlstudio.data.mask_set import MaskSet
from tlstudio.data.picture_store import PictureStore
from tlstudio.data.report import DatasetReport, Item, counted
from tlstudio.data.scan import scan
from tlstudio.data.splits import Splits, assign
from tlstudio.data.transforms import Pipeline
from tlstudio.errors import InputError
from tlstudio.events import Event, Note
from tlstudio.models import catalogue
from tlstudio.models.catalogue import Entry
from tlstudio.recipe import Data, Recipe
from tlstudio.runs import absolute

T = TypeVar("T")
SPLITS = ("train", "val", "test")
_STEP, _LEAST = 32, 96  # networks halve a picture five times; in px


@dataclass(frozen=True)
class Images:
    """The data of a run. sets: one a split; pipeline: what brings a picture, and its mask if it has one, to the model.

    store: of decoded pictures on the disk; close it when the sets are no longer used.
    """

    report: DatasetReport
    splits: Splits
    sets: dict[str, ImageSet] | dict[str, MaskSet]
    pipeline: Pipeline | MaskPipeline
    store: PictureStore | None = None

    @property
    def classes(self) -> list[str]:
        return self.report.classes

    @property
    def counts(self) -> list[int]:
        """How much there is of each class: training images, or pixels of masks."""
        train = self.sets["train"]
        if isinstance(train, ImageSet):
            return train.labels.bincount(minlength=len(self.classes)).tolist()
        return pixels_of(self.report, self.splits.train)

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of training views."""
        return self.pipeline.shape if isinstance(self.pipeline, MaskPipeline) else (self.pipeline.size, self.pipeline.size)

    @property
    def judged_views(self) -> list[int]:
        """Pixels of each validation picture as it comes to the model whole, to be judged. For masks."""
        return [height * width for height, width in self.judged_shapes]

    @property
    def judged_shapes(self) -> list[tuple[int, int]]:
        """(H, W) of each validation picture as it comes to the model whole. For masks."""
        assert isinstance(self.pipeline, MaskPipeline)
        return [self.pipeline.geometry(self.report.items[i].height, self.report.items[i].width).view for i in self.splits.val]

    def mask_digest(self, i: int) -> str:
        """BLAKE2b of the mask file of item i of the report."""
        return self._truth(self.report.items[i])

    def digest(self) -> str:
        """BLAKE2b over contents, labels and splits in their order: the same data give the same digest wherever they lie.

        Of masks also over which value is which class: it is said in files of its own, and may be said anew.
        """
        return self._digest

    @functools.cached_property
    def _digest(self) -> str:
        out = hashlib.blake2b(digest_size=16)
        for name in SPLITS:
            lines = [f"{item.digest} {self._truth(item)}" for item in (self.report.items[i] for i in getattr(self.splits, name))]
            out.update("\n".join([name, *lines, ""]).encode())
        if (coding := self.report.coding) is not None:
            out.update(repr((coding.kind, [(one.name, one.values()) for one in coding.classes], coding.ignore)).encode())
        return out.hexdigest()

    def _truth(self, item: Item) -> str:
        if not item.mask:
            return str(item.label)
        try:
            return hashlib.blake2b((self.report.root / item.mask).read_bytes(), digest_size=16).hexdigest()
        except OSError:
            return "gone"


def pipeline_of(recipe: Recipe, entry: Entry) -> Pipeline:
    """The transforms of the recipe, with the model's own size and normalisation where the recipe leaves them open."""
    data = recipe.data
    return Pipeline(data, recipe.augment, size=data.image_size or entry.input_size, mean=data.mean or entry.mean, std=data.std or entry.std)


def mask_pipeline_of(recipe: Recipe, entry: Entry, sizes: Sequence[tuple[int, int]]) -> MaskPipeline:
    """As `pipeline_of`, for pictures with masks. sizes: (width, height) of the training pictures, by which the views are shaped.

    Where the recipe leaves the size open, pictures are not enlarged to that of the model: there is no more to be seen in them.
    """
    data = recipe.data
    usual = statistics.median(min(size) for size in sizes) if sizes else entry.input_size
    size = data.image_size or min(entry.input_size, max(_LEAST, int(usual) // _STEP * _STEP))
    shape = common_shape(sizes, data, size)
    return MaskPipeline(data, recipe.augment, size=size, shape=shape, mean=data.mean or entry.mean, std=data.std or entry.std)


def images_of(recipe: Recipe, tell: Tell, control: Control, *, store: PictureStore | None = None) -> Images:
    """Scan and split the recipe's data. Raises InputError where there is too little to learn from or to judge by.

    store: where decoded pictures are kept for the next run; None: nowhere.
    """
    data = recipe.data
    if not data.path:
        raise InputError("No images were named", "the recipe's data.path is empty", "Give a folder with one sub-folder a class")
    report = scan(absolute(data.path), max_pixels=data.max_pixels, task=data.task, data=data, tell=tell, control=control)
    splits = assign(report, data)
    left_out = report.files - len(report.items)
    if left_out:
        tell(Note(message=f"{left_out:,} of {counted(report.files, 'file')} cannot be used and are left out; the data report lists them."))
    for problem in report.problems:
        if problem.kind in ("untrained_class", "empty_split"):
            tell(Note(message=problem.message, level="warn"))
    if len(report.classes) < 2:
        raise InputError(
            f"There is only one class, '{report.classes[0]}'" if report.classes else "There are no classes",
            "at least two are needed to tell apart",
            "Add a folder with pictures of something else" if data.task == "classification" else "See to it that data.ignore leaves two",
        )
    if not splits.train:
        raise _nothing_to_learn_from(report, data)
    if not splits.val:
        raise _nothing_to_judge_by(report, data)
    entry = catalogue.find(recipe.model.name, data.task)
    if data.task == "segmentation":
        return _with_masks(recipe, entry, report, splits, store)
    pipeline = pipeline_of(recipe, entry)
    sets = {
        name: ImageSet(
            report.root,
            [report.items[i] for i in getattr(splits, name)],
            pipeline,
            max_pixels=data.max_pixels,
            seed=recipe.training.seed,
            store=store,
        )
        for name in SPLITS
    }
    return Images(report, splits, sets, pipeline, store)


def _nothing_to_learn_from(report: DatasetReport, data: Data) -> InputError:
    what = "No image is left to learn from"
    if any(item.split in ("train", None) for item in report.items):
        return InputError(what, "all of them are left out by data.exclude", "Take images out of data.exclude, or add images")
    if report.task == "classification":
        return InputError(what, "none in the training split can be used", "See in the data report why, and mend them or add others")
    said = next((problem.message for problem in report.problems if problem.kind == "empty_split" and problem.level == "bad"), "")
    why = said.partition(": ")[2] or "no picture of train can be used with its mask"
    do = "Mend the masks, or change data.ignore" if "ignored" in why else "See in the data report why, and mend the masks"
    return InputError(what, why, do)


def _nothing_to_judge_by(report: DatasetReport, data: Data) -> InputError:
    what = "No image is left to judge by"
    if any(item.split == "val" for item in report.items):
        return InputError(what, "the whole validation split is left out by data.exclude", "Take images out of data.exclude")
    if not data.val_share:
        return InputError(what, "the validation share is 0", "Raise data.val_share")
    if report.task == "classification":
        return InputError(what, "no class has 3 different images", "Add images")
    return InputError(what, "there are less than 3 different pictures with masks to learn from", "Add pictures with their masks")


def pixels_of(report: DatasetReport, items: Sequence[int]) -> list[int]:
    """Pixels of each class in the masks of those items."""
    return [sum(report.shown[i].get(label, 0) for i in items) for label in range(len(report.classes))]


def _with_masks(recipe: Recipe, entry: Entry, report: DatasetReport, splits: Splits, store: PictureStore | None) -> Images:
    assert report.coding is not None
    pipeline = mask_pipeline_of(recipe, entry, [(report.items[i].width, report.items[i].height) for i in splits.train])
    pixels = pixels_of(report, splits.train)
    sets = {
        name: MaskSet(
            report.root,
            [report.items[i] for i in getattr(splits, name)],
            report.coding,
            pipeline,
            max_pixels=recipe.data.max_pixels,
            seed=recipe.training.seed,
            rare=[sum(pixels) / max(1, n) for n in pixels],
            store=store,
        )
        for name in SPLITS
    }
    return Images(report, splits, sets, pipeline, store)


def device_of(recipe: Recipe) -> torch.device:
    """The device that the recipe asks for; auto takes the first that is there of cuda, xpu, mps, cpu.

    Raises InputError for one that is not there.
    """
    there: dict[str, Callable[[], bool]] = {
        "cuda": torch.cuda.is_available,
        "xpu": lambda: hasattr(torch, "xpu") and torch.xpu.is_available(),
        "mps": torch.backends.mps.is_available,
        "cpu": lambda: True,
    }
    wanted = recipe.training.device
    if wanted == "auto":
        return torch.device(next(name for name, available in there.items() if available()))
    if not there[wanted]():
        raise InputError(
            f"There is no device '{wanted}' on this computer",
            "or torch was installed without support for it",
            "Set training.device to auto",
        )
    return torch.device(wanted)


def memory_format_of(device: torch.device) -> torch.memory_format:
    """How images and weights lie in memory: channels last, which is fastest, but for MPS, where torch fails on it (pytorch #188371)."""
    return torch.contiguous_format if device.type == "mps" else torch.channels_last


def streamed(work: Callable[[Tell], T], control: Control) -> Generator[Event, None, T]:
    """Run work(tell) in a thread and yield what it tells; the generator's return value is the result (use `yield from`)."""
    said: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    result: list[T] = []
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work(said.put))
        except BaseException as error:
            trouble.append(error)
        finally:
            said.put(None)

    thread = threading.Thread(target=run, name="prepare", daemon=True)
    thread.start()
    try:
        while (event := said.get()) is not None:
            if control.stopping:  # nothing was learned that could be kept
                control.cancel()
            yield event
    except GeneratorExit:
        control.cancel()
        raise
    finally:
        thread.join()
    if trouble:
        raise trouble[0]
    return result[0]
