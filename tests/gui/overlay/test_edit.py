"""Painting on labels: what each tool changes, and that every step can be taken back and done again."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect

from tlstudio.data.masks import IGNORE
from tlstudio.gui.overlay import regions
from tlstudio.gui.overlay.edit import MaskEditor
from tlstudio.gui.overlay.edit_tools import Brush, Fill, Polygon
from tlstudio.gui.overlay.picture import Labels


@pytest.fixture
def labels() -> Labels:
    return np.zeros((40, 50), np.uint8)


@pytest.fixture
def editor(labels: Labels) -> MaskEditor:
    return MaskEditor(labels, label=1)


def _drag(tool: Brush | Polygon, *points: tuple[float, float]) -> None:
    tool.press(*points[0])
    for point in points[1:]:
        tool.move(*point)
    tool.release(*points[-1])


def test_a_drag_is_one_step_back_and_forth(editor: MaskEditor, labels: Labels) -> None:
    _drag(Brush(editor, 2), (5, 5), (20, 5), (20, 30))
    painted = labels.copy()
    assert painted[5, 12] == 1
    assert painted[20, 20] == 1
    assert (editor.dirty, editor.can_undo, editor.can_redo) == (True, True, False)
    assert editor.undo()
    assert not labels.any()
    assert (editor.dirty, editor.can_undo, editor.can_redo) == (False, False, True)
    assert editor.redo()
    assert np.array_equal(labels, painted)
    assert not editor.redo()


def test_the_eraser_says_nothing_or_the_first_class(editor: MaskEditor, labels: Labels) -> None:
    labels[:] = 3
    _drag(Brush(editor, 1, IGNORE), (4.5, 4.5))
    _drag(Brush(editor, 1, 0), (6.5, 4.5))
    assert (labels[4, 4], labels[4, 6], labels[4, 5]) == (IGNORE, 0, 3)


def test_moves_without_a_press_paint_nothing(editor: MaskEditor, labels: Labels) -> None:
    Brush(editor, 5).move(9, 9)
    assert not labels.any()


def test_a_stroke_outside_or_of_the_same_class_is_no_step(editor: MaskEditor) -> None:
    _drag(Brush(editor, 3), (-30, -30), (-10, -10))
    _drag(Brush(editor, 3, 0), (10, 10))
    assert not editor.can_undo


def test_fill_takes_the_patch_that_is_clicked(editor: MaskEditor, labels: Labels) -> None:
    labels[:, 25] = 2
    fill = Fill(editor)
    fill.press(3.9, 7.2)
    assert (labels[:, :25] == 1).all()
    assert not labels[:, 26:].any()
    fill.press(3, 7)  # is that class already
    fill.press(70, 7)
    editor.undo()
    assert not editor.can_undo
    assert not labels[:, :25].any()


def test_a_polygon_closes_at_its_first_corner(editor: MaskEditor, labels: Labels) -> None:
    tool = Polygon(editor, lambda: 4.0)
    for point in ((10, 10), (20, 10), (20, 20), (10, 20)):
        _drag(tool, point)
        assert not labels.any()
    assert tool.outline() == [(10, 10), (20, 10), (20, 20), (10, 20)]
    _drag(tool, (11, 11))  # 1.4 pixels away, six on the screen
    assert (labels[10:20, 10:20] == 1).all()
    assert labels.sum() == 100
    assert tool.outline() == []


def test_a_polygon_can_be_dragged_closed_by_command_or_dropped(editor: MaskEditor, labels: Labels) -> None:
    tool = Polygon(editor)
    _drag(tool, (10, 10), (30, 10), (30, 30), (10, 30))
    tool.close()
    assert labels.sum() == 400
    _drag(tool, (0, 0), (9, 0), (9, 9))
    assert len(tool.cancelled()) == 3
    tool.close()
    assert labels.sum() == 400


def test_a_new_step_ends_the_way_forth(editor: MaskEditor, labels: Labels) -> None:
    _drag(Brush(editor, 2), (5, 5))
    editor.undo()
    _drag(Brush(editor, 2), (9, 9))
    assert not editor.can_redo
    editor.undo()
    assert not labels.any()


def test_thousands_of_steps_are_all_taken_back(editor: MaskEditor, labels: Labels) -> None:
    rng = np.random.default_rng(1)
    states = [labels.copy()]
    for _ in range(300):
        editor.label = int(rng.integers(0, 5))
        _drag(Brush(editor, int(rng.integers(1, 9))), tuple(rng.uniform(0, 45, 2)), tuple(rng.uniform(0, 45, 2)))
        if not np.array_equal(labels, states[-1]):
            states.append(labels.copy())
    for state in reversed(states[:-1]):
        editor.undo()
        assert np.array_equal(labels, state)
    for state in states[1:]:
        editor.redo()
        assert np.array_equal(labels, state)


def test_a_stroke_over_many_tiles_is_taken_back() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 200, (700, 900)).astype(np.uint8)
    before = labels.copy()
    told: list[QRect] = []
    editor = MaskEditor(labels, told.append, label=7)
    _drag(Brush(editor, 90), (20, 20), (880, 680))
    assert told[-1].contains(QRect(400, 350, 1, 1))
    editor.undo()
    assert np.array_equal(labels, before)
    changed = told[-1]
    editor.redo()
    outside = labels != before
    outside[changed.top() : changed.bottom() + 1, changed.left() : changed.right() + 1] = False
    assert not outside.any()


def test_changed_tells_the_part_and_stepped_the_end(labels: Labels) -> None:
    told: list[QRect] = []
    steps: list[bool] = []
    editor = MaskEditor(labels, told.append, label=1)
    editor.stepped = lambda: steps.append(editor.can_undo)
    brush = Brush(editor, 2)
    brush.press(10.5, 10.5)
    assert told == [QRect(9, 9, 3, 3)]
    assert steps == []
    brush.release(10.5, 10.5)
    assert steps == [True]
    editor.undo()
    assert steps == [True, False]
    assert told[-1] == QRect(9, 9, 3, 3)


def test_dirty_is_what_is_not_saved(editor: MaskEditor) -> None:
    brush = Brush(editor, 1)
    _drag(brush, (1, 1))
    _drag(brush, (3, 3))
    editor.saved()
    assert not editor.dirty
    editor.undo()
    assert editor.dirty
    editor.redo()
    assert not editor.dirty
    editor.undo()
    _drag(brush, (5, 5))  # the way to what was saved is gone
    assert editor.dirty
    editor.undo()
    assert editor.dirty


def test_discard_brings_back_what_was_saved_and_can_be_undone(editor: MaskEditor, labels: Labels) -> None:
    _drag(Brush(editor, 3), (10, 10))
    editor.saved()
    kept = labels.copy()
    _drag(Brush(editor, 3, IGNORE), (10, 10), (30, 30))
    wrong = labels.copy()
    editor.discard()
    assert np.array_equal(labels, kept)
    assert not editor.dirty
    editor.undo()
    assert np.array_equal(labels, wrong)
    assert editor.dirty


def test_discard_of_nothing_is_no_step(editor: MaskEditor) -> None:
    editor.discard()
    assert not editor.can_undo


def test_painting_a_region_with_the_editor_alone(editor: MaskEditor, labels: Labels) -> None:
    editor.paint(regions.polygon([(0, 0), (5, 0), (5, 5), (0, 5)], 50, 40), 4)
    assert editor.undo()  # ends the step by itself
    assert not labels.any()
