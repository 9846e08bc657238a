"""How good masks are: scores of whole sets of pictures, from counts that add up over pictures. Needs no torch.

Labels are (H, W) uint8, the index of the class or IGNORE. Where the truth is ignored nothing counts. Scores are means over all
pixels of a set, never over batches; None stands where a score is not defined.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tlstudio.data.masks import IGNORE, MAX_CLASSES, Labels
from tlstudio.errors import InputError

Counts = NDArray[np.int64]

TOLERANCE = 0.0075
"""How far borders may lie apart, as a share of the diagonal: that of the Berkeley benchmark (Martin et al., 2004)."""

_BAND = 2_000_000  # pixels counted at a time: bincount takes 8 bytes for each


def confusion(prediction: Labels, truth: Labels, classes: int) -> Counts:
    """Pixels by truth (rows) and prediction (columns), (classes, classes) int64; ignored ones, of either, are left out.

    Raises InputError where the two are not of one size.
    """
    _same_size(prediction, truth)
    code = np.empty(_BAND, np.uint16)
    out = np.zeros(1 << 16, np.int64)
    said, true = prediction.reshape(-1), truth.reshape(-1)
    for at in range(0, len(true), _BAND):
        part = np.multiply(true[at : at + _BAND], 256, out=code[: len(true) - at], dtype=np.uint16)
        part += said[at : at + _BAND]
        out += np.bincount(part, minlength=1 << 16)
    return out.reshape(256, 256)[:classes, :classes].copy()


def pixels(labels: Labels, classes: int) -> Counts:
    """How many pixels each class has, (classes,) int64."""
    out, flat = np.zeros(256, np.int64), labels.reshape(-1)
    for at in range(0, len(flat), _BAND):
        out += np.bincount(flat[at : at + _BAND], minlength=256)
    return out[:classes].copy()


def iou(matrix: Counts) -> list[float | None]:
    """Intersection over union (Jaccard index) of each class of a confusion matrix; None for one that is in neither."""
    right = matrix.diagonal()
    return _shares(right, matrix.sum(0) + matrix.sum(1) - right)


def dice(matrix: Counts) -> list[float | None]:
    """Twice the intersection over the sum of both areas (Dice, F1) of each class; None for one that is in neither."""
    return _shares(2 * matrix.diagonal(), matrix.sum(0) + matrix.sum(1))


def precision(matrix: Counts) -> list[float | None]:
    """Share of a class's predicted pixels that are right; None where none was predicted."""
    return _shares(matrix.diagonal(), matrix.sum(0))


def recall(matrix: Counts) -> list[float | None]:
    """Share of a class's true pixels that were found; None where there are none."""
    return _shares(matrix.diagonal(), matrix.sum(1))


def mean(scores: Sequence[float | None]) -> float | None:
    """The mean of what is defined; None where nothing is."""
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if known else None


def mean_iou(matrix: Counts) -> float | None:
    """Mean over the classes that are in truth or prediction; None where no pixel counts."""
    return mean(iou(matrix))


def pixel_accuracy(matrix: Counts) -> float | None:
    """Share of pixels that are right; None where no pixel counts."""
    return _shares(matrix.diagonal().sum(keepdims=True), matrix.sum(keepdims=True).reshape(1))[0]


def tolerance(height: int, width: int) -> int:
    """How far borders may lie apart in a picture of that size: TOLERANCE of its diagonal, rounded up to whole pixels as in DAVIS."""
    return math.ceil(TOLERANCE * math.hypot(height, width))


def boundary_counts(prediction: Labels, truth: Labels, classes: int, within: float | None = None) -> Counts:
    """What `boundary_f` is made of: (classes, 4) int64, to be added up over pictures.

    Columns: border pixels predicted, those of them that have a true one of the class nearby, true border pixels, those of them that
    have a predicted one nearby. A border pixel touches a pixel of another class at one of its sides; the edge of the picture is no
    border. within: how far nearby is, in pixels (Euclid); by default `tolerance`.
    Many masks leave a band along borders out (VOC): ignored pixels no farther than that from labelled ones take the nearest label,
    and the rest is no border to anything. Predicted borders on ignored pixels, or beside them, count where they are right only.
    Raises InputError where the two are not of one size.
    """
    _same_size(prediction, truth)
    radius = float(tolerance(*truth.shape)) if within is None else within
    width = truth.shape[1] + 2 * int(radius) + 2  # so wide that a search near one edge does not end at the other
    closed = _closed(truth, int(radius))
    true, sure = _borders(closed, width), _borders(_shown(prediction, truth), width)
    said = sure if closed is truth else _borders(_shown(prediction, closed), width)
    out, nowhere = np.zeros((classes, 4), np.int64), np.zeros(0, np.int64)
    for label in range(classes):
        a, b = said.get(label, nowhere), true.get(label, nowhere)
        astray = _far(a, b, radius, width)
        right, wrong = len(a) - len(astray), len(np.intersect1d(astray, sure.get(label, nowhere), assume_unique=True))
        out[label] = right + wrong, right, len(b), len(b) - len(_far(b, a, radius, width))
    return out


