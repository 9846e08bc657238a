"""Every key of the overlay page acts wherever the focus is, and stands in the help sheet; strokes outlive a look at another page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.overlay.reels import child, viewer_of
from tests.masked import evaluated
from tlstudio.gui.overlay import edit_keys
from tlstudio.gui.overlay.class_combo import ClassCombo
from tlstudio.gui.overlay.keys import guide
from tlstudio.gui.overlay.viewer import Viewer
from tlstudio.gui.overlay.words import KEYS
from tlstudio.gui.pages.overlay import OverlayPage
from tlstudio.gui.session import Session

K = Qt.Key


@pytest.fixture
def opened(qtbot: QtBot, session: Session, jobs: Any, tmp_path: Path) -> Iterator[OverlayPage]:
    """The page with an evaluated run of four pictures."""
    page = OverlayPage(session)
    page.resize(1096, 704)
    page.show()
    page.entered()
    page.show_run(str(tmp_path / "run"))
    jobs.last("overlay").done.emit(evaluated(tmp_path))
    settle(page, qtbot)
    yield page
    page._editing.close()
    page.close()
    page.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def settle(page: OverlayPage, qtbot: QtBot) -> None:
    viewer = viewer_of(page)
    qtbot.waitUntil(lambda: not page.busy and viewer.picture is not None and viewer.counts.prediction is not None)


def state(viewer: Viewer) -> dict[str, Any]:
    look, canvas = viewer.looking.look, viewer.panels.canvas
    return {
        "masks": look.masks,
        "opacity": round(look.opacity, 2),
        "mode": look.mode,
        "solo": look.solo,
        "place": viewer.place,
        "zoom": round(canvas.zoom, 4),
    }


PRESSES = [
    (K.Key_M, {"masks": False}),
    (K.Key_M, {"masks": True}),
    (K.Key_BracketLeft, {"opacity": 0.45}),
    (K.Key_BracketRight, {"opacity": 0.5}),
    (K.Key_C, {"mode": "contour"}),
    (K.Key_D, {"mode": "difference"}),
    (K.Key_G, {"mode": "truth"}),
    (K.Key_S, {"mode": "swipe"}),
    (K.Key_I, {"mode": "image"}),
    (K.Key_P, {"mode": "prediction"}),
    (K.Key_1, {"solo": 0}),
    (K.Key_3, {"solo": 2}),
    (K.Key_9, {}),  # there are three classes
    (K.Key_Escape, {"solo": None}),
    (K.Key_0, {"zoom": "fit"}),
    (K.Key_Plus, {"zoom": "larger"}),
    (K.Key_Minus, {"zoom": "fit"}),
    (K.Key_Right, {"place": 2}),
    (K.Key_Left, {"place": 3}),
]


@pytest.mark.parametrize("focus", ["overlayCanvas", "classList", "filmStrip"])
def test_each_key_acts_wherever_the_focus_is(opened: OverlayPage, qtbot: QtBot, focus: str) -> None:
    viewer, where = viewer_of(opened), child(opened, focus)
    where.setFocus()
    QTest.keyClick(where, K.Key_0)
    fit = state(viewer)["zoom"]
    for key, wanted in PRESSES:
        before = state(viewer)
        QTest.keyClick(where, key)
        settle(opened, qtbot)
        now = state(viewer)
        for what, value in wanted.items():
            if value == "larger":
                assert now.pop(what) > before.pop(what), key
            else:
                assert now.pop(what) == (fit if value == "fit" else value), key
                before.pop(what)
        assert now == before, key  # and nothing else
    QTest.keyPress(where, K.Key_Space)
    assert not viewer.looking.look.masks
    QTest.keyRelease(where, K.Key_Space)
    assert viewer.looking.look.masks


def test_the_sheet_tells_each_key(opened: OverlayPage) -> None:
    told = {word for line in guide().split("\n")[1:] for word in line.split("\t")[0].split()}
    for key in [*KEYS.values(), *edit_keys.TOOLS.values(), edit_keys.SMALLER, edit_keys.LARGER, edit_keys.UNDO, edit_keys.SAVE]:
        assert key in told, key
    assert {"M", "[", "]", "1", "9", "Left", "Right", "+", "−", "0", "E", "K", "Esc", "Space,"} <= told


def test_a_letter_does_not_choose_what_is_painted(qtbot: QtBot, opened: OverlayPage) -> None:
    QTest.keyClick(viewer_of(opened).panels.canvas, K.Key_E)
    classes = child(opened, "paintedClass", ClassCombo)
    before = classes.currentIndex()
    for letter in (K.Key_S, K.Key_R, K.Key_C):  # sky, road, car
        QTest.keyClick(classes, letter)
        assert classes.currentIndex() == before
    QTest.keyClick(classes, K.Key_F)
    assert viewer_of(opened).panels.edit.tool == "fill"  # they are the page's


def test_strokes_are_there_when_one_comes_back(opened: OverlayPage, session: Session, jobs: Any, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    paint(opened)
    asked = len(jobs)
    opened.hide()
    assert opened.mark() == ("problem", "A mask is not saved")
    session.result_run = "/runs/newer"
    opened.show()
    opened.entered()
    assert not any(job.job == "overlay" for job in jobs[asked:])  # nothing takes their place
    assert opened.mark()[0] == "ready"
    assert viewer.panels.editing
    assert viewer.picture is not None
    assert viewer.picture.prediction is not None
    assert viewer.picture.prediction[31, 0] == 0


def test_a_window_that_closes_on_another_page_shows_what_is_not_saved(opened: OverlayPage, session: Session, qtbot: QtBot) -> None:
    paint(opened)
    opened.hide()
    with qtbot.waitSignal(session.asked_for) as asked:
        assert not opened.close()
    assert asked.args == ["overlay"]
    box = opened.findChild(QMessageBox, "editQuestion")
    assert box is not None
    box.close()


def paint(page: OverlayPage) -> QWidget:
    """A stroke of the first class in the lower left corner."""
    QTest.keyClick(viewer_of(page).panels.canvas, K.Key_E)
    bar = child(page, "editBar")
    bar.set_label(0)
    child(bar, "brushRadius").setValue(1)
    tool = viewer_of(page).panels.canvas.tool
    for step in (tool.press, tool.release):
        step(0.5, 31.5)
    return bar
