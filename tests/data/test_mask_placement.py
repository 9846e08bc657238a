from __future__ import annotations

import pytest

from tlstudio.data.mask_placement import Placed, Side, nearest
from tlstudio.data.pixels import as_pixels


@pytest.mark.parametrize(
    ("start", "side", "expected"),
    [
        (20, 50, Side(0, 50, 20.0, 120.0)),
        (-10, 50, Side(5, 50, 0.0, 90.0)),
        (-9, 50, Side(4, 50, 0.0, 91.0)),  # the centre of pixel 4 is the very edge of the picture
        (150, 50, Side(0, 25, 150.0, 200.0)),
        (300, 50, Side(0, 0, 200.0, 200.0)),
    ],
)
def test_of_a_part_that_reaches_beyond_the_picture_what_shows_it(start, side, expected):
    """A part of 100 pixels of a picture of 200; the others of the 50 pixels are bars."""
    found = Side.of_part(start, 100, side, 200)
    assert (found.first, found.last) == (expected.first, expected.last)
    if found.first < found.last:
        assert (found.begin, found.end) == (expected.begin, expected.end)


def test_nearest_is_the_pixel_under_the_centre():
    assert nearest(0, 9, 3, 9).tolist() == [1, 4, 7]
    assert nearest(0, 2, 4, 2).tolist() == [0, 0, 1, 1]
    assert nearest(2.0, 6.0, 2, 9).tolist() == [3, 5]


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_whole_pixels_and_parts_of_pixels_give_the_same_view_but_for_rounding(draw, interpolation):
    """A part that begins an eighth of a thousandth of a pixel later is resized by Pillow, the other by torch."""
    pixels = as_pixels(draw(1, (120, 90)))
    views = [
        Placed((90, 120), (32, 48), Side(0, 32, 10 + off, 80 + off), Side(0, 48, 7 + off, 97 + off)).pixels(
            pixels, interpolation, (0, 0, 0)
        )
        for off in (0.0, 0.000125)
    ]
    assert views[0].shape == (3, 32, 48)
    assert (views[0].int() - views[1].int()).abs().max() <= 2
