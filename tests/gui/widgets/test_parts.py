"""The parts that pages are made of."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import Button, row, widget


@pytest.mark.parametrize("goes", [lambda button: button.hide(), lambda button: button.setEnabled(False)], ids=["away", "dead"])
def test_a_pressed_button_that_goes_marks_no_other_one(session: Session, qtbot: QtBot, goes: object) -> None:
    assert callable(goes)
    one, two, three = Button("One"), Button("Two"), Button("Three")
    two.clicked.connect(lambda: goes(two))
    inner = widget(row(one, two, three))
    outer = QWidget()
    outer.setLayout(row(inner))
    qtbot.addWidget(outer)
    with qtbot.waitExposed(outer):
        outer.show()
    outer.activateWindow()
    two.setFocus()
    qtbot.waitUntil(two.hasFocus)
    qtbot.keyClick(two, Qt.Key.Key_Tab)
    assert three.hasFocus()
    two.setFocus()
    qtbot.mouseClick(two, Qt.MouseButton.LeftButton)
    assert QApplication.focusWidget() is inner
    qtbot.keyClick(inner, Qt.Key.Key_Tab)
    assert one.hasFocus()
