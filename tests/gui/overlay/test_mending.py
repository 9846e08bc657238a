"""A stroke of the brush: what is mended is what would have been painted from the beginning, and no more is made than was touched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from tests.gui.overlay.scenes import CLASSES, scene
from tlstudio.gui.overlay.layers import Layer
from tlstudio.gui.overlay.picture import Look
from tlstudio.gui.overlay.stage import Stage
from tlstudio.gui.overlay.view import View

SCREEN = (400, 300)
HATCHED = replace(CLASSES[2], hatched=True)


def frame(shown: Stage, view: View, look: Look) -> np.ndarray:
    target = QImage(*SCREEN, QImage.Format.Format_RGB32)
    target.fill(0)
    painter = QPainter(target)
    assert shown.paint(painter, view, look, 1.0, QRect(0, 0, *SCREEN))
    painter.end()
    return np.frombuffer(target.constBits(), np.uint32).reshape(SCREEN[::-1]).copy()


@pytest.mark.parametrize("mode", ["prediction", "difference", "contour"])
@pytest.mark.parametrize("zoom", [0.5, 1.0, 2.3, 8.0])
def test_strokes_look_as_if_they_had_always_been_there(qapp: QApplication, zoom: float, mode: Any) -> None:
    picture = scene(500, 400)
    assert picture.prediction is not None
    look = Look((*CLASSES[:2], HATCHED), mode=mode, contour=3.0)
    view = View((500, 400), SCREEN, zoom, 250, 200)
    shown = Stage(picture)
    frame(shown, view, look)
    made = {key: one for key, (one, _) in shown.tiles._kept.items() if isinstance(one, Layer)}
    for x, y, side, label in ((246, 190, 5, 2), (250, 197, 9, 255), (255, 203, 1, 0), (230, 201, 4, 2)):
        picture.prediction[y : y + side, x : x + side] = label
        shown.labels_changed(QRect(x, y, side, side), view, 1.0)
        assert np.array_equal(frame(shown, view, look), frame(Stage(picture), view, look))
    kept = {key: one for key, (one, _) in shown.tiles._kept.items() if isinstance(one, Layer)}
    assert any(one.stale for one in kept.values())
    assert all(kept[key] is one for key, one in made.items() if not isinstance(one.codes, int))  # none was made anew
    other = look.with_class(2, hatched=False).with_class(0, visible=False)
    assert np.array_equal(frame(shown, view, other), frame(Stage(picture), view, other))  # and takes other colours as any tile


def test_a_fill_of_all_of_it_makes_the_tiles_anew(qapp: QApplication) -> None:
    picture = scene(500, 400)
    assert picture.prediction is not None
    look, view = Look(CLASSES), View((500, 400), SCREEN, 1.0, 250, 200)
    shown = Stage(picture)
    frame(shown, view, look)
    picture.prediction[10:390] = 1
    shown.labels_changed(QRect(0, 0, 500, 400), view, 1.0)
    assert np.array_equal(frame(shown, view, look), frame(Stage(picture), view, look))
    assert not any(isinstance(one, Layer) and one.stale for one, _ in shown.tiles._kept.values())
