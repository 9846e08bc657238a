"""A click on the groove of a slider."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tlstudio.gui.widgets.jump_slider import JumpSlider


def test_the_handle_comes_to_the_pointer_and_is_dragged_on(qtbot: QtBot) -> None:
    slider = JumpSlider()
    qtbot.addWidget(slider)
    slider.setRange(0, 100)
    slider.resize(220, 20)
    slider.show()
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(165, 10))
    assert 72 <= slider.value() <= 78
    QTest.mouseMove(slider, QPoint(55, 10))
    assert 22 <= slider.value() <= 28
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(55, 10))
    at = slider.value()
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(57, 10))  # on the handle: it stays
    assert slider.value() == at
    QTest.mouseClick(slider, Qt.MouseButton.RightButton, pos=QPoint(200, 10))
    assert slider.value() == at
