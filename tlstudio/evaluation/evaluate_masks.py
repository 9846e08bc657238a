"""How good the masks of a run are on pictures with known masks; every predicted mask kept, to be laid over its picture."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.control import Control, Tell
from tlstudio.data import masks
from tlstudio.data.mask_pipeline import MaskPipeline
from tlstudio.data.mask_set import MaskSet
from tlstudio.data.masks import Labels
from tlstudio.data.overlay_index import OverlayImage, OverlayIndex, write
from tlstudio.data.report import DatasetReport, Item
from tlstudio.evaluation.trained import Trained
from tlstudio.events import Note, Progress
from tlstudio.runs import cannot_write, write_atomic
from tlstudio.training import mask_scores
from tlstudio.training.kept_masks import shares
from tlstudio.training.mask_measure import MeasuredMasks, measured_masks
from tlstudio.training.mask_tiles import Windows
from tlstudio.training.out_of_memory import about_windows
from tlstudio.training.pace import Pace
from tlstudio.training.source import WholeNetwork


def evaluate_masks(
    model: Trained, split: str, name: str, report: DatasetReport, items: Sequence[Item], tell: Tell, control: Control
) -> dict[str, Any]:
    """The `evaluate` document of those items; masks go into RUN/evaluations/NAME with an index.json, see `overlay_index`.

    Raises StudioError where they cannot be written, and where memory is too short, Cancelled.
    """
    assert report.coding is not None
    assert isinstance(model.pipeline, MaskPipeline)
    folder = model.run.path / "evaluations" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "index.json").unlink(missing_ok=True)  # what it names is about to change
    except OSError as error:
        raise cannot_write(folder, error) from None
    data = model.recipe.data
    pictures = MaskSet(
        report.root, items, report.coding, model.pipeline, max_pixels=data.max_pixels, seed=model.recipe.training.seed, cache_bytes=0
    )
    network = model.judged
    source = WholeNetwork(network, {"only": pictures}, model.pipeline, model.device, augment=False, control=control, layout=model.layout)
    windows = Windows.of_run(model.run)  # as the run's own figures were measured, whatever was looked at in between
    before = windows.to_json()
    with _Writer(folder, model, report, items) as writer:
        measuring = measured_masks(
            network,
            lambda: (source.module, source.views("only")),
            model.classes,
            windows=windows,
            edges=True,
            wanted=range(len(items)),
            seen=writer.take,
        )
        measured = _told(measuring, len(items), tell)
    if windows.to_json() != before:
        then = "figures may differ slightly from those that more memory would give, and from the summary of the run"
        tell(Note(level="warn", message=about_windows(model.device, windows, then)))
    classes = [(one.name, one.colour) for one in model.coding.classes] if model.coding else []
    write(folder, OverlayIndex(classes, writer.images(), report.coding, model.run.path, split))
    return {
        "run": str(model.run.path),
        "task": "segmentation",
        "split": split,
        "n": measured.n,
        "classes": model.classes,
        "metrics": measured.figures(),
        "baseline": _baseline(measured),
        "per_class": measured.per_class(),
        "confusion": measured.confusion.tolist(),
        "masks": str(folder),
    }


def _told(measuring: Any, total: int, tell: Tell) -> MeasuredMasks:
    pace = Pace(total)
    while True:
        try:
            done = next(measuring)
        except StopIteration as ended:
            result: MeasuredMasks = ended.value
            return result
        pace.add(1)
        tell(Progress(phase="evaluate", done=done, total=total, overall=pace.share, remaining=pace.remaining, per_second=pace.per_second))


def _baseline(measured: MeasuredMasks) -> dict[str, Any]:
    """What always saying the commonest class would score."""
    pixels = measured.confusion.sum(1)
    commonest = int(pixels.argmax())
    said = np.zeros_like(measured.confusion)
    said[:, commonest] = pixels
    return {
        "label": measured.classes[commonest],
        "pixel_accuracy": mask_scores.pixel_accuracy(said),
        "mean_iou": mask_scores.mean_iou(said),
    }


class _Writer:
    """Writes masks in a thread beside the judging: compressing a large PNG takes as long as making its mask."""

    def __init__(self, folder: Path, model: Trained, report: DatasetReport, items: Sequence[Item]) -> None:
        self._folder, self._model, self._report, self._items = folder, model, report, items
        self._images: dict[int, OverlayImage] = {}
        self._pool = ThreadPoolExecutor(1, "masks")
        self._room = threading.BoundedSemaphore(3)  # large pictures must not pile up
        self._writing: list[Future[None]] = []

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=error is not None)
        if error is None:
            for writing in self._writing:
                writing.result()

    def take(self, i: int, labels: Labels, confidence: Labels, entropy: Labels, confusion: NDArray[np.int64]) -> None:
        self._room.acquire()
        self._writing.append(self._pool.submit(self._write, i, labels, confidence, entropy, confusion))

    def _write(self, i: int, labels: Labels, confidence: Labels, entropy: Labels, confusion: NDArray[np.int64]) -> None:
        try:
            item, stem = self._items[i], stem_of(self._items[i].path)
            assert self._model.coding is not None
            files = {key: self._folder / f"{stem}{end}.png" for key, end in _ENDS.items()}
            masks.write(files["prediction"], labels, self._model.coding)
            write_grey(files["confidence"], confidence)
            write_grey(files["entropy"], entropy)
            self._images[i] = OverlayImage(
                self._report.root / item.path,
                truth=self._report.root / item.mask,
                split=item.split,
                iou=mask_scores.mean_iou(confusion),
                pixel_accuracy=mask_scores.pixel_accuracy(confusion),
                per_class=mask_scores.iou(confusion),
                shares=shares(labels, len(self._model.classes)),
                **files,
            )
        finally:
            self._room.release()

    def images(self) -> list[OverlayImage]:
        return [image for _, image in sorted(self._images.items())]


_ENDS = {"prediction": "", "confidence": ".confidence", "entropy": ".entropy"}


def stem_of(path: str) -> str:
    """A file name for what is predicted of a picture: its own, and a few digits that keep pictures of other folders apart."""
    return f"{Path(path).stem}-{hashlib.blake2b(path.encode('utf-8', 'surrogateescape'), digest_size=3).hexdigest()}"


def write_grey(path: Path, values: Labels) -> None:
    """An 8-bit grey PNG, (H, W) uint8. Raises StudioError where it cannot be written."""
    write_atomic(path, lambda file: Image.fromarray(values, "L").save(file, "PNG", compress_level=1))
