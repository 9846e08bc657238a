"""Strokes, polygons and fills, against small masks drawn by hand and against slow ways of doing the same."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tlstudio.gui.overlay import regions
from tlstudio.gui.overlay.regions import Region


def _whole(region: Region, width: int, height: int) -> NDArray[np.bool_]:
    out = np.zeros((height, width), bool)
    h, w = region.inside.shape
    out[region.y : region.y + h, region.x : region.x + w] = region.inside
    assert out.sum() == region.inside.sum()
    return out


def _drawn(text: str) -> NDArray[np.bool_]:
    return np.array([[mark == "#" for mark in line] for line in text.split()])


def test_a_brush_of_radius_one_is_the_pixel_under_the_pointer() -> None:
    for x, y in ((2.0, 1.0), (2.99, 1.99), (2.5, 1.5)):
        assert np.array_equal(_whole(regions.stroke((x, y), (x, y), 1, 5, 3), 5, 3), _drawn("..... ..#.. ....."))


def test_a_brush_is_round() -> None:
    expected = _drawn("......... ...###... ..#####.. .#######. .#######. .#######. ..#####.. ...###... .........")
    assert np.array_equal(_whole(regions.stroke((4.5, 4.5), (4.5, 4.5), 4, 9, 9), 9, 9), expected)


def test_a_stroke_has_no_gaps_and_stays_in_the_picture() -> None:
    thin = _whole(regions.stroke((0.5, 0.5), (8.5, 3.5), 1, 9, 4), 9, 4)
    assert thin.any(0).all()  # a pixel in every column
    assert _whole(regions.stroke((-20, 1), (40, 1), 2, 6, 5), 6, 5).tolist() == [[True] * 6] * 3 + [[False] * 6] * 2
    assert not regions.stroke((-20, -20), (-9, -9), 3, 6, 5).inside.any()
    assert not regions.stroke((50, 50), (60, 60), 3, 6, 5).inside.any()


def test_strokes_joined_at_a_point_are_one_line() -> None:
    whole = regions.stroke((1.5, 1.5), (17.5, 9.5), 2, 20, 12)
    parts = [regions.stroke((1.5, 1.5), (9.5, 5.5), 2, 20, 12), regions.stroke((9.5, 5.5), (17.5, 9.5), 2, 20, 12)]
    joined = _whole(parts[0], 20, 12) | _whole(parts[1], 20, 12)
    assert np.array_equal(joined, _whole(whole, 20, 12))


def test_a_polygon_takes_the_pixels_whose_centres_it_holds() -> None:
    square = regions.polygon([(1, 1), (4, 1), (4, 3), (1, 3)], 6, 4)
    assert np.array_equal(_whole(square, 6, 4), _drawn("...... .###.. .###.. ......"))
    triangle = regions.polygon([(0, 0), (6, 0), (0, 6)], 6, 6)
    assert np.array_equal(_whole(triangle, 6, 6), _drawn("#####. ####.. ###... ##.... #..... ......"))


def test_a_polygon_that_crosses_itself_leaves_its_middle_out() -> None:
    ring = [(0, 0), (6, 0), (6, 6), (0, 6), (0, 0), (2, 2), (4, 2), (4, 4), (2, 4), (2, 2)]
    assert np.array_equal(_whole(regions.polygon(ring, 6, 6), 6, 6), _drawn("###### ###### ##..## ##..## ###### ######"))


def test_a_polygon_reaches_out_of_the_picture_or_is_empty() -> None:
    assert _whole(regions.polygon([(-9, -9), (90, -9), (90, 90), (-9, 90)], 4, 3), 4, 3).all()
    assert not regions.polygon([(0, 0), (3, 3)], 4, 3).inside.any()
    assert not regions.polygon([(-9, -9), (-5, -9), (-5, -5)], 4, 3).inside.any()
    assert not regions.polygon([(1, 1.6), (3, 1.6), (3, 1.9)], 4, 3).inside.any()  # between two lines of centres


def test_two_polygons_side_by_side_share_no_pixel() -> None:
    left = _whole(regions.polygon([(0, 0), (3.5, 0), (2.5, 5), (0, 5)], 6, 5), 6, 5)
    right = _whole(regions.polygon([(3.5, 0), (6, 0), (6, 5), (2.5, 5)], 6, 5), 6, 5)
    assert (left ^ right).all()


def _slow_fill(labels: NDArray[np.uint8], x: int, y: int) -> NDArray[np.bool_]:
    out, waiting = np.zeros(labels.shape, bool), [(x, y)]
    while waiting:
        x1, y1 = waiting.pop()
        if 0 <= y1 < labels.shape[0] and 0 <= x1 < labels.shape[1] and not out[y1, x1] and labels[y1, x1] == labels[y, x]:
            out[y1, x1] = True
            waiting += [(x1 + 1, y1), (x1 - 1, y1), (x1, y1 + 1), (x1, y1 - 1)]
    return out


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_a_fill_takes_what_hangs_together_over_sides(classes: int) -> None:
    rng = np.random.default_rng(classes)
    for _ in range(40):
        height, width = (int(side) for side in rng.integers(1, 16, 2))
        labels = rng.integers(0, classes, (height, width)).astype(np.uint8)
        x, y = int(rng.integers(width)), int(rng.integers(height))
        assert np.array_equal(_whole(regions.connected(labels, x, y), width, height), _slow_fill(labels, x, y))


def test_a_fill_follows_a_snake_of_many_rows() -> None:
    snake = np.zeros((400, 50), np.uint8)
    snake[1::2] = 1
    snake[1::4, -1] = snake[3::4, 0] = 0
    assert np.array_equal(_whole(regions.connected(snake, 0, 0), 50, 400), snake == 0)
