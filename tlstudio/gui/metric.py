"""The one figure that a run is judged by: accuracy where it tells classes, mean IoU where it makes masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication

from tlstudio.events import EpochEnded

MASKS = "segmentation"


def tr(text: str) -> str:
    return QCoreApplication.translate("metric", text)


def of_row(row: Mapping[str, Any]) -> float | None:
    """Of a row of `api.list_runs`, on its validation images; 0..1."""
    value = row.get("val_mean_iou" if row.get("task") == MASKS else "val_accuracy")
    return None if value is None else float(value)


def of_epoch(epoch: EpochEnded) -> float | None:
    """Of a line of the epoch table; 0..1."""
    return epoch.val_accuracy if epoch.val_mean_iou is None else epoch.val_mean_iou


def word(task: str) -> str:
    """As it begins a line."""
    return tr("Mean IoU") if task == MASKS else tr("Accuracy")


def validation_word(tasks: Sequence[str]) -> str:
    """What curves of runs of those tasks show."""
    if set(tasks) == {MASKS}:
        return tr("Mean IoU on validation")
    return tr("Mean IoU, or accuracy, on validation") if MASKS in tasks else tr("Validation accuracy")


def help_of_iou() -> str:
    """What mean IoU is, for tooltips."""
    return tr(
        "Of each class the pixels where prediction and truth agree, divided by those that either of them gives to it, over all images "
        "together; the mean over the classes. 1 is perfect."
    )
