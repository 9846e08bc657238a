"""The masks of a few validation pictures after every so many epochs, kept in the run folder: one can watch a mask form.

masks/epoch_0005/index.json with the PNG files it names, one folder an epoch; always the same pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlstudio.data import masks
from tlstudio.data.masks import Coding, Labels
from tlstudio.data.overlay_index import OverlayImage, OverlayIndex, write
from tlstudio.errors import StudioError
from tlstudio.events import MasksKept, Note
from tlstudio.runs import Run, cannot_write
from tlstudio.training import mask_scores
from tlstudio.training.setup import Setup

PICTURES = 6


class KeptMasks:
    """Of one epoch: `take` is told every wanted picture's labels, `written` writes them."""

    def __init__(self, run: Run, setup: Setup, epoch: int) -> None:
        self._run, self._epoch = run, epoch
        self._images = setup.images
        self._taken: dict[int, tuple[Labels, NDArray[np.int64]]] = {}
        n = setup.n("val")
        self.wanted = sorted({i * n // min(n, PICTURES) for i in range(min(n, PICTURES))})
        """Indices into the validation pictures, evenly spread."""

    @classmethod
    def due(cls, run: Run, setup: Setup, epoch: int) -> KeptMasks | None:
        """Where this epoch's masks are to be kept."""
        every = setup.recipe.training.keep_masks
        wanted = setup.recipe.data.task == "segmentation" and every and epoch % every == 0
        return cls(run, setup, epoch) if wanted else None

    def take(self, i: int, labels: Labels, confidence: Labels, entropy: Labels, confusion: NDArray[np.int64]) -> None:
        self._taken[i] = labels, confusion

    def written(self) -> Iterator[MasksKept | Note]:
        """Write them. A full disk is told: training goes on without."""
        folder = self._run.path / "masks" / f"epoch_{self._epoch:04d}"
        try:
            self._write(folder)
        except StudioError as error:
            yield Note(level="warn", message=f"The masks of epoch {self._epoch} could not be kept. {error} Training goes on.")
        else:
            yield MasksKept(epoch=self._epoch, folder=str(folder))

    def _write(self, folder: Path) -> None:
        report = self._images.report
        assert report.coding is not None
        own = coding_of(report.coding)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from None
        found = []
        for i, (labels, confusion) in sorted(self._taken.items()):
            item = report.items[self._images.splits.val[i]]
            prediction = folder / f"{i:04d}.png"
            masks.write(prediction, labels, own)
            found.append(
                OverlayImage(
                    report.root / item.path,
                    prediction,
                    report.root / item.mask,
                    split="val",
                    iou=mask_scores.mean_iou(confusion),
                    pixel_accuracy=mask_scores.pixel_accuracy(confusion),
                    per_class=mask_scores.iou(confusion),
                    shares=shares(labels, len(own.classes)),
                )
            )
        classes = [(one.name, one.colour) for one in own.classes]
        write(folder, OverlayIndex(classes, found, report.coding, self._run.path, "val"))


def coding_of(truth: Coding) -> Coding:
    """How predictions are written: the truth's names and colours, values 0, 1, ..."""
    return masks.own(truth.names, [one.colour for one in truth.classes])


def shares(labels: Labels, classes: int) -> list[float]:
    """Share of each class in a mask's pixels."""
    counts = np.bincount(labels.ravel(), minlength=256)[:classes]
    out: list[float] = (counts / max(1, labels.size)).tolist()
    return out
