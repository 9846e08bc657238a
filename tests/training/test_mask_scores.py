from __future__ import annotations

import math
import time
import warnings

import numpy as np
import pytest
import torch

from tlstudio.errors import InputError
from tlstudio.training import mask_scores as scores

_ = 255  # ignored


def mask(*rows: list[int]) -> np.ndarray:
    return np.array(rows, np.uint8)


# Two masks of 4 x 4. Truth: class 0 has 7 pixels, class 1 four, class 2 three, two are ignored; class 3 is nowhere.
TRUTH = mask([0, 0, 1, 1], [0, 0, 1, 1], [0, 2, 2, _], [0, 0, 2, _])
SAID = mask([0, 1, 1, 1], [0, 0, 1, 0], [0, 2, 0, 2], [0, 0, 2, 1])
# Row by row, where the truth is not ignored:
#   0 0 1 1 / 0 1 1 1: 0 right, 0 as 1, 1 right twice
#   0 0 1 1 / 0 0 1 0: 0 right twice, 1 right, 1 as 0
#   0 2 2   / 0 2 0  : 0 right, 2 right, 2 as 0
#   0 0 2   / 0 0 2  : 0 right twice, 2 right
MATRIX = [[6, 1, 0, 0], [1, 3, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]


def test_four_by_four_by_hand() -> None:
    matrix = scores.confusion(SAID, TRUTH, 4)
    assert matrix.tolist() == MATRIX
    assert matrix.dtype == np.int64
    assert scores.iou(matrix) == [6 / 9, 3 / 5, 2 / 3, None]
    assert scores.dice(matrix) == [12 / 15, 6 / 8, 4 / 5, None]
    assert scores.precision(matrix) == [6 / 8, 3 / 4, 2 / 2, None]
    assert scores.recall(matrix) == [6 / 7, 3 / 4, 2 / 3, None]
    assert scores.mean_iou(matrix) == pytest.approx((6 / 9 + 3 / 5 + 2 / 3) / 3)
    assert scores.pixel_accuracy(matrix) == 11 / 14
    assert scores.pixels(SAID, 4).tolist() == [8, 5, 3, 0]


def test_what_is_not_defined_is_none_and_a_class_that_is_only_predicted_counts() -> None:
    nothing = scores.confusion(SAID, np.full((4, 4), _, np.uint8), 3)
    assert scores.mean_iou(nothing) is None
    assert scores.pixel_accuracy(nothing) is None
    assert scores.iou(nothing) == [None] * 3
    only_said = scores.confusion(mask([0, 1]), mask([0, 0]), 2)
    assert scores.iou(only_said) == [0.5, 0.0]
    assert scores.recall(only_said) == [0.5, None]
    assert scores.mean_iou(only_said) == 0.25


def test_pixels_for_which_the_prediction_says_nothing_are_left_out() -> None:
    assert scores.confusion(mask([0, _, 1]), mask([0, 0, _]), 2).tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize("classes", [2, 11])
def test_scores_are_those_of_torchmetrics(classes: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torchmetrics.functional.classification import (
            multiclass_accuracy,
            multiclass_confusion_matrix,
            multiclass_f1_score,
            multiclass_jaccard_index,
            multiclass_precision,
            multiclass_recall,
        )
    rng = np.random.default_rng(classes)
    truth = rng.integers(0, classes, (3, 60, 50)).astype(np.uint8)
    said = np.where(rng.random(truth.shape) < 0.6, truth, rng.integers(0, classes, truth.shape)).astype(np.uint8)
    truth[rng.random(truth.shape) < 0.1] = _
    matrix = sum(scores.confusion(a, b, classes) for a, b in zip(said, truth, strict=True))
    a, b = torch.from_numpy(said).long(), torch.from_numpy(truth).long()
    known = {"num_classes": classes, "ignore_index": _}
    assert matrix.tolist() == multiclass_confusion_matrix(a, b, **known).tolist()
    assert scores.iou(matrix) == pytest.approx(multiclass_jaccard_index(a, b, average=None, **known).tolist(), abs=1e-6)
    assert scores.dice(matrix) == pytest.approx(multiclass_f1_score(a, b, average=None, **known).tolist(), abs=1e-6)
    assert scores.precision(matrix) == pytest.approx(multiclass_precision(a, b, average=None, **known).tolist(), abs=1e-6)
    assert scores.recall(matrix) == pytest.approx(multiclass_recall(a, b, average=None, **known).tolist(), abs=1e-6)
    assert scores.pixel_accuracy(matrix) == pytest.approx(float(multiclass_accuracy(a, b, average="micro", **known)), abs=1e-6)
    assert scores.mean_iou(matrix) == pytest.approx(float(multiclass_jaccard_index(a, b, **known)), abs=1e-6)


def test_counting_in_bands_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "_BAND", 5)
    assert scores.confusion(SAID, TRUTH, 4).tolist() == MATRIX
    assert scores.pixels(SAID, 4).tolist() == [8, 5, 3, 0]
    assert scores.pixels(np.zeros((0, 4), np.uint8), 2).tolist() == [0, 0]


def test_masks_of_different_sizes_are_refused() -> None:
    for count in (scores.confusion, scores.boundary_counts):
        with pytest.raises(InputError, match="different sizes") as told:
            count(SAID, mask([0, 0]), 3)
        assert "4 x 4" in told.value.why
        assert "2 x 1" in told.value.why


def test_border_by_hand() -> None:
    # Class 1 is a square of 2 x 2, predicted one to the right. Its four pixels are all border; those of class 0 are the eight at
    # its sides. At no tolerance two of four pixels of class 1 meet.
    truth = np.zeros((6, 8), np.uint8)
    truth[2:4, 2:4] = 1
    said = np.roll(truth, 1, axis=1)
    exact = scores.boundary_counts(said, truth, 2, 0)
    assert exact[1].tolist() == [4, 2, 4, 2]
    # Class 0, true: (1,2) (1,3) (4,2) (4,3) (2,1) (3,1) (2,4) (3,4); predicted: the same, one to the right: (1,3) and (4,3) meet.
    assert exact[0].tolist() == [8, 2, 8, 2]
    assert scores.boundary_f(exact) == [2 / 8, 2 / 4]
    near = scores.boundary_counts(said, truth, 2, 1)
    assert near.tolist() == [[8, 8, 8, 8], [4, 4, 4, 4]]
    assert scores.boundary_f(near) == [1.0, 1.0]


def test_precision_and_recall_of_borders_are_told_apart() -> None:
    # The truth is a line down the middle; the prediction has it and, far away, a second class-1 pixel of its own.
    truth = np.zeros((9, 40), np.uint8)
    truth[:, 20:] = 1
    said = truth.copy()
    said[4, 5] = 1
    counts = scores.boundary_counts(said, truth, 2, 2)
    assert counts.tolist() == [[9 + 4, 9, 9, 9], [9 + 1, 9, 9, 9]]
    p, r = 9 / 10, 1.0
    assert scores.boundary_f(counts)[1] == pytest.approx(2 * p * r / (p + r))


def test_distance_is_euclids() -> None:
    truth, said = np.zeros((20, 20), np.uint8), np.zeros((20, 20), np.uint8)
    truth[5, 5] = said[8, 9] = 1  # 3 down, 4 across: 5 apart
    assert scores.boundary_counts(said, truth, 2, 5)[1].tolist() == [1, 1, 1, 1]
    assert scores.boundary_counts(said, truth, 2, 4.9)[1].tolist() == [1, 0, 1, 0]


def test_what_is_near_at_one_edge_is_not_near_at_the_other() -> None:
    truth, said = np.zeros((8, 8), np.uint8), np.zeros((8, 8), np.uint8)
    truth[4, 0] = said[3, 7] = 1
    assert scores.boundary_counts(said, truth, 2, 3)[1].tolist() == [1, 0, 1, 0]


def line(*parts: tuple[int, int]) -> np.ndarray:
    """Three equal rows: (label, pixels), ..."""
    return np.concatenate([np.full((3, n), label, np.uint8) for label, n in parts], axis=1)


def test_the_edge_of_the_picture_is_no_border_and_a_missed_one_is_0() -> None:
    assert scores.boundary_f(scores.boundary_counts(line((0, 5)), line((0, 5)), 2)) == [None, None]
    missed = scores.boundary_counts(line((0, 3)), line((0, 1), (1, 2)), 2)
    assert missed.tolist() == [[0, 0, 3, 0]] * 2
    assert scores.boundary_f(missed) == [0.0, 0.0]


def test_a_band_left_out_along_a_border_takes_the_nearest_labels() -> None:
    truth = line((0, 6), (_, 4), (1, 6))  # the border is where the band's middle is
    exact = scores.boundary_counts(line((0, 8), (1, 8)), truth, 2, 2)
    assert exact.tolist() == [[3, 3, 3, 3]] * 2
    assert scores.boundary_counts(line((0, 6), (1, 10)), truth, 2, 2).tolist() == [[3, 3, 3, 3]] * 2
    # Of a border at 3 both sides are labelled: it is wrong.
    assert scores.boundary_counts(line((0, 3), (1, 13)), truth, 2, 2).tolist() == [[3, 0, 3, 0]] * 2


def test_what_is_left_out_and_wide_is_no_border_whatever_is_said_there() -> None:
    truth = line((0, 6), (_, 20), (1, 6))
    for change in (6, 7, 16, 26):
        assert scores.boundary_counts(line((0, change), (1, 32 - change)), truth, 2, 2).tolist() == [[0, 0, 0, 0]] * 2
    assert scores.boundary_counts(line((0, 4), (1, 28)), truth, 2, 2).tolist() == [[3, 0, 0, 0]] * 2
    nothing = np.full((3, 5), _, np.uint8)
    assert not scores.boundary_counts(line((0, 2), (1, 3)), nothing, 2).any()


def test_borders_agree_with_dilation_by_a_disc() -> None:
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 4, (2, 8, 9)).astype(np.uint8)
    said, truth = (np.kron(one, np.ones((6, 6), np.uint8)).astype(np.uint8) for one in coarse)
    radius = 3

    def border(labels: np.ndarray, label: int) -> np.ndarray:
        inside = np.pad(labels, 1, constant_values=_)
        here = inside[1:-1, 1:-1]
        sides = [inside[:-2, 1:-1], inside[2:, 1:-1], inside[1:-1, :-2], inside[1:-1, 2:]]
        return (here == label) & np.any([(side != label) & (side != _) for side in sides], axis=0)

    def dilated(where: np.ndarray) -> np.ndarray:
        y, x = np.nonzero(where)
        rows, columns = np.mgrid[: where.shape[0], : where.shape[1]]
        return ((rows[..., None] - y) ** 2 + (columns[..., None] - x) ** 2 <= radius**2).any(-1)

    for label, counted in enumerate(scores.boundary_counts(said, truth, 4, radius).tolist()):
        a, b = border(said, label), border(truth, label)
        assert counted == [a.sum(), (a & dilated(b)).sum(), b.sum(), (b & dilated(a)).sum()]


def test_tolerance_grows_with_the_diagonal_and_is_a_pixel_at_least() -> None:
    assert scores.tolerance(321, 481) == math.ceil(0.0075 * math.hypot(321, 481)) == 5
    assert scores.tolerance(4, 4) == 1


def test_twelve_megapixels_are_scored_in_a_moment() -> None:
    y, x = np.mgrid[:3000, :4000]
    truth = ((x // 500 + y // 400) % 21).astype(np.uint8)
    said = np.roll(truth, (9, -7), (0, 1))
    began = time.process_time()
    scores.confusion(said, truth, 21)
    counted = time.process_time() - began
    scores.boundary_counts(said, truth, 21)
    assert counted < 2.0  # 0.1 s on a quiet machine
    assert time.process_time() - began < 8.0
