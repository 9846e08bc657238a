"""What a run said of each image of a split, as its evaluation left it in the run folder; two runs of the same images beside each other.

The one reader of evaluations for all that sets runs beside each other. Needs no torch.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from tlstudio.data import overlay_index
from tlstudio.errors import InputError
from tlstudio.runs import Run

MASKS = "segmentation"


@dataclass(frozen=True)
class Judged:
    """N images, C classes.

    task; classes: names; paths: N absolute paths. truth, said: (N,) int64 class indices, and confusion (C, C) of images, rows the truth;
    empty for masks. scores: (N,) float64: 1 or 0 for right or wrong; for masks the IoU of each image, NaN where there is none.
    per_class: (C,) recall of each class, or its IoU over all images; NaN where it does not occur. counts: (C,) images with that truth.
    """

    task: str
    classes: list[str]
    paths: list[str]
    truth: NDArray[np.int64]
    said: NDArray[np.int64]
    scores: NDArray[np.float64]
    per_class: NDArray[np.float64]
    counts: NDArray[np.int64]
    confusion: NDArray[np.int64]


def file_of(run: Run, task: str, split: str = "val") -> Path:
    """Where an evaluation of that split leaves what it said of each image."""
    return run.path / "evaluations" / (f"{split}/{overlay_index.NAME}" if task == MASKS else f"{split}.npz")


def is_judged(run: Run, task: str, split: str = "val") -> bool:
    """Whether the evaluation is there and not older than the weights; of a run that was brought here without them, whether it is there."""
    try:
        made = file_of(run, task, split).stat().st_mtime_ns
    except OSError:
        return False
    try:
        return made >= run.best.stat().st_mtime_ns
    except OSError:
        return True


def read(run: Run, task: str, split: str = "val", *, file: str | Path = "", ious: Mapping[str, float | None] | None = None) -> Judged:
    """file: what an evaluation of other images left; of masks, their folder. ious: by class, as that evaluation said; else the run's own
    summary is asked. Raises InputError where there is no evaluation, or a damaged one."""
    try:
        if task == MASKS:
            known = ious or (((run.summary() or {}).get("metrics") or {}).get("val_iou") if split == "val" and not file else None)
            return _masks(Path(file) if file else file_of(run, task, split).parent, known or {})
        return _classes(Path(file) if file else file_of(run, task, split))
    except (OSError, ValueError, KeyError, TypeError, EOFError, IndexError, BadZipFile):
        do = f"Measure it again: tlstudio evaluate {run.name}"
        raise InputError(
            f"What {run.name} says of its images is not known", "it was not measured, or what was written is damaged", do
        ) from None


def _classes(place: Path) -> Judged:
    with place.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
        names = json.loads(file["names"].tobytes())
        truth, said = file["truth"].astype(np.int64), file["probabilities"].argmax(1).astype(np.int64)
    n = len(names["classes"])
    confusion = np.bincount(truth * n + said, minlength=n * n).reshape(n, n)
    counts = confusion.sum(1)
    with np.errstate(invalid="ignore"):
        recall = np.diag(confusion) / counts
    return Judged("classification", names["classes"], names["paths"], truth, said, (truth == said).astype(float), recall, counts, confusion)


def _masks(folder: Path, ious: Mapping[str, float | None]) -> Judged:
    document = overlay_index.read(folder)
    classes = [one["name"] for one in document["classes"]]
    images = [one for one in document["images"] if one["truth"] is not None]
    each = np.array([[_nan(v) for v in one["per_class"]] for one in images], float).reshape(len(images), -1)
    counts = np.isfinite(each).sum(0) if each.shape[1] == len(classes) else np.zeros(len(classes))
    none = np.empty(0, np.int64)
    return Judged(
        MASKS, classes, [one["path"] for one in images], none, none, np.array([_nan(one["iou"]) for one in images], float),
        np.array([_nan(ious.get(name)) for name in classes], float), counts.astype(np.int64), np.empty((0, 0), np.int64),
    )  # fmt: skip


def _nan(value: float | None) -> float:
    return math.nan if value is None else float(value)


@dataclass(frozen=True)
class Pair:
    """Two runs on the images that both saw. first, second: (n,) places of the same images in either. Differences: second - first."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    only_first: NDArray[np.int64]
    only_second: NDArray[np.int64]
    """Places (into `first`) of images that only the one got right; for masks, where its IoU is higher, the most first."""
    per_class: NDArray[np.float64]
    """(C,) what the second is better by, in recall or IoU; NaN where either is not known."""
    p_value: float | None
    """Of the exact McNemar test; None for masks."""


