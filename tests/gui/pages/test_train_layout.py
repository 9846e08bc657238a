"""How the train page is laid out: what is in sight in which window, and what keys reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.events import Event, MasksKept, RunEnded
from tlstudio.gui.pages.train import TrainPage
from tlstudio.gui.session import Session

Stream = Callable[..., list[Event]]
Document = dict[str, Any]


@pytest.mark.parametrize(("width", "height"), [(1096, 704), (840, 604), (776, 544), (600, 700)])
def test_start_is_in_sight_in_every_window(ready: TrainPage, qtbot: QtBot, width: int, height: int) -> None:
    ready.resize(width, height)

    def in_sight() -> None:
        at = ready.start.mapTo(ready, ready.start.rect().bottomRight())
        assert at.y() < height
        assert at.x() < width

    qtbot.wait(50)
    qtbot.waitUntil(in_sight)


def test_after_a_run_on_masks_its_buttons_are_in_sight(
    train_page: TrainPage, session: Session, jobs: Any, scenes: Document, judged_masks: Document, masks_run: Stream, qtbot: QtBot
) -> None:
    session.open_data(scenes["source"])
    jobs.last("scan").done.emit(scenes)
    session.live.start(session.recipe, session.trainer.submit("train", {}))
    said = [*masks_run(), MasksKept(epoch=3, folder=judged_masks["masks"]), RunEnded(reason="completed", summary={})]
    jobs.last("train").events.emit(said)
    jobs.last("train").done.emit({"run": "/runs/masks"})
    train_page.live.draw()
    qtbot.waitUntil(train_page.live.masks.isVisible)
    live = train_page.live

    def in_sight() -> None:
        for button in (train_page.start, train_page.see, live.longer, live.replay):
            assert button.isVisible()
            assert train_page.rect().contains(button.rect().translated(button.mapTo(train_page, QPoint(0, 0))))

    qtbot.wait(50)
    qtbot.waitUntil(in_sight)
    assert live.isVisible()
    assert train_page.halves.live_area.verticalScrollBar().value() == 0


def test_in_a_narrow_window_start_is_at_the_foot_and_comes_back(ready: TrainPage, qtbot: QtBot) -> None:
    ready.resize(600, 700)
    assert not ready.halves.beside
    assert ready.start.parentWidget().parentWidget() is ready.halves._low
    assert ready.halves._low.isVisible()
    ready.resize(1096, 704)
    assert ready.halves.beside
    assert ready.start.parentWidget().parentWidget() is ready.halves._left
    assert not ready.halves._low.isVisible()


def test_unfolding_gives_the_settings_the_height_they_need(ready: TrainPage, qtbot: QtBot) -> None:
    ready.resize(600, 700)  # the halves stand one below the other
    qtbot.wait(20)
    before = ready.halves.settings_area.minimumHeight()
    ready.basics.fold.click()
    qtbot.waitUntil(lambda: ready.halves.settings_area.minimumHeight() > before + 300)


def test_everything_that_can_be_pressed_has_a_name_and_is_reached_by_keys(ready: TrainPage) -> None:
    ready.basics.fold.click()
    for button in ready.findChildren(QPushButton):
        assert button.text() or button.accessibleName()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    for name in ("lossPlot", "metricPlot", "epochTable", "strategyCards", "schedulePreview"):
        assert ready.findChild(QWidget, name).accessibleName()
    assert "Ctrl+Enter" in ready.guide()
