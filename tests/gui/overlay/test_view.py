"""Zoom and pan: what is under the cursor stays there, nothing is lost from sight, 1:1 is 1:1."""

from __future__ import annotations

import pytest

from tlstudio.gui.overlay.view import LARGEST, SMALLEST, View


def test_fit_shows_all_of_the_picture_in_the_room_that_is_left() -> None:
    view = View((400, 300), (1000, 700)).fit((0, 100, 200, 0))
    assert view.zoom == pytest.approx(2.0)  # 800 x 600 are free
    left, top = view.to_screen(0, 0)
    right, bottom = view.to_screen(400, 300)
    assert (left, top, right, bottom) == (0, 100, 800, 700)
    assert not view.overflows


def test_fill_leaves_no_room_around_and_some_of_the_picture_outside() -> None:
    view = View((400, 300), (1000, 700)).fit(cover=True)
    assert view.zoom == pytest.approx(2.5)
    assert view.overflows
    assert view.shown == (0, 25, 1000, 725)


def test_panels_everywhere_do_not_make_the_picture_vanish() -> None:
    assert View((400, 300), (200, 150)).fit((100, 80, 100, 80)).zoom == pytest.approx(0.5)


@pytest.mark.parametrize("zoom", [0.3, 0.7, 3.3, 41.0])
def test_zoom_keeps_the_point_under_the_cursor(zoom: float) -> None:
    view = View((4000, 3000), (1000, 700), 0.5, 2000, 1500)
    before = view.to_picture(620, 410)
    after = view.at_zoom(zoom, (620, 410)).to_screen(*before)
    assert after == pytest.approx((620, 410), abs=1.0)  # the origin is a whole pixel


def test_zoom_has_ends() -> None:
    view = View((100, 100), (500, 500))
    assert view.at_zoom(1e9).zoom == LARGEST
    assert view.at_zoom(1e-9).zoom == SMALLEST


def test_the_middle_of_the_screen_stays_in_the_picture() -> None:
    view = View((400, 300), (1000, 700), 2.0, 200, 150).moved(1e6, -1e6)
    assert (view.x, view.y) == (0, 300)


@pytest.mark.parametrize("picture", [(1, 1), (20000, 3), (3, 20000)])
def test_odd_pictures_have_a_plane(picture: tuple[int, int]) -> None:
    view = View(picture, (800, 600)).fit()
    assert min(view.plane) >= 1
    left, top, right, bottom = view.shown
    assert left < right
    assert top < bottom
