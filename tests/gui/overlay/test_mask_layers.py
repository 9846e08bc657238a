"""Borders, rims and differences, by hand."""

from __future__ import annotations

import numpy as np

from tlstudio.gui.overlay.layers import FALSE_ALARM, MISSED, NOTHING, RIGHT, border, difference, layer


def test_a_border_reaches_as_far_as_asked_as_the_crow_flies() -> None:
    codes = np.zeros((41, 41), np.uint8)
    codes[20, 20] = 1
    y, x = np.indices(codes.shape)
    away = np.hypot(y - 20, x - 20)
    for reach in (1, 2, 3, 6, 10):
        near = border(codes, reach)
        assert near[20, 20]
        assert near[(away >= 1) & (away <= reach - 0.5)].all()
        assert not near[away > reach + 0.75].any()


def test_no_border_no_rim() -> None:
    assert not border(np.zeros((5, 5), np.uint8), 3).any()
    assert not border(np.eye(5, dtype=np.uint8), 0).any()


def test_mixed_pixels_and_rims_of_a_tile() -> None:
    samples = np.zeros((8, 8), np.uint8)  # 2 x 2 pixels, a margin of one, two samples a pixel
    samples[:, 5:] = 3  # through the middle of the right column of pixels
    made = layer(samples, (2, 2), per=2, margin=1, rim=0.5)
    assert not isinstance(made.codes, int)
    assert made.codes[:, 0].tolist() == [0, 0]
    assert made.mixed_at.tolist() == [1, 3]
    assert made.rim_at.tolist() == [1, 3]
    assert made.present.all()  # it was not looked for
    made.group()
    for groups in (made.mixed, made.rim):
        assert groups.which is not None
        assert [sorted(groups.codes[i].tolist()) for i in groups.which] == [[0, 0, 3, 3]] * 2
    assert np.flatnonzero(made.present).tolist() == [0, 3]


def test_difference_of_one_class() -> None:
    said, true = np.array([[1, 1, 0, 0, 1, 2]], np.uint8), np.array([[1, 0, 1, 0, NOTHING, 2]], np.uint8)
    assert difference(said, true, 1).tolist() == [[RIGHT, FALSE_ALARM, MISSED, NOTHING, NOTHING, NOTHING]]  # type: ignore[union-attr]


def test_difference_of_all_classes() -> None:
    said, true = np.array([[1, 1, 0, 3]], np.uint8), np.array([[1, 0, NOTHING, 3]], np.uint8)
    assert difference(said, true, None).tolist() == [[RIGHT, FALSE_ALARM, NOTHING, RIGHT]]  # type: ignore[union-attr]


def test_difference_of_uniform_tiles_is_uniform() -> None:
    assert difference(2, 2, None) == RIGHT
    assert difference(2, 4, 4) == MISSED
    assert difference(2, NOTHING, 2) == NOTHING
    assert difference(np.full((3, 3), 2, np.uint8), 2, None) == RIGHT