def obstacle(runs: Sequence[Judged], names: Sequence[str]) -> str:
    """Why these runs cannot be laid side by side, as a sentence; "" where they can."""
    for one, name in zip(runs[1:], names[1:], strict=True):
        if one.task != runs[0].task:
            return f"{names[0]} and {name} learned different tasks."
        foreign = sorted(set(one.classes) ^ set(runs[0].classes))
        if foreign:
            return f"{names[0]} and {name} know different classes: {', '.join(foreign[:4])}{' …' if len(foreign) > 4 else ''}."
        if one.classes != runs[0].classes:
            return f"{names[0]} and {name} have the same classes in another order."
    return ""


def pair(first: Judged, second: Judged) -> Pair:
    """Set two runs of the same classes beside each other. Raises InputError where they have no image in common, or other truths."""
    mine, yours = _keys(first.paths), _keys(second.paths)
    common = [key for key in mine if key in yours]
    if not common:  # the images lie elsewhere on the other computer
        mine, yours = _keys(_inner(first.paths)), _keys(_inner(second.paths))
        common = [key for key in mine if key in yours]
    if not common:
        raise InputError("The two runs were validated on different images", "not one is in both", "Compare runs with the same split seed")
    a, b = np.array([mine[key] for key in common], np.int64), np.array([yours[key] for key in common], np.int64)
    if len(first.truth) and (first.truth[a] != second.truth[b]).any():
        raise InputError(
            "The two runs were told different truths of the same images", "", "Measure both again on the images as they are now"
        )
    x, y = first.scores[a], second.scores[b]
    gap = np.nan_to_num(y - x)
    only_first, only_second = np.flatnonzero(gap < 0), np.flatnonzero(gap > 0)
    p_value = None if first.task == MASKS else mcnemar(len(only_first), len(only_second))
    by_gap = (only_first[np.argsort(gap[only_first], kind="stable")], only_second[np.argsort(-gap[only_second], kind="stable")])
    return Pair(a, b, *by_gap, second.per_class - first.per_class, p_value)


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided McNemar test: how likely counts at least so uneven are, if neither run is better (binomial, p = 1/2)."""
    n, low = only_first + only_second, min(only_first, only_second)
    if not n:
        return 1.0
    logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2) for k in range(low + 1)]
    return min(1.0, 2 * math.fsum(math.exp(log) for log in logs))


def document(first: Judged, second: Judged) -> dict[str, Any]:
    """A pair as JSON, seen from the second: {n, only_this_right, only_first_right, p_value, per_class: [{name, difference, n}]}.

    For masks the counts are of images where the one or the other has the higher IoU, and p_value is null.
    """
    found = pair(first, second)
    rows = zip(first.classes, found.per_class.tolist(), second.counts.tolist(), strict=True)
    return {
        "n": len(found.first),
        "only_this_right": len(found.only_second),
        "only_first_right": len(found.only_first),
        "p_value": found.p_value,
        "per_class": [{"name": name, "difference": None if math.isnan(gap) else gap, "n": n} for name, gap, n in rows],
    }


def _keys(paths: Sequence[str]) -> dict[str, int]:
    return {path: i for i, path in enumerate(paths)}


def _inner(paths: Sequence[str]) -> list[str]:
    """Without the folders that all of them lie in."""
    plain = [path.replace("\\", "/") for path in paths]
    root = os.path.commonpath(plain) if len(plain) > 1 else os.path.dirname(plain[0]) if plain else ""  # noqa: PTH120
    return [path[len(root) :].lstrip("/") for path in plain]
