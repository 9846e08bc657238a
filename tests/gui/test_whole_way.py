"""The window driven by its widget names as a person would, with real engines: open, start, watch, be killed, resume, look, close."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QAbstractItemView, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.pictures import class_folders, picture
from tests.scenes import pairs
from tlstudio.gui.app import build
from tlstudio.gui.main_window import MainWindow

PATIENCE = 150_000  # milliseconds; a loaded machine imports torch slowly


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    _, window = build()
    assert isinstance(window, MainWindow)
    qtbot.addWidget(window)
    window.session.edit({"data.image_size": 64, "data.test_share": 0.2}, "small pictures")
    window.session.open_data(str(class_folders(tmp_path / "photos", n=16)))
    qtbot.waitUntil(lambda: window.session.data.ready, timeout=PATIENCE)
    yield window
    window._closing = True
    window.close()


def _button(window: MainWindow, name: str) -> QPushButton:
    found = window.findChild(QPushButton, name)
    assert found is not None, name
    return found


def _start(window: MainWindow, **changes: Any) -> None:
    if changes:
        window.session.edit({key.replace("__", "."): value for key, value in changes.items()}, "for the test")
    window.session.asked_for.emit("train")
    _button(window, "startButton").click()


def _start_slowly(window: MainWindow) -> None:
    """A run that does not end by itself while a test lasts, with epochs that take a moment."""
    window.session.choose_strategy("last-block")
    _start(window, training__epochs=1000)


def _rows(window: MainWindow) -> int:
    table = window.findChild(QAbstractItemView, "epochTable")
    return table.model().rowCount(QModelIndex()) if table is not None else 0


def test_from_a_folder_to_a_trained_model_and_ones_own_picture(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    session = window.session
    assert session.data.document["splits"]["train"] > 0
    _start(window, training__epochs=4)
    qtbot.waitUntil(lambda: session.live.state in ("done", "failed"), timeout=PATIENCE)
    assert session.live.error is None
    qtbot.waitUntil(lambda: _rows(window) == 4)
    assert session.live.history.proof is not None
    assert session.live.history.proof.ok
    session.asked_for.emit("results")
    results = window.pages["results"]
    qtbot.waitUntil(lambda: not results.busy and "on validation" in results.mark()[1], timeout=PATIENCE)
    accuracy = session.live.summary["metrics"]["val_accuracy"]
    assert results.mark()[1].startswith(f"{accuracy:.3f}")
    own = tmp_path / "own.png"
    picture(1, 777).save(own)
    answers: list[Any] = []
    session.inspector.submit("predict", {"run": session.live.run, "paths": [str(own)]}).connect_to(None, answers.append)
    qtbot.waitUntil(lambda: bool(answers), timeout=PATIENCE)
    assert set(answers[0][0]["probabilities"]) == {"ants", "bees"}


def test_from_pictures_with_masks_to_a_mask_of_ones_own_picture(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    session = window.session
    session.open_data(str(pairs(tmp_path / "scenes", train=6, val=2)))
    qtbot.waitUntil(lambda: session.data.ready, timeout=PATIENCE)
    assert (session.recipe.data.task, session.classes) == ("segmentation", ["ground", "box", "disc"])
    _start(window, training__epochs=2)
    qtbot.waitUntil(lambda: session.live.state in ("done", "failed"), timeout=PATIENCE)
    assert session.live.error is None
    strip = window.findChild(QWidget, "masksForming")
    qtbot.waitUntil(lambda: strip.pictures[1].over is not None)
    iou = session.live.summary["metrics"]["val_mean_iou"]
    session.asked_for.emit("results")
    qtbot.waitUntil(lambda: window.pages["results"].mark()[1] == f"Mean IoU {iou:.3f}", timeout=PATIENCE)
    _button(window, "openInOverlay").click()
    qtbot.waitUntil(lambda: window.pages["overlay"].mark() == ("ready", "2 photos"), timeout=PATIENCE)
    answers: list[Any] = []
    own = str(tmp_path / "scenes/val/images/s07.png")
    session.inspector.submit("predict", {"run": session.live.run, "paths": [own]}).connect_to(None, answers.append)
    qtbot.waitUntil(lambda: bool(answers), timeout=PATIENCE)
    assert Path(answers[0][0]["mask"]).is_file()
    assert list(answers[0][0]["classes"]) == session.classes


def test_stop_keeps_the_best(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    _start_slowly(window)
    qtbot.waitUntil(lambda: _rows(window) >= 2, timeout=PATIENCE)
    _button(window, "stopButton").click()
    qtbot.waitUntil(lambda: session.live.state == "stopped", timeout=PATIENCE)
    assert Path(session.live.run, "summary.json").is_file()


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_killed_trainer_is_a_sentence_and_the_run_goes_on(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    _start_slowly(window)
    qtbot.waitUntil(lambda: session.live.history.checkpoint is not None and _rows(window) >= 2, timeout=PATIENCE)
    pid = session.trainer.engine.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: session.live.state == "failed", timeout=PATIENCE)
    assert session.live.error is not None
    assert "killed" in str(session.live.error)
    assert session.live.error.do
    from tlstudio.runs import Run

    run = Run(Path(session.live.run))
    assert run.state() == "unfinished"
    session.resume(run)
    qtbot.waitUntil(lambda: session.live.state == "running" and _rows(window) >= 2, timeout=PATIENCE)
    assert session.live.history.started is not None
    assert session.live.history.started.resumed_from is not None
    session.live.stop()
    qtbot.waitUntil(lambda: session.live.state == "stopped", timeout=PATIENCE)


def test_closing_while_training_asks_first(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    _start_slowly(window)
    qtbot.waitUntil(lambda: _rows(window) >= 1, timeout=PATIENCE)
    window.close()
    box = window.findChild(QMessageBox, "closeQuestion")
    assert box is not None
    assert window.isVisible()
    stay, stop = (next(b for b in box.buttons() if words in b.text()) for words in ("Go on", "Stop"))
    stay.click()
    assert window.isVisible()
    assert session.live.active
    box.deleteLater()
    qtbot.wait(50)
    window.close()
    again = window.findChild(QMessageBox, "closeQuestion")
    assert again is not None
    stop = next(b for b in again.buttons() if "Stop" in b.text())
    stop.click()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert Path(session.live.run, "summary.json").is_file()
    assert not session.trainer.engine.alive
    assert not session.inspector.engine.alive
