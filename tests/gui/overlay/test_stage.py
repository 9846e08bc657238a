"""Frames in time: what cannot be made at once follows, and what was there stands in for it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from tlstudio.gui.overlay import stage
from tlstudio.gui.overlay.picture import ClassLook, Look, Picture
from tlstudio.gui.overlay.stage import Stage
from tlstudio.gui.overlay.view import View

SCREEN = (900, 600)


@pytest.fixture
def shown(qapp: QApplication) -> Stage:
    image = QImage(900, 600, QImage.Format.Format_RGB32)
    image.fill(QColor(100, 100, 100))
    picture = Picture("", image, np.ones((600, 900), np.uint8), np.zeros((600, 900), np.uint8))
    picture.pyramid.build()
    return Stage(picture)


def frame(shown: Stage, view: View, look: Look, *, hurry: bool = True) -> tuple[bool, np.ndarray]:
    """Whether it was whole, and its pixels."""
    target = QImage(*SCREEN, QImage.Format.Format_RGB32)
    target.fill(QColor(0, 0, 255))
    painter = QPainter(target)
    whole = shown.paint(painter, view, look, 1.0, QRect(0, 0, *SCREEN), hurry=hurry)
    painter.end()
    return whole, np.frombuffer(target.constBits(), np.uint32).reshape(SCREEN[::-1]).copy()


LOOK = Look((ClassLook("a", QColor(255, 0, 0)), ClassLook("b", QColor(0, 255, 0))), opacity=1.0)
VIEW = View((900, 600), SCREEN, 1.0, 450, 300)


def test_the_first_frame_is_whole_however_long_it_takes(shown: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "FRAME", 0.0)
    whole, pixels = frame(shown, VIEW, LOOK)
    assert whole
    assert (pixels == 0xFF00FF00).all()


def test_another_zoom_comes_frame_by_frame_with_the_one_before_in_its_place(shown: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    frame(shown, VIEW, LOOK)
    monkeypatch.setattr(stage, "FRAME", 0.0)
    whole, pixels = frame(shown, VIEW.at_zoom(2.0), LOOK)
    assert not whole
    assert (pixels == 0xFF00FF00).all()  # no hole
    assert frame(shown, VIEW.at_zoom(2.0), LOOK, hurry=False)[0]
    monkeypatch.setattr(stage, "FRAME", 60.0)
    assert frame(shown, VIEW.at_zoom(3.0), LOOK)[0]


def test_zooming_out_leaves_no_hole_either(shown: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    frame(shown, VIEW.at_zoom(4.0), LOOK)
    monkeypatch.setattr(stage, "FRAME", 0.0)
    whole, pixels = frame(shown, VIEW, LOOK)
    assert not whole
    assert set(np.unique(pixels)) == {0xFF00FF00, 0xFF646464}  # what was there, and the photo around it


def test_half_made_frames_have_no_holes_at_low_opacities(shown: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    faint = Look(LOOK.classes, opacity=0.2)
    frame(shown, VIEW, faint)
    monkeypatch.setattr(stage, "FRAME", 0.0)
    whole, pixels = frame(shown, VIEW.at_zoom(2.0), faint)
    assert not whole
    assert np.ptp(pixels.view(np.uint8).reshape(*pixels.shape, 4).astype(int), axis=(0, 1)).max() <= 1


def test_a_corner_that_is_painted_does_not_stand_for_the_whole(shown: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    frame(shown, VIEW, LOOK)
    target = QImage(*SCREEN, QImage.Format.Format_RGB32)
    painter = QPainter(target)
    shown.paint(painter, VIEW.at_zoom(2.0), LOOK, 1.0, QRect(0, 0, 40, 40))
    painter.end()
    monkeypatch.setattr(stage, "FRAME", 0.0)
    whole, pixels = frame(shown, VIEW.at_zoom(2.0), LOOK)
    assert not whole
    assert (pixels == 0xFF00FF00).all()


def test_another_mode_comes_frame_by_frame_too(shown: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    frame(shown, VIEW, LOOK)
    monkeypatch.setattr(stage, "FRAME", 0.0)
    truth = Look(LOOK.classes, mode="truth", opacity=1.0)
    whole, pixels = frame(shown, VIEW, truth)
    assert not whole
    assert set(np.unique(pixels)) <= {0xFF00FF00, 0xFFFF0000}
    while shown.prepare(VIEW, LOOK, 1.0):
        pass
    whole, pixels = frame(shown, VIEW, truth)
    assert whole
    assert (pixels == 0xFFFF0000).all()


def test_opacities_are_the_same_before_and_after_they_are_made_ahead(shown: Stage) -> None:
    for opacity in (0.2, 0.5, 0.8, 1.0):
        look = Look(LOOK.classes, opacity=opacity)
        _, before = frame(shown, VIEW, look)
        while shown.prepare(VIEW, look, 1.0):
            pass
        _, after = frame(shown, VIEW, look)
        off = np.abs(before.view(np.uint8).astype(int) - after.view(np.uint8).astype(int))
        assert off.max() <= 1
        assert abs(int(after[0, 0] >> 8 & 255) - (100 + opacity * 155)) <= 2


def test_tiles_do_not_grow_without_end(shown: Stage) -> None:
    shown.tiles.budget = 4 * 2**20
    for x in range(0, 900, 50):
        assert frame(shown, VIEW.at_zoom(8.0).centred(x, 300), LOOK, hurry=False)[0]
        assert shown.tiles.used <= 5 * 2**20
