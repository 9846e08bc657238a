"""Outlines along the sides of pixels: filled again they give the mask back."""

from __future__ import annotations

import numpy as np
import pytest

from tlstudio.data import polygons
from tlstudio.data.masks import Labels
from tlstudio.exporting.outlines import outlines


def _filled(labels: Labels) -> Labels:
    out = np.full(labels.shape, 99, np.uint8)
    for one in outlines(labels):
        polygons.fill(out, one.corners.ravel().tolist(), one.label)
    return out


def test_a_single_pixel_is_a_square_clockwise() -> None:
    labels = np.zeros((3, 4), np.uint8)
    labels[1, 2] = 5
    rest, pixel = outlines(labels)
    assert (pixel.label, pixel.area, pixel.corners.tolist()) == (5, 1, [[2, 1], [3, 1], [3, 2], [2, 2]])
    assert (rest.label, rest.area, rest.corners.tolist()) == (0, 12, [[0, 0], [4, 0], [4, 3], [0, 3]])


def test_straight_lines_have_two_corners() -> None:
    (one,) = outlines(np.full((30, 50), 7, np.uint8))
    assert one.corners.tolist() == [[0, 0], [50, 0], [50, 30], [0, 30]]


def test_pixels_that_touch_at_a_corner_are_two_patches() -> None:
    labels = np.array([[1, 0], [0, 1]], np.uint8)
    assert sorted(one.label for one in outlines(labels)) == [0, 0, 1, 1]


def test_what_lies_in_a_hole_comes_later() -> None:
    labels = np.zeros((9, 9), np.uint8)
    labels[1:8, 1:8] = 1
    labels[3:6, 3:6] = 2
    labels[4, 4] = 1
    assert [(one.label, one.area) for one in outlines(labels)] == [(0, 81), (1, 49), (2, 9), (1, 1)]
    assert np.array_equal(_filled(labels), labels)


@pytest.mark.parametrize("classes", [1, 2, 3, 5])
def test_any_mask_comes_back(classes: int) -> None:
    rng = np.random.default_rng(classes)
    for _ in range(15):
        height, width = (int(side) for side in rng.integers(1, 16, 2))
        labels = rng.integers(0, classes, (height, width)).astype(np.uint8)
        labels[rng.random(labels.shape) < 0.1] = 255
        assert np.array_equal(_filled(labels), labels)


def test_a_spiral_comes_back() -> None:
    y, x = np.mgrid[-40:40, -40:40]
    labels = ((np.hypot(x, y) / 6 - np.arctan2(y, x) / np.pi) % 2 < 1).astype(np.uint8)
    assert np.array_equal(_filled(labels), labels)
