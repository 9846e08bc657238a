"""Labels and values at the pixels of the screen."""

from __future__ import annotations

import numpy as np
import pytest

from tlstudio.gui.overlay.sampling import Patch, labels_at, values_at


def blobs(height: int = 40, width: int = 56, classes: int = 4) -> np.ndarray:
    random = np.random.default_rng(3)
    return random.integers(0, classes, (height // 4, width // 4), dtype=np.uint8).repeat(4, 0).repeat(4, 1)


@pytest.mark.parametrize("zoom", [1.0, 4.0, 7.0])
def test_plain_zooms_show_each_pixel_as_a_square(zoom: float) -> None:
    labels = blobs()
    side = int(zoom)
    got = labels_at(labels, Patch(0, 0, labels.shape[1] * side, labels.shape[0] * side, zoom))
    assert np.array_equal(got, labels.repeat(side, 0).repeat(side, 1))


@pytest.mark.parametrize("zoom", [1.3, 2.0, 3.7])
def test_smooth_borders_keep_the_label_in_the_middle_of_every_pixel(zoom: float) -> None:
    labels = np.random.default_rng(1).integers(0, 5, (24, 30), dtype=np.uint8)  # the hardest case: noise
    per = 8
    patch = Patch(0, 0, int(30 * zoom), int(24 * zoom), zoom, per=per)
    got = labels_at(labels, patch)
    rows, columns = patch.rows(), patch.columns()
    assert isinstance(got, np.ndarray)
    for y in range(24):
        for x in range(30):
            i, j = np.abs(rows - y - 0.5).argmin(), np.abs(columns - x - 0.5).argmin()
            if max(abs(rows[i] - y - 0.5), abs(columns[j] - x - 0.5)) < 0.08:
                assert got[i, j] == labels[y, x]


def test_a_smooth_border_between_two_halves_is_where_it_was() -> None:
    labels = np.zeros((10, 10), np.uint8)
    labels[:, 5:] = 7
    got = labels_at(labels, Patch(0, 0, 30, 30, 3.0, per=2))
    assert isinstance(got, np.ndarray)
    assert (got[:, :30] == 0).all()
    assert (got[:, 30:] == 7).all()


def test_a_corner_is_rounded() -> None:
    labels = np.zeros((10, 10), np.uint8)
    labels[5:, 5:] = 1
    got = labels_at(labels, Patch(0, 0, 30, 30, 3.0))
    assert isinstance(got, np.ndarray)
    assert got[15, 15] == 0  # by the square it would be 1
    assert got[17, 17] == 1


def test_one_class_is_one_number() -> None:
    labels = np.full((50, 50), 9, np.uint8)
    for zoom in (0.3, 1.0, 2.5, 9.0):
        assert labels_at(labels, Patch(2, 2, 12, 12, zoom)) == 9


@pytest.mark.parametrize("zoom", [0.37, 1.0, 2.3, 5.0])
def test_tiles_fit_together(zoom: float) -> None:
    labels = blobs()
    whole = labels_at(labels, Patch(0, 0, 20, 14, zoom, per=2))
    part = labels_at(labels, Patch(9, 6, 8, 6, zoom, margin=1, per=2))
    whole = np.broadcast_to(whole, (28, 40))
    assert np.array_equal(np.broadcast_to(part, (16, 20)), whole[10:26, 16:36])


def test_a_pixel_alone_is_shown_at_every_zoom_that_has_room_for_it() -> None:
    labels = np.zeros((9, 9), np.uint8)
    labels[4, 4] = 1
    for zoom in (1.0, 1.5, 2.0, 3.0, 4.0, 20.0):
        got = labels_at(labels, Patch(0, 0, int(9 * zoom), int(9 * zoom), zoom, per=2))
        assert isinstance(got, np.ndarray)
        assert (got == 1).any()


def test_values_are_linear_between_pixels_and_plain_from_400_percent_on() -> None:
    values = np.array([[0, 100]], np.uint8)
    assert values_at(values, Patch(0, 0, 4, 1, 2.0)).tolist() == [[0, 25, 75, 100]]
    assert values_at(values, Patch(0, 0, 8, 1, 4.0)).tolist() == [[0] * 4 + [100] * 4]
