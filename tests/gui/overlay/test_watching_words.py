"""What the page says of a video: whether the model keeps up, and why there is no mask."""

from __future__ import annotations

import time
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from tests.gui.overlay.reels import RUN, Engine, child, document, engine, opened, page, until, viewer_of
from tlstudio.gui.overlay.passing import Passing
from tlstudio.gui.overlay.stage import Stage
from tlstudio.gui.pages.overlay import OverlayPage
from tlstudio.gui.session import Session

__all__ = ["engine", "opened", "page"]  # fixtures


def test_a_model_that_does_not_keep_up_is_named(opened: OverlayPage, engine: Engine, qtbot: QtBot) -> None:
    player, pace = opened._watching.player, child(opened, "videoPace", QLabel)
    player.play(0)
    assert isinstance(viewer_of(opened).panels.canvas._stage, Stage)
    until(qtbot, engine, lambda: player.place >= 2)
    assert isinstance(viewer_of(opened).panels.canvas._stage, Passing)  # it is seen for a moment
    assert player._reel is not None
    assert player._reel.predicting == pytest.approx(0.14)
    assert player._reel.decoding == pytest.approx(0.01)
    now = time.perf_counter()
    player._times.clear()
    player._times.extend([now - 5.0, now - 2.5])  # slower than the span over which frames are counted
    player.dropped = 23
    opened._watching._show_state()
    assert pace.text() == "Model: 0.4 of 10 frames/s"
    assert "takes 0.14 s" in pace.toolTip()
    assert "23 frames left out" in pace.accessibleDescription()
    player._reel.predicting = 0.001
    opened._watching._show_state()
    assert pace.text() == "0.4 of 10 frames/s"
    assert "cannot be read as fast" in pace.toolTip()
    player._times.extend(now - 0.1 * i for i in range(19, -1, -1))
    opened._watching._show_state()
    assert pace.text() == "10 frames/s"
    player.pause()
    assert isinstance(viewer_of(opened).panels.canvas._stage, Stage)  # now it stays, and is painted finely
    assert pace.text() == ""


def test_without_a_run_the_way_to_masks_is_told(page: OverlayPage, session: Session, jobs: Any, engine: Engine, qtbot: QtBot) -> None:
    page.show_video("/films/street.mp4", "")
    jobs.last("open_video").done.emit(document(run=""))
    until(qtbot, engine, lambda: viewer_of(page).picture is not None)
    here = child(page, "predictHere", QPushButton)
    assert here.isVisible()
    assert "No model looks at this video" in said(page)
    here.click()
    menu = child(page, "chooseWatcher", QMenu)
    (choice,) = menu.actions()
    assert choice.text() == "Streets"
    choice.trigger()
    menu.close()
    assert jobs.last("open_video").args["run"] == "/runs/a"
    jobs.last("open_video").done.emit(document())
    until(qtbot, engine, lambda: viewer_of(page).picture is not None and viewer_of(page).picture.prediction is not None)
    assert not here.isVisible()


def test_before_any_run_learned_masks_the_first_step_is_told(
    page: OverlayPage, session: Session, jobs: Any, engine: Engine, qtbot: QtBot
) -> None:
    page._list.rows = [{**RUN, "task": "classification"}]
    page.show_video("/films/street.mp4")
    assert jobs.last("open_video").args["run"] == ""
    jobs.last("open_video").done.emit(document(run=""))
    until(qtbot, engine, lambda: viewer_of(page).picture is not None)
    assert "none was trained on masks yet" in said(page)
    with qtbot.waitSignal(session.asked_for) as asked:
        child(page, "predictHere", QPushButton).click()
    assert asked.args == ["data"]
    QTest.keyClick(viewer_of(page).panels.canvas, Qt.Key.Key_M)  # a key for masks that are not there does no harm


def said(page: OverlayPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())
