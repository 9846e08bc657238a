"""The tools in the hands of the canvas: what the mouse does on it arrives in the mask, and is seen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tlstudio.gui import theme
from tlstudio.gui.overlay.canvas import OverlayCanvas
from tlstudio.gui.overlay.edit import MaskEditor
from tlstudio.gui.overlay.edit_tools import Brush, Polygon
from tlstudio.gui.overlay.picture import ClassLook, Look, Picture

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def canvas(qapp: QApplication, qtbot: QtBot) -> OverlayCanvas:
    theme.apply(qapp, theme.LIGHT)
    made = OverlayCanvas()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    image = QImage(80, 60, QImage.Format.Format_RGB32)
    image.fill(QColor("#808080"))
    made.set_look(Look((ClassLook("rest", QColor("#808080")), ClassLook("leaf", QColor("#ff0000"))), opacity=1.0))
    made.set_picture(Picture("a.png", image, np.zeros((60, 80), np.uint8)))
    return made


@pytest.fixture
def editor(canvas: OverlayCanvas) -> MaskEditor:
    assert canvas.picture is not None
    assert canvas.picture.prediction is not None
    return MaskEditor(canvas.picture.prediction, canvas.labels_changed, label=1)


def _at(canvas: OverlayCanvas, x: float, y: float) -> QPoint:
    return canvas.from_picture(x, y).toPoint()


def _seen(canvas: OverlayCanvas, x: float, y: float) -> QColor:
    return canvas.grab().toImage().pixelColor(_at(canvas, x, y))


def test_a_stroke_is_in_the_mask_and_on_the_screen(canvas: OverlayCanvas, editor: MaskEditor, qtbot: QtBot) -> None:
    canvas.set_tool(Brush(editor, 4))
    qtbot.mousePress(canvas, LEFT, pos=_at(canvas, 10.5, 10.5))
    qtbot.mouseMove(canvas, _at(canvas, 60.5, 10.5))
    qtbot.mouseRelease(canvas, LEFT, pos=_at(canvas, 60.5, 40.5))
    assert editor.labels[10, 35] == 1
    assert editor.labels[25, 60] == 1
    assert _seen(canvas, 35.5, 10.5) == QColor("#ff0000")
    editor.undo()
    assert _seen(canvas, 35.5, 10.5) != QColor("#ff0000")


def test_the_corners_of_a_polygon_are_seen_until_it_is_closed(canvas: OverlayCanvas, editor: MaskEditor, qtbot: QtBot) -> None:
    tool = Polygon(editor, lambda: canvas.zoom)
    canvas.set_tool(tool)
    before = _seen(canvas, 35, 10)
    for x, y in ((10, 10), (60, 10), (60, 50)):
        qtbot.mouseClick(canvas, LEFT, pos=_at(canvas, x, y))
    assert _seen(canvas, 35, 10).lightness() > before.lightness() + 60  # a bright line
    qtbot.mouseClick(canvas, LEFT, pos=_at(canvas, 10, 10) + QPoint(3, 3))
    assert tool.outline() == []
    assert editor.labels[20, 50] == 1
    assert _seen(canvas, 50, 20) == QColor("#ff0000")
