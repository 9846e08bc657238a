"""The window around the pages: what can be dropped on it, what Ctrl+Enter does, and that Qt has nothing to complain of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMessageLogContext, QMimeData, QPoint, Qt, QtMsgType, QUrl, qInstallMessageHandler
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMenuBar, QMessageBox
from pytestqt.qtbot import QtBot

from tlstudio.errors import Cancelled, StudioError
from tlstudio.gui import theme
from tlstudio.gui.main_window import MainWindow
from tlstudio.gui.replay import ReplayedRun
from tlstudio.gui.session import Session
from tlstudio.recipe import Recipe


@pytest.fixture
def window(qtbot: QtBot, session: Session) -> MainWindow:
    made = MainWindow(session)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """What Qt says meanwhile."""
    said: list[str] = []

    def hear(kind: QtMsgType, _: QMessageLogContext, text: str) -> None:
        if "propagateSizeHints" not in text:  # the offscreen platform's own limit
            said.append(text)

    before = qInstallMessageHandler(hear)
    yield said
    qInstallMessageHandler(before)


def test_folders_archives_and_tables_can_be_dropped_anywhere(window: MainWindow, jobs: Any, tmp_path: Path) -> None:
    for name in ("insects", "insects.zip", "insects.csv"):
        path = tmp_path / name
        path.write_text("") if path.suffix else path.mkdir()
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        args = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        enter = QDragEnterEvent(QPoint(5, 5), *args)
        window.dragEnterEvent(enter)
        assert enter.isAccepted()
        window.dropEvent(QDropEvent(QPoint(5, 5).toPointF(), *args))
        assert jobs.last("scan").args["path"] == str(path)


def test_qt_has_nothing_to_complain_of(
    warnings: list[str], qtbot: QtBot, qapp: QApplication, session: Session, jobs: Any, data_document: dict[str, Any]
) -> None:
    window = MainWindow(session)
    qtbot.addWidget(window)
    window.show()
    for key in window.pages:
        session.asked_for.emit(key)
        QApplication.processEvents()
    session.open_data(data_document["source"])
    jobs.last("scan").done.emit(data_document)
    for tone, scale in ((theme.DARK, 2.0), (theme.LIGHT, 1.0)):
        theme.apply(qapp, tone, scale)
        for key, page in window.pages.items():
            session.asked_for.emit(key)
            page.prepare()
            QApplication.processEvents()
    assert warnings == []


def test_closing_in_mid_run_asks_and_says_what_is_kept(window: MainWindow, session: Session, jobs: Any, tmp_path: Path) -> None:
    session.live.start(Recipe(), session.trainer.submit("train", {}))
    window.close()
    question = window.findChild(QMessageBox, "closeQuestion")
    assert window.isVisible()
    assert "nothing of it is kept" in question.informativeText()
    assert {button.text() for button in question.buttons()} == {"Close", "Go on training"}
    question.reject()
    assert window.isVisible()
    question.setObjectName("")
    session.live.run = str(tmp_path)
    window.close()
    question = window.findChild(QMessageBox, "closeQuestion")
    texts = [button.text() for button in question.buttons()]
    assert set(texts) == {"Stop, keep the best, close", "Close, resume later", "Go on training"}
    next(button for button in question.buttons() if button.text() == "Close, resume later").click()
    QApplication.processEvents()
    assert not window.isVisible()


def test_the_question_goes_when_the_run_ends_behind_it(window: MainWindow, session: Session, jobs: Any, tmp_path: Path) -> None:
    session.live.start(Recipe(), session.trainer.submit("train", {}), run=str(tmp_path))
    window.close()
    question = window.findChild(QMessageBox, "closeQuestion")
    assert question.isVisible()
    jobs.last("train").done.emit({"run": str(tmp_path)})
    assert not question.isVisible()
    assert window.isVisible()


def test_the_menus_are_there_at_every_size_of_text(window: MainWindow, qapp: QApplication) -> None:
    menus = window.findChild(QMenuBar)
    for size in (1.0, 2.0):
        theme.apply(qapp, theme.LIGHT, size)
        QApplication.processEvents()
        assert window.strip.height() == theme.px(40)
        assert menus.height() >= menus.sizeHint().height()
    theme.apply(qapp, theme.LIGHT, 1.0)


def test_ctrl_enter_without_images_shows_what_is_missing(window: MainWindow, session: Session, jobs: Any) -> None:
    told: list[object] = []
    session.trouble.connect(told.append)
    window.strip._start()
    assert window.page.key == "train"
    assert told == []
    assert not [job for job in jobs if job.job == "train"]


def test_a_study_is_not_closed_unasked_nor_shown_in_a_presentation(
    window: MainWindow, session: Session, jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[StudioError] = []
    monkeypatch.setattr(window, "say", told.append)
    window.present()
    session.studying.start("compare_choices", {}, "Comparing")  # none of its runs has begun
    assert window.study_strip.isHidden()
    window.present()
    assert not window.study_strip.isHidden()
    session.replay("/runs/one")
    assert session.replaying is None, "it would hide the study's runs"
    assert len(told) == 1
    window.close()
    question = window.findChild(QMessageBox, "closeQuestion")
    assert "finished runs stay" in question.informativeText()
    assert {button.text() for button in question.buttons()} == {"Close, go on later", "Go on with the study"}
    jobs.last("compare_choices").failed.emit(Cancelled("Cancelled"))
    assert not question.isVisible()
    assert window.isVisible()
    assert window.study_strip.isHidden()
    window.present()
    window.present()
    assert window.study_strip.isHidden(), "what was put away does not come back"


def test_the_menu_and_the_bar_are_about_the_run_that_is_shown(
    window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    menu = {action.text(): action for action in window.findChildren(QAction)}
    played = ReplayedRun("/runs/one", session)
    told: list[str] = []
    monkeypatch.setattr(played, "toggle", lambda: told.append("toggle"))
    session.live, played.state = played, "running"
    session.run_changed.emit()
    assert menu["Pause or go on"].isEnabled()
    assert not menu["Stop, keep the best"].isEnabled(), "there is nothing to stop in a replay"
    menu["Pause or go on"].trigger()
    assert told == ["toggle"]
    session.leave_replay()
    assert not menu["Pause or go on"].isEnabled()
