"""The bar of the mask editor: what it hands to the canvas, what its keys do, and the states it shows."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QKeySequence
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.data.masks import IGNORE
from tlstudio.gui import theme
from tlstudio.gui.overlay.edit import MaskEditor
from tlstudio.gui.overlay.edit_bar import EditBar
from tlstudio.gui.overlay.edit_tools import Brush, Fill, Polygon
from tlstudio.gui.overlay.picture import ClassLook
from tlstudio.gui.overlay.regions import Region

LOOKS = (ClassLook("sky", QColor("#E69F00")), ClassLook("road", QColor("#56B4E9")), ClassLook("tree", QColor("#E69F00"), hatched=True))


@pytest.fixture
def page(qapp: QApplication, qtbot: QtBot) -> QWidget:
    theme.apply(qapp, theme.LIGHT)
    made = QWidget()
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.resize(800, 300)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def bar(page: QWidget) -> EditBar:
    made = EditBar(page)
    made.show_classes(LOOKS)
    page.show()
    made.adjustSize()
    return made


@pytest.fixture
def editor(bar: EditBar) -> MaskEditor:
    made = MaskEditor(np.zeros((20, 20), np.uint8))
    bar.set_editor(made)
    return made


@pytest.fixture
def tools(bar: EditBar) -> list[object]:
    chosen: list[object] = []
    bar.tool_chosen.connect(chosen.append)
    return chosen


def test_without_a_mask_nothing_can_be_pressed(bar: EditBar) -> None:
    parts = [*bar.buttons.values(), bar.radius, bar.classes, bar.undo, bar.redo, bar.discard, bar.save, bar.add]
    assert not any(part.isEnabled() for part in parts)
    assert all(part.toolTip() and part.accessibleName() for part in parts)


def test_a_tool_paints_the_chosen_class_with_the_chosen_size(bar: EditBar, editor: MaskEditor, tools: list[object]) -> None:
    sizes: list[int] = []
    bar.radius_changed.connect(sizes.append)
    bar.buttons["brush"].click()
    brush = tools[-1]
    assert isinstance(brush, Brush)
    bar.radius.setValue(3)
    bar.classes.setCurrentIndex(2)
    brush.press(10.5, 10.5)
    brush.release(10.5, 10.5)
    assert editor.labels[10, 12] == 2
    assert not editor.labels[10, 13]
    assert sizes == [3]
    bar.buttons["fill"].click()
    assert isinstance(tools[-1], Fill)
    bar.buttons["fill"].click()
    assert tools[-1] is None
    assert bar.tool == ""


def test_the_eraser_leaves_what_was_chosen(bar: EditBar, editor: MaskEditor, tools: list[object]) -> None:
    bar.buttons["eraser"].click()
    assert isinstance(tools[-1], Brush)
    assert tools[-1].label == IGNORE
    assert bar.erased.isVisible()
    assert not bar.classes.isVisible()
    assert bar.erased.itemText(1) == "Class sky"
    bar.erased.setCurrentIndex(1)
    assert isinstance(tools[-1], Brush)
    assert tools[-1].label == 0


def test_the_list_of_classes_chooses_what_is_painted(bar: EditBar, editor: MaskEditor) -> None:
    told: list[int] = []
    bar.label_chosen.connect(told.append)
    bar.set_label(1)
    assert editor.label == 1
    bar.set_label(99)
    assert (editor.label, told) == (1, [1])


def test_another_picture_keeps_the_tool_and_the_class(bar: EditBar, editor: MaskEditor, tools: list[object]) -> None:
    bar.set_label(2)
    bar.buttons["brush"].click()
    other = MaskEditor(np.zeros((5, 5), np.uint8))
    bar.set_editor(other)
    assert isinstance(tools[-1], Brush)
    assert tools[-1].editor is other
    assert other.label == 2
    bar.set_editor(None)
    assert tools[-1] is None


def test_states_follow_the_steps(bar: EditBar, editor: MaskEditor, tools: list[object]) -> None:
    bar.buttons["brush"].click()
    brush = tools[-1]
    assert isinstance(brush, Brush)
    bar.set_label(1)
    assert (bar._state.whole, bar.save.isEnabled(), bar.undo.isEnabled()) == ("", False, False)
    brush.press(3, 3)
    brush.release(3, 3)
    assert (bar._state.whole, bar.save.isEnabled(), bar.undo.isEnabled(), bar.discard.isEnabled()) == ("Not saved", True, True, True)
    bar.set_busy("Saving…")
    assert (bar._state.whole, bar.save.isEnabled(), bar.add.isEnabled()) == ("Saving…", False, False)
    bar.set_failed("The disk is full.")
    assert (bar._state.whole, bar.save.isEnabled()) == ("The disk is full.", True)
    editor.saved()
    bar.set_state(editor.dirty, editor.can_undo, editor.can_redo, "/masks/a.corrected.png")
    assert (bar._state.whole, bar._state.toolTip(), bar.save.isEnabled()) == ("Saved as a.corrected.png", "/masks/a.corrected.png", False)
    editor.undo()
    assert (bar._state.whole, bar.redo.isEnabled(), bar.undo.isEnabled()) == ("Not saved", True, False)


def test_why_a_picture_cannot_be_added_is_said(bar: EditBar, editor: MaskEditor) -> None:
    assert bar.add.isEnabled()
    bar.set_add("No data set is open")
    assert not bar.add.isEnabled()
    assert bar.add.toolTip() == "No data set is open"


def test_keys_choose_tools_and_sizes(page: QWidget, bar: EditBar, editor: MaskEditor, tools: list[object], qtbot: QtBot) -> None:
    page.setFocus()
    for key, kind in ((Qt.Key.Key_B, Brush), (Qt.Key.Key_F, Fill), (Qt.Key.Key_L, Polygon), (Qt.Key.Key_X, Brush)):
        qtbot.keyClick(page, key)
        assert isinstance(tools[-1], kind)
    before = bar.radius.value()
    qtbot.keyClick(page, Qt.Key.Key_Period)
    assert bar.radius.value() == before + 1
    qtbot.keyClick(page, Qt.Key.Key_Comma)
    assert bar.radius.value() == before
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert tools[-1] is None


def test_a_hidden_bar_leaves_all_keys_alone(page: QWidget, bar: EditBar, editor: MaskEditor, tools: list[object], qtbot: QtBot) -> None:
    bar.hide()
    page.setFocus()
    qtbot.keyClick(page, Qt.Key.Key_B)
    assert tools == []


def test_enter_closes_a_polygon_and_escape_drops_it(
    page: QWidget, bar: EditBar, editor: MaskEditor, tools: list[object], qtbot: QtBot
) -> None:
    bar.set_label(1)
    qtbot.keyClick(page, Qt.Key.Key_L)
    polygon = tools[-1]
    assert isinstance(polygon, Polygon)
    for x, y in ((1, 1), (15, 1), (15, 15)):
        polygon.press(x, y)
        polygon.release(x, y)
    qtbot.keyClick(page, Qt.Key.Key_Return)
    assert editor.labels.any()
    polygon.press(4, 4)
    polygon.release(4, 4)
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert bar.tool == "polygon"
    assert polygon.outline() == []
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert bar.tool == ""


def test_undo_takes_back_corner_by_corner_before_it_takes_back_strokes(
    page: QWidget, bar: EditBar, editor: MaskEditor, tools: list[object], qtbot: QtBot
) -> None:
    asked: list[str] = []
    bar.undo_asked.connect(lambda: asked.append("mask"))
    bar.set_label(1)
    qtbot.keyClick(page, Qt.Key.Key_L)
    polygon = tools[-1]
    assert isinstance(polygon, Polygon)
    for points in (((1, 1), (15, 1), (15, 15)), ((3, 3), (9, 9))):
        for x, y in points:
            polygon.press(x, y)
            polygon.release(x, y)
        if len(points) == 3:
            qtbot.keyClick(page, Qt.Key.Key_Return)
    for left in (1, 0):
        qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert (len(polygon.outline()), asked) == (left, [])
    qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert asked == ["mask"]


def test_undo_is_about_the_mask_only_while_a_tool_is_in_hand(page: QWidget, bar: EditBar, editor: MaskEditor, qtbot: QtBot) -> None:
    asked: list[str] = []
    bar.undo_asked.connect(lambda: (asked.append("mask"), editor.undo()))
    action = QAction(page)
    action.setShortcut(QKeySequence("Ctrl+Z"))
    action.triggered.connect(lambda: asked.append("recipe"))
    page.addAction(action)
    page.setFocus()
    page.activateWindow()
    editor.label = 1
    Brush(editor, 2).press(5, 5)
    editor.finish()
    qtbot.keyClick(page, Qt.Key.Key_B)
    qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert asked == ["mask"]
    assert not editor.labels.any()
    qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)  # nothing left of it; the recipe is not touched unseen
    assert asked == ["mask"]
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert asked == ["mask", "recipe"]


def test_names_as_long_as_lines_do_not_widen_the_bar(bar: EditBar, editor: MaskEditor) -> None:
    before = bar.sizeHint().width()
    bar.show_classes([ClassLook("c" * 80, QColor("red"))] * 150)
    bar.set_state(False, False, False, "/masks/" + "n" * 80 + ".corrected.png")
    assert bar.sizeHint().width() == before


def test_where_there_is_no_room_save_is_its_icon(bar: EditBar, editor: MaskEditor) -> None:
    bar.resize(bar.sizeHint())
    assert bar.save.text() == "Save"
    bar.resize(bar.minimumSizeHint().width() - 10, bar.height())
    assert bar.save.text() == ""
    assert not bar.save.icon().isNull()
    bar.resize(500, bar.height())
    assert bar.save.text() == "Save"


def test_what_is_painted_gets_a_line_of_its_own_where_the_bar_is_narrow(bar: EditBar) -> None:
    wide, narrow = bar.size_for(2000), bar.size_for(200)
    assert narrow.height() > wide.height()
    assert narrow.width() == 200
    assert bar.size_for(2000) == wide


def test_what_was_added_is_said_until_the_next_stroke(bar: EditBar, editor: MaskEditor) -> None:
    bar.set_state(True, True, False, "/set/masks/a.png", added=True)
    assert bar._state_words(True)[0] == "Added as a.png"
    editor.paint(Region(0, 0, np.ones((2, 2), np.bool_)), 1)
    editor.finish()
    assert bar._state_words(True)[0] == "Not saved"