def boundary_f(counts: Counts) -> list[float | None]:
    """F1 of each class's borders: harmonic mean of the share of predicted border that is right and of true border that is found.

    As in Perazzi et al. (2016). None for a class that has a border in neither, 0 for one that has it in one only.
    """
    out: list[float | None] = []
    for said, right, true, found in counts.tolist():
        if not said and not true:
            out.append(None)
        elif not right or not found:
            out.append(0.0)
        else:
            out.append(2 / (said / right + true / found))
    return out


def _same_size(prediction: Labels, truth: Labels) -> None:
    if prediction.shape != truth.shape:
        sizes = [f"{mask.shape[1]} x {mask.shape[0]}" for mask in (prediction, truth)]
        raise InputError("Two masks of different sizes cannot be compared", f"one is {sizes[0]}, the other {sizes[1]} pixels")


def _shares(part: Counts, whole: Counts) -> list[float | None]:
    return [a / b if b else None for a, b in zip(part.tolist(), whole.tolist(), strict=True)]


def _borders(labels: Labels, width: int) -> dict[int, Counts]:
    """The border pixels of each class as sorted numbers, row x width + column."""
    border = np.zeros(labels.shape, bool)
    for one, other in (((slice(None), slice(1, None)), (slice(None), slice(-1))), ((slice(1, None),), (slice(-1),))):
        a, b = labels[one], labels[other]
        differ = a != b
        differ &= a != IGNORE
        differ &= b != IGNORE
        border[one] |= differ
        border[other] |= differ
    rows, columns = np.nonzero(border)
    of = labels[rows, columns]
    places = rows * width + columns
    order = np.argsort(of, kind="stable")
    starts = np.searchsorted(of[order], np.arange(257))
    return {i: places[order[starts[i] : starts[i + 1]]] for i in range(256) if starts[i] < starts[i + 1]}


def _far(asked: Counts, there: Counts, radius: float, width: int) -> Counts:
    """Those of the places `asked` that have none of `there` within the radius, both sorted: row by row, nearest first, until found."""
    left = asked
    reach = int(radius)
    for away in sorted(range(-reach, reach + 1), key=abs):
        if not len(left) or not len(there):
            break
        half = math.isqrt(int(radius * radius - away * away))
        first = left + away * width - half
        found = there[np.minimum(np.searchsorted(there, first), len(there) - 1)]
        left = left[(found < first) | (found > first + 2 * half)]
    return left


def _shown(prediction: Labels, truth: Labels) -> Labels:
    return np.where(truth == IGNORE, np.uint8(IGNORE), prediction)


def _closed(truth: Labels, steps: int) -> Labels:
    """The truth with ignored pixels that are at most so many steps (up, down, left, right) from labelled ones labelled as those."""
    if not (truth == IGNORE).any():
        return truth
    width, edge = truth.shape[1] + 2, np.uint8(MAX_CLASSES)
    flat = np.pad(truth, 1, constant_values=edge).ravel()
    sides = (-1, 1, -width, width)
    at = np.flatnonzero(flat == IGNORE)
    for _ in range(steps):
        labels = np.full(len(at), IGNORE, np.uint8)
        for side in sides:
            beside = flat[at + side]
            labels = np.where((labels == IGNORE) & (beside < edge), beside, labels)
        new = at[labels != IGNORE]
        if not len(new):
            break
        flat[new] = labels[labels != IGNORE]
        around = np.unique(np.concatenate([new + side for side in sides]))
        at = around[flat[around] == IGNORE]
    return flat.reshape(-1, width)[1:-1, 1:-1]
