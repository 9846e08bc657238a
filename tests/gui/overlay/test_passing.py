"""A frame of a video that runs: quickly painted, at the same place and in the same colours; finely once it stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor

from tests.gui.overlay.scenes import CLASSES, qimage, scene, shot
from tlstudio.gui.overlay import passing as passing_
from tlstudio.gui.overlay.canvas import OverlayCanvas
from tlstudio.gui.overlay.picture import Look

HATCHED = (CLASSES[0], replace(CLASSES[1], hatched=True), replace(CLASSES[2], colour=QColor(200, 30, 60)))


@pytest.mark.parametrize("mode", ["prediction", "contour", "confidence", "swipe", "image"])
def test_at_100_percent_it_is_the_same_to_the_pixel(canvas: OverlayCanvas, mode: Any) -> None:
    """There neither the photo nor the borders are smoothed."""
    frame = scene(classes=5, truth=None)
    assert frame.prediction is not None
    frame = replace(frame, confidence=(frame.prediction * 40).astype(np.uint8))
    canvas.set_look(Look(HATCHED, mode=mode, opacity=0.7, swipe=0.4))
    canvas.set_picture(frame, passing=True)
    canvas.one_to_one()
    passing = shot(canvas)
    canvas.settle()
    assert np.array_equal(passing, shot(canvas))


@pytest.mark.parametrize("most", [10**9, 10_000])
@pytest.mark.parametrize("zoom", [0.37, 0.8, 1.7, 5.0])
def test_at_every_zoom_it_is_nearly_the_same(canvas: OverlayCanvas, monkeypatch: pytest.MonkeyPatch, zoom: float, most: int) -> None:
    monkeypatch.setattr(passing_, "MOST", most)  # below it pixels of the mask are twice as large
    frame = scene(400, 300, truth=None)
    pixels = np.full((300, 400, 3), 120) + (np.indices((300, 400))[1] // 4)[..., None]

    frame = replace(frame, image=qimage(pixels))
    canvas.set_picture(frame, passing=True)
    canvas.zoom_to(zoom)
    passing = shot(canvas)
    canvas.settle()
    off = np.abs(passing - shot(canvas)).max(2)
    assert np.mean(off > 12) < (0.12 if most > 10**6 else 0.5)  # the borders of the small patches, which are not smoothed
    assert np.median(off) <= 1


def test_a_look_and_a_place_may_change_while_it_passes(canvas: OverlayCanvas) -> None:
    frame = scene(truth=None)
    canvas.set_picture(frame, passing=True)
    canvas.one_to_one()
    for look in (Look(HATCHED), Look(HATCHED, solo=1), Look(HATCHED, opacity=0.6).with_class(0, visible=False)):
        canvas.set_look(look)
        canvas.centre_on(170, 90)
        passing = shot(canvas)
        canvas.set_picture(frame, keep_view=True)
        assert np.array_equal(passing, shot(canvas))
        canvas.set_picture(frame, keep_view=True, passing=True)
