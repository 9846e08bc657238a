"""The small picture that says where one is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from tlstudio.gui.overlay.canvas import OverlayCanvas
from tlstudio.gui.overlay.minimap import Minimap
from tlstudio.gui.overlay.picture import Picture


def canvas_and_map(qtbot: QtBot) -> tuple[OverlayCanvas, Minimap]:
    canvas = OverlayCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    minimap = Minimap(canvas, canvas)
    canvas.show()
    image = QImage(800, 400, QImage.Format.Format_RGB32)
    image.fill(QColor(200, 40, 40))
    canvas.set_picture(Picture("", image, np.zeros((400, 800), np.uint8)))
    return canvas, minimap


def test_it_is_there_only_while_a_part_is_outside(qtbot: QtBot) -> None:
    canvas, minimap = canvas_and_map(qtbot)
    assert not minimap.isVisible()
    canvas.one_to_one()
    assert minimap.isVisible()
    minimap.hide()  # the page has no room for it
    canvas.zoom_by(2)
    assert not minimap.isVisible()
    minimap.show()
    assert minimap.isVisible()
    canvas.set_picture(None)
    assert not minimap.isVisible()


def test_it_has_the_shape_of_the_picture(qtbot: QtBot) -> None:
    _, minimap = canvas_and_map(qtbot)
    assert (minimap.width(), minimap.height()) == (160, 80)


def test_a_click_and_a_drag_go_there(qtbot: QtBot) -> None:
    canvas, minimap = canvas_and_map(qtbot)
    canvas.zoom_to(4)
    qtbot.mousePress(minimap, Qt.MouseButton.LeftButton, pos=QPoint(40, 20))
    assert (canvas.view.x, canvas.view.y) == (200, 100)
    qtbot.mouseMove(minimap, QPoint(120, 60))
    assert (canvas.view.x, canvas.view.y) == (600, 300)
    qtbot.mouseRelease(minimap, Qt.MouseButton.LeftButton, pos=QPoint(120, 60))
    qtbot.mouseMove(minimap, QPoint(40, 20))
    assert (canvas.view.x, canvas.view.y) == (600, 300)


def test_what_is_outside_is_darker(qtbot: QtBot) -> None:
    canvas, minimap = canvas_and_map(qtbot)
    canvas.zoom_to(2)
    canvas.centre_on(400, 200)
    shown = minimap.grab().toImage()
    assert shown.pixelColor(80, 40).red() == 200
    assert shown.pixelColor(20, 40).red() < 120
