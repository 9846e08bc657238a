"""How good a run's best epoch is on one of its splits, or on other images; every picture with its probabilities."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tlstudio.control import Control, Tell, silent
from tlstudio.data.datasets import ImageSet
from tlstudio.data.masks import NO_VALUE, MaskClass
from tlstudio.data.report import DatasetReport, Item
from tlstudio.data.scan import scan
from tlstudio.data.splits import assign
from tlstudio.data.transforms import Pipeline
from tlstudio.errors import InputError
from tlstudio.evaluation.evaluate_masks import evaluate_masks
from tlstudio.evaluation.predictions import write
from tlstudio.evaluation.trained import Trained, trained
from tlstudio.events import Note, Progress
from tlstudio.runs import Run, absolute, cannot_write
from tlstudio.training.measure import Measured, measure, wilson
from tlstudio.training.out_of_memory import said_in_words
from tlstudio.training.pace import Pace
from tlstudio.training.prepare import SPLITS, images_of
from tlstudio.training.source import WholeNetwork


def evaluate(
    run: Run, *, data: str | None = None, split: str = "val", tell: Tell = silent, control: Control | None = None
) -> dict[str, Any]:
    """The `evaluate` document of a run.

    split: train, val or test of the run's own images. data: other images with the same class names; where they come with
    splits, the named one is taken, else all of them (split is then "all").
    Writes evaluations/<split>.npz (other images: other-<hash>.npz) into the run folder, see `predictions`, and names it under
    `predictions`; of masks a folder evaluations/<split> with index.json, named under `masks`.
    Raises InputError for an empty split or foreign classes.
    """
    control = control or Control()
    if split not in SPLITS:
        raise InputError(f"There is no split '{split}'", "", f"Take one of {', '.join(SPLITS)}")
    model = trained(run)
    if data is None:
        images = images_of(model.recipe, tell, control)
        receipt = run.receipt() or {}
        if images.classes != model.classes:
            raise InputError(
                f"The classes of {images.report.source} are not those of the run {run.name}",
                f"it learned {', '.join(model.classes[:8])}",
                "Bring back the old folders, or train again",
            )
        if images.digest() != receipt.get("data", {}).get("digest"):
            tell(Note(level="warn", message="The images have changed since this run was trained: its figures may differ from the summary."))
        report, items = images.report, [images.report.items[i] for i in getattr(images.splits, split)]
    else:
        split, report, items = _others(model, data, split, tell, control)
    if not items:
        raise InputError(f"There is no image in the split '{split}'", "", "Take another split, or change the shares and train again")
    name = split if data is None else f"other-{hashlib.blake2b(str(absolute(data)).encode(), digest_size=4).hexdigest()}"
    if model.coding is not None:
        return evaluate_masks(model, split, name, report, items, tell, control)
    measured = _measured(model, report.root, items, tell, control)
    return _document(model, split, name, report.root, items, measured)


def _others(model: Trained, data: str, split: str, tell: Tell, control: Control) -> tuple[str, DatasetReport, list[Item]]:
    """Items of a data set that the run was not trained on, with the labels that the run has for their class names."""
    section = model.recipe.data.model_copy(update={"path": data, "exclude": ()})
    report = scan(absolute(data), max_pixels=section.max_pixels, task=section.task, data=section, tell=tell, control=control)
    foreign = [name for name in report.classes if name not in model.classes]
    if foreign:
        raise InputError(
            f"The run does not know the class '{foreign[0]}'",
            f"it was trained on {', '.join(model.classes[:8])}",
            "Give images with those class names",
        )
    if report.split_source == "carved":
        split, chosen = "all", list(range(len(report.items)))
    else:
        chosen = getattr(assign(report, section), split)
    label = {i: model.classes.index(name) for i, name in enumerate(report.classes)}
    items = [report.items[i] for i in chosen]
    if report.coding is not None:  # masks are read with the labels that the run has
        by_name = {one.name: one for one in report.coding.classes}
        nowhere = MaskClass("", NO_VALUE, (0, 0, 0))
        coding = replace(report.coding, classes=tuple(replace(by_name.get(name, nowhere), name=name) for name in model.classes))
        report = replace(report, coding=coding, classes=model.classes)
    return split, report, [replace(item, label=label[item.label]) for item in items]


def _measured(model: Trained, root: Path, items: list[Item], tell: Tell, control: Control) -> Measured:
    data = model.recipe.data
    assert isinstance(model.pipeline, Pipeline)
    images = ImageSet(root, items, model.pipeline, max_pixels=data.max_pixels, seed=model.recipe.training.seed, cache_bytes=0)
    network = model.judged
    source = WholeNetwork(network, {"only": images}, model.pipeline, model.device, augment=False, control=control, layout=model.layout)
    pace = Pace(len(items))

    def forward(inputs: Tensor) -> Tensor:
        out: Tensor = network.module(inputs)
        pace.add(min(len(inputs), len(items) - pace.done))  # the last batch is filled up
        tell(
            Progress(
                phase="evaluate",
                done=round(pace.done),
                total=len(items),
                overall=pace.share,
                remaining=pace.remaining,
                per_second=pace.per_second,
            )
        )
        return out

    with said_in_words(model.device):
        return measure(forward, source.plain("only"))


def _document(model: Trained, split: str, name: str, root: Path, items: list[Item], measured: Measured) -> dict[str, Any]:
    n_classes = len(model.classes)
    confusion, per_class = _per_class(measured, model.classes)
    folder = model.run.path / "evaluations"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    predictions = folder / f"{name}.npz"
    write(predictions, model.classes, [str(root / item.path) for item in items], measured)
    counts = torch.bincount(measured.labels, minlength=n_classes)
    commonest = int(counts.argmax())
    return {
        "run": str(model.run.path),
        "split": split,
        "n": measured.n,
        "classes": model.classes,
        "metrics": {
            "accuracy": measured.accuracy,
            "accuracy_interval": list(wilson(measured.correct, measured.n)),
            "loss": measured.loss,
            "correct": measured.correct,
        },
        "baseline": {"label": model.classes[commonest], "accuracy": int(counts[commonest]) / measured.n},
        "per_class": per_class,
        "confusion": confusion,
        "predictions": str(predictions),
    }


def _per_class(measured: Measured, classes: list[str]) -> tuple[list[list[int]], list[dict[str, Any]]]:
    """The confusion matrix (rows the truth), and precision, recall and F1 of each class; null where undefined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torchmetrics warns on import about optional parts that are not installed
        from torchmetrics.functional.classification import (
            multiclass_confusion_matrix,
            multiclass_f1_score,
            multiclass_precision,
            multiclass_recall,
        )

    said, truth, n = measured.predictions, measured.labels, len(classes)
    confusion = multiclass_confusion_matrix(said, truth, num_classes=n)
    scores = {
        "precision": multiclass_precision(said, truth, num_classes=n, average=None),
        "recall": multiclass_recall(said, truth, num_classes=n, average=None),
        "f1": multiclass_f1_score(said, truth, num_classes=n, average=None),
    }
    was, named = confusion.sum(1), confusion.sum(0)
    rows: list[dict[str, Any]] = []
    for i, name in enumerate(classes):
        known = {"precision": int(named[i]) > 0, "recall": int(was[i]) > 0, "f1": int(was[i]) + int(named[i]) > 0}
        rows.append({"name": name, **{key: float(scores[key][i]) if known[key] else None for key in scores}, "n": int(was[i])})
    return confusion.tolist(), rows
