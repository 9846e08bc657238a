"""The presentation: what it shows, which keys it knows, that nothing pops up, and that leaving it brings back what was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox, QPushButton, QScrollArea, QToolTip
from pytestqt.qtbot import QtBot

from tlstudio.errors import StudioError
from tlstudio.events import Event, MasksKept, Watched
from tlstudio.gui import theme
from tlstudio.gui.history import RunHistory
from tlstudio.gui.main_window import MainWindow
from tlstudio.gui.presentation.foot import Foot
from tlstudio.gui.presentation.mode import scale_for
from tlstudio.gui.presentation.train_view import TrainView
from tlstudio.gui.session import Session
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

Stream = Callable[..., list[Event]]


@pytest.fixture
def window(qtbot: QtBot, session: Session) -> MainWindow:
    made = MainWindow(session)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    return made


@pytest.fixture
def view(qtbot: QtBot, session: Session) -> TrainView:
    """Training as it is presented, without a window around it."""
    made = TrainView(session)
    qtbot.addWidget(made)
    made.resize(1280, 720)
    made.show()
    return made


def _press(window: MainWindow, qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifier)
    QApplication.processEvents()


def _train(session: Session, said: list[Event], recipe: Recipe | None = None) -> Any:
    handle = session.trainer.submit("train", {})
    session.live.start(recipe or Recipe(name="Ants"), handle)
    handle.events.emit(said)
    return handle


def test_up_and_down_scroll_what_is_larger_than_the_window(window: MainWindow, session: Session, qtbot: QtBot) -> None:
    window.present()
    window.setWindowState(Qt.WindowState.WindowNoState)
    window.resize(1280, 640)
    session.asked_for.emit("home")
    bar = window.page.findChild(QScrollArea).verticalScrollBar()

    def laid_out() -> bool:
        before = bar.maximum()
        qtbot.wait(50)
        return 0 < before == bar.maximum()

    qtbot.waitUntil(laid_out)
    _press(window, qtbot, Qt.Key.Key_Down)
    assert bar.value() > 0
    _press(window, qtbot, Qt.Key.Key_Up)
    assert bar.value() == 0
    window.present()


def _chrome(window: MainWindow) -> list[bool]:
    return [part.isVisible() for part in (window.strip, window.rail, window.run_bar)]


def test_f11_takes_the_screen_nothing_pops_up_and_leaving_brings_back_what_was(
    window: MainWindow, session: Session, qtbot: QtBot, qapp: QApplication
) -> None:
    theme.apply(qapp, theme.DARK, 1.25)
    session.asked_for.emit("train")
    before = (window.windowState(), window.size(), theme.scale(), window.page.key)
    window.present()
    shown = window.presentation
    assert window.isFullScreen()
    assert _chrome(window) == [False] * 3
    assert theme.scale() > 1.25
    assert theme.current() is theme.DARK
    assert shown.training.isVisible()
    assert not window.page.isVisible()

    pages = list(window.pages)
    _press(window, qtbot, Qt.Key.Key_Right)
    assert window.page.key == pages[4]
    assert window.page.isVisible()
    assert not shown.training.isVisible()
    _press(window, qtbot, Qt.Key.Key_PageUp)
    _press(window, qtbot, Qt.Key.Key_Left)
    assert window.page.key == pages[2]
    _press(window, qtbot, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert window.page.key == pages[3]

    session.trouble.emit(StudioError("The disk is full", "", "Make room"))
    QApplication.processEvents()
    assert not window.findChildren(QMessageBox)
    assert "The disk is full" in shown.foot._said.text()
    _press(window, qtbot, Qt.Key.Key_F1)
    assert not window.findChildren(QDialog)
    button = shown.training.nothing.sample
    QApplication.sendEvent(button, QHelpEvent(QEvent.Type.ToolTip, QPoint(5, 5), button.mapToGlobal(QPoint(5, 5))))
    assert not QToolTip.isVisible()

    quiet = shown._quiet
    assert quiet._rest.interval() == 3000
    quiet._rest.setInterval(5)
    quiet._rest.start()
    qtbot.waitUntil(lambda: quiet.hidden)
    quiet._rest.setInterval(60_000)
    cursor = QApplication.overrideCursor()
    assert cursor is not None
    assert cursor.shape() == Qt.CursorShape.BlankCursor
    qtbot.mouseMove(window, QPoint(40, 40))
    qtbot.mouseMove(window, QPoint(90, 60))
    assert not quiet.hidden
    assert QApplication.overrideCursor() is None

    _press(window, qtbot, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: (window.windowState(), window.size(), theme.scale(), window.page.key) == before)
    assert _chrome(window) == [True] * 3
    assert window.page.isVisible()
    assert not shown.foot.isVisible()
    assert not quiet._rest.isActive()
    assert window.findChild(QMessageBox).text() == "The disk is full"  # said again where it can be read


def test_text_grows_with_the_window_and_is_never_less_than_usual() -> None:
    assert scale_for(QSize(1280, 800), 1.0) == 1.6
    assert scale_for(QSize(1920, 1080), 1.0) == 2.16
    assert scale_for(QSize(800, 600), 1.0) == 1.2
    assert scale_for(QSize(1024, 700), 2.0) == 2.0


def test_training_is_shown_in_three_figures(view: TrainView, session: Session, run_events: Stream, qtbot: QtBot) -> None:
    assert view.nothing.isVisible()
    _train(session, run_events(3.5))
    view.draw()
    assert not view.nothing.isVisible()
    assert (view.epoch.value.text(), view.epoch.caption.text()) == ("4 of 10", "epoch")
    assert (view.best.value.text(), view.best.caption.text()) == ("75.0%", "best of 20 images")
    assert view.speed.value.text() == "20"
    assert not view.watched.isVisible()  # this run kept none
    assert len(view.loss.curves._raw.getData()[0]) == 14


def test_the_watched_images_say_what_they_are_taken_for(view: TrainView, session: Session, run_events: Stream, tmp_path: Path) -> None:
    paths = []
    for i in range(3):
        Image.new("RGB", (40, 30), (90, 90, 90)).save(tmp_path / f"{i}.png")
        paths.append(str(tmp_path / f"{i}.png"))
    seen = Watched(
        epoch=3, paths=paths, truth=[0, 1, 1], labels=[[0, 1], [1, 0], [0, 1]], probabilities=[[0.98, 0.02], [0.9, 0.1], [0.61, 0.39]]
    )
    _train(session, [*run_events(3), seen])
    view.draw()
    row = view.watched
    assert [guess.isVisible() for guess in row.guesses] == [True, True, True, False]
    said = [guess.accessibleName() for guess in row.guesses[:3]]
    assert said == ["0.png: ants 98%, right", "1.png: bees 90%, right", "2.png: ants 61%, wrong, it is bees"]
    row.follow(RunHistory(run_events(1)))
    assert row.isHidden()


def test_masks_form_in_the_row(
    view: TrainView, session: Session, masks_run: Callable[..., list[Event]], judged_masks: dict[str, Any], qtbot: QtBot
) -> None:
    said = [*masks_run(2), MasksKept(epoch=2, folder=judged_masks["masks"])]
    _train(session, said, Recipe().set({"data.task": "segmentation"}))
    view.draw()
    row = view.watched
    qtbot.waitUntil(lambda: row.guesses[0].isVisible() and bool(row.guesses[0].accessibleName()))
    assert row.guesses[0].accessibleName() == "0.png: 12%, epoch 2"
    assert view.best.caption.text() == "best mean IoU, 2 images"


def test_the_keys_of_a_replay(
    window: MainWindow, session: Session, run_events: Stream, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theme, "apply", lambda *_: None)  # takes as long as all the rest
    monkeypatch.setattr("tlstudio.gui.replay._LAG", 0.005)  # it hardly gets on until it is paused
    run = Run.create(Recipe(name="Ants"))
    said = [event.replace(at=1e9 + i) for i, event in enumerate(run_events(10, end="completed"))]
    (run.path / "events.jsonl").write_text("".join(event.to_line() for event in said))
    session.replay(str(run.path))
    qtbot.waitUntil(lambda: session.live.history.started is not None)
    played = session.replaying
    assert played is not None
    window.present()
    foot = window.presentation.foot
    _press(window, qtbot, Qt.Key.Key_Space)
    assert played.state == "paused"
    _press(window, qtbot, Qt.Key.Key_Plus)
    assert played.speed == 8
    _press(window, qtbot, Qt.Key.Key_Minus)
    _press(window, qtbot, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: len(played.history.epochs) == 1)
    assert foot._chip.text() == "Replay 4×"
    assert foot._said.text() == "epoch 2 of 10, paused"
    _press(window, qtbot, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    assert window.page.key != "train"
    assert foot._chip.isVisible()  # every page says so
    _press(window, qtbot, Qt.Key.Key_F11)
    bar = window.replay_bar
    assert bar is not None
    assert bar.isVisible()
    assert not window.run_bar.isVisible()
    leave = bar.findChild(QPushButton, "leaveReplay")
    assert isinstance(leave, QPushButton)
    leave.click()
    assert session.replaying is None
    assert not bar.isVisible()
    assert window.run_bar.isVisible()


def test_the_sample_is_one_press_away(view: TrainView, session: Session, jobs: Any, data_document: dict[str, Any]) -> None:
    asked: list[str] = []
    session.asked_for.connect(asked.append)
    view.nothing.sample.click()
    assert asked[-1] == "train"
    jobs.last("open_sample").done.emit(data_document)
    jobs.last("inspect").done.emit({"rows": []})
    assert jobs.last("train").args["recipe"]["data"]["path"] == data_document["source"]


def test_an_error_of_the_run_is_a_calm_line(qtbot: QtBot, session: Session, run_events: Stream) -> None:
    foot = Foot(session)
    qtbot.addWidget(foot)
    foot.resize(1280, 40)
    foot.show()
    handle = _train(session, run_events(2))
    assert foot._said.text() == "Training"
    handle.failed.emit(StudioError("The graphics card ran out of memory", "", "Take fewer images"))
    assert "The graphics card ran out of memory" in foot._said.text()
    assert foot._mark.isVisible()
