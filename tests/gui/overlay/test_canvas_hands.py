"""Hands on the canvas: wheel, drag, keys, tools, the swipe."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.overlay.scenes import CLASSES, scene
from tlstudio.gui.overlay.canvas import OverlayCanvas
from tlstudio.gui.overlay.picture import Look


def wheel(canvas: OverlayCanvas, at: QPointF, turned: int) -> None:
    event = QWheelEvent(
        at,
        QPointF(canvas.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, turned),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def test_the_wheel_zooms_at_the_cursor(canvas: OverlayCanvas) -> None:
    canvas.set_picture(scene(3000, 2000))
    before = canvas.to_picture(QPointF(220, 50))
    zoom = canvas.zoom
    for _ in range(5):
        wheel(canvas, QPointF(220, 50), 120)
    assert canvas.zoom == pytest.approx(zoom * 1.25**5)
    after = canvas.to_picture(QPointF(220, 50))
    assert abs(after.x() - before.x()) * canvas.zoom < 1.1
    assert abs(after.y() - before.y()) * canvas.zoom < 1.1
    assert canvas.fitted == ""


def test_a_drag_pans_and_the_fit_stays_through_a_resize_until_then(canvas: OverlayCanvas, qtbot: QtBot) -> None:
    canvas.set_picture(scene(3000, 2000))
    assert canvas.zoom == pytest.approx(0.1)
    canvas.resize(600, 400)
    assert canvas.zoom == pytest.approx(0.2)
    canvas.one_to_one()
    middle = canvas.visible().center()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(canvas, QPoint(140, 90))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(140, 90))
    moved = canvas.visible().center() - middle
    assert (moved.x(), moved.y()) == (-40, 10)
    canvas.resize(300, 200)
    assert canvas.zoom == 1


def test_keys(canvas: OverlayCanvas, qtbot: QtBot) -> None:
    canvas.set_picture(scene(3000, 2000))
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.zoom == pytest.approx(0.125)
    qtbot.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.zoom == pytest.approx(0.1)
    canvas.one_to_one()
    left = canvas.visible().left()
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.visible().left() > left
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.fitted == "fit"


def test_steps_do_not_jump_over_100_percent(canvas: OverlayCanvas) -> None:
    canvas.set_picture(scene(3000, 2000))
    canvas.zoom_to(0.9)
    canvas.zoom_by(1.25)
    assert canvas.zoom == 1
    canvas.zoom_by(1.25)
    assert canvas.zoom == 1.25


def test_a_double_click_goes_between_fit_and_one_to_one(canvas: OverlayCanvas, qtbot: QtBot) -> None:
    canvas.set_picture(scene(3000, 2000))
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(150, 100))
    assert canvas.zoom == 1
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(150, 100))
    assert canvas.fitted == "fit"


def test_hover_tells_the_pixel(canvas: OverlayCanvas, qtbot: QtBot) -> None:
    canvas.set_picture(scene(100, 100))
    canvas.one_to_one()  # 100 x 100 in the middle of 300 x 200
    said: list[object] = []
    canvas.hovered.connect(said.append)
    for at in (QPoint(100, 50), QPoint(199, 149), QPoint(200, 149)):
        qtbot.mouseMove(canvas, at)
    assert said == [QPoint(0, 0), QPoint(99, 99), None]


def test_linked_canvases_look_at_the_same_place(canvas: OverlayCanvas, qtbot: QtBot) -> None:
    other = OverlayCanvas()
    qtbot.addWidget(other)
    other.resize(300, 200)
    other.show()
    picture = scene(3000, 2000)
    for one in (canvas, other):
        one.set_picture(picture)
    canvas.link(other)
    other.zoom_to(3.0)
    other.centre_on(700, 900)
    assert canvas.view == other.view
    canvas.zoom_by(2)
    assert other.zoom == pytest.approx(6)
    canvas.unlink()
    canvas.fit()
    assert other.zoom == pytest.approx(6)


class Recorder:
    def __init__(self) -> None:
        self.told: list[tuple[str, float, float]] = []

    def press(self, x: float, y: float) -> None:
        self.told.append(("press", x, y))

    def move(self, x: float, y: float) -> None:
        self.told.append(("move", x, y))

    def release(self, x: float, y: float) -> None:
        self.told.append(("release", x, y))

    def cursor(self) -> float:
        return 12.0

    def outline(self) -> list[tuple[float, float]]:
        return []


def test_a_tool_gets_the_left_button_in_picture_pixels_and_the_middle_one_still_pans(canvas: OverlayCanvas, qtbot: QtBot) -> None:
    canvas.set_picture(scene(300, 200))
    canvas.zoom_to(2.0)
    tool = Recorder()
    canvas.set_tool(tool)
    corner = canvas.visible().topLeft()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(20, 30))
    qtbot.mouseMove(canvas, QPoint(24, 31))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(24, 31))
    x, y = corner.x(), corner.y()
    assert tool.told == [("press", x + 10, y + 15), ("move", x + 12, y + 15.5), ("release", x + 12, y + 15.5)]
    assert canvas.visible().topLeft() == corner
    qtbot.mousePress(canvas, Qt.MouseButton.MiddleButton, pos=QPoint(20, 30))
    qtbot.mouseMove(canvas, QPoint(40, 30))
    qtbot.mouseRelease(canvas, Qt.MouseButton.MiddleButton, pos=QPoint(40, 30))
    assert canvas.visible().left() == corner.x() - 10
    assert len(tool.told) == 3


def test_the_view_stays_for_a_picture_of_the_same_size(canvas: OverlayCanvas) -> None:
    canvas.set_picture(scene(3000, 2000))
    canvas.zoom_to(2)
    canvas.centre_on(100, 1500)
    view = canvas.view
    canvas.set_picture(scene(3000, 2000), keep_view=True)
    assert canvas.view == view


@pytest.fixture
def swiping(canvas: OverlayCanvas) -> OverlayCanvas:
    canvas.set_picture(scene())
    canvas.set_look(Look(CLASSES, mode="swipe"))
    return canvas


def test_the_swipe_is_dragged_and_moved_by_keys(swiping: OverlayCanvas, qtbot: QtBot) -> None:
    handle: Any = swiping.findChild(object, "swipeHandle")
    assert handle.isVisible()
    said: list[float] = []
    swiping.swiped.connect(said.append)
    middle = handle.rect().center()
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(handle, middle + QPoint(60, 0))
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton)
    assert said[-1] == pytest.approx(0.7, abs=0.01)
    assert swiping.look.swipe == said[-1]
    qtbot.keyClick(handle, Qt.Key.Key_Left)
    assert said[-1] == pytest.approx(0.69, abs=0.01)
    qtbot.keyClick(handle, Qt.Key.Key_Home)
    assert said[-1] == 0
    swiping.set_look(Look(CLASSES, mode="prediction"))
    assert not handle.isVisible()
