"""The train page before a run: what it needs, what it checks, what starts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.gui.loading import Loading
from tlstudio.gui.pages.train import TrainPage
from tlstudio.gui.session import Session

Document = dict[str, Any]


def test_it_says_what_it_needs_and_brings_it(train_page: TrainPage, jobs: Any) -> None:
    assert train_page.mark() == ("none", "Needs images")
    sample = next(button for button in train_page.findChildren(QPushButton) if button.text() == "Take the leaves sample")
    sample.click()
    assert jobs.last("open_sample")
    assert train_page.findChild(QWidget, "lossPlot") is None  # heavy things wait until they are wanted


def test_the_parts_stand_there_soon_after_the_start(train_page: TrainPage, qtbot: QtBot) -> None:
    train_page.prepare()
    qtbot.waitUntil(lambda: train_page.findChild(QWidget, "startButton") is not None, timeout=20_000)
    names = ["strategyCards", "optimizerForm", "startButton", "lossPlot", "metricPlot", "epochTable"]
    assert all(train_page.findChild(QWidget, name) is not None for name in names)
    assert train_page.mark() == ("none", "Needs images")


def test_ready_to_start(ready: TrainPage, session: Session) -> None:
    assert ready.mark() == ("ready", "Ready to start")
    assert ready.start.isEnabled()
    assert ready.start.text() == "Start"
    assert ready.start.property("kind") == "primary"
    assert (ready.start.width(), ready.start.height()) == (128, 40)
    assert not ready.see.isVisible()
    assert {check.level for check in ready.checklist.checks} == {"good"}
    assert "Press Start" in ready.live.curves._message.text()
    ready.basics.fold.click()
    assert ready.findChild(QWidget, "schedulePreview").isVisible()


def test_starting_gives_the_recipe_to_the_trainer(ready: TrainPage, session: Session, jobs: Any, qtbot: QtBot) -> None:
    qtbot.mouseClick(ready.start, Qt.MouseButton.LeftButton)
    assert jobs.last("train").args["recipe"]["data"]["path"] == "/photos/insects"
    assert ready.mark() == ("running", "Starting")
    assert not ready.start.isEnabled()
    assert ready.hint.text() == "Starting"


def test_what_stops_a_run_disables_start(ready: TrainPage, session: Session, data_document: Document, qtbot: QtBot) -> None:
    rate = ready.basics.findChild(QLineEdit, "optimizer.lr")
    rate.selectAll()
    qtbot.keyClicks(rate, "5000")
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    assert not ready.start.isEnabled()
    assert ready.checklist.checks[0].level == "bad"
    with qtbot.waitSignal(session.trouble):
        session.start()
    rate.selectAll()
    qtbot.keyClicks(rate, "0.5")
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    assert ready.start.isEnabled()
    session.data = Loading("ready", "photos", {**data_document, "splits": {"train": 80, "val": 0, "test": 0}})
    session.data_changed.emit()
    assert not ready.start.isEnabled()


def test_leaks_are_left_out_by_their_button(
    ready: TrainPage, session: Session, data_document: Document, tmp_path: Path, qtbot: QtBot
) -> None:
    index = tmp_path / "index.jsonl"
    lines = [{"path": f"ants/{i}.jpg", "label": 0, "split": split, "width": 9, "height": 9} for i, split in enumerate(("train", "val"))]
    index.write_text("\n".join(json.dumps(line, separators=(",", ":")) for line in lines), encoding="utf-8")
    problems = [{"kind": "leak", "path": f"/photos/insects/ants/{i}.jpg", "message": "m", "level": "warn", "group": "g"} for i in range(2)]
    document = {**data_document, "problems": problems, "problem_counts": {"leak": 2}, "index": str(index)}
    session.data = Loading("ready", "photos", document)
    session.data_changed.emit()
    ready.findChild(QPushButton, "mend_leak").click()
    qtbot.waitUntil(lambda: session.recipe.data.exclude == ("ants/0.jpg",))  # the training copy; validation stays what it was
    assert re.search("leave out", session.undo.undoText())


def test_a_line_of_the_checklist_leads_to_its_page(ready: TrainPage, session: Session, data_document: Document, qtbot: QtBot) -> None:
    session.data = Loading("ready", "photos", {**data_document, "problem_counts": {"truncated": 2}})
    session.data_changed.emit()
    with qtbot.waitSignal(session.asked_for, check_params_cb=lambda key: key == "data"):
        ready.findChild(QPushButton, "mend_images").click()


def test_what_a_run_will_take_stands_beside_start(
    ready: TrainPage, session: Session, jobs: Any, layers_document: Document, qtbot: QtBot
) -> None:
    assert ready.cost.isHidden()
    session.layers = Loading("ready", "efficientnet_lite0", layers_document)
    session.layers_changed.emit()
    assert ready.cost.isVisible()
    assert ready.hint.isHidden()
    qtbot.waitUntil(lambda: any(handle.job == "estimate" for handle in jobs))
    jobs.last("estimate").done.emit(
        {"epoch_seconds": 2.0, "once_seconds": 1.0, "step_seconds": 0.1, "peak_bytes": 5e8, "kept_bytes": 1e6, "features_kept": True,
         "device": "cpu", "steps": 3}
    )  # fmt: skip
    assert ready.cost._first.whole == "About 41 s, 500 MB"
    session.edit({"training.epochs": 10}, "a")
    assert ready.cost._first.whole == "About 21 s, 500 MB"
    session.start()
    assert ready.cost.isHidden()
    assert ready.hint.text() == "Starting"
    assert ready.advice.ask.isHidden()


def test_a_loss_that_does_not_fit_keeps_start_off_until_it_is_mended(ready: TrainPage, session: Session) -> None:
    session.edit({"loss.kind": "nll"}, "a")
    assert not ready.start.isEnabled()
    ready.findChild(QPushButton, "mend_loss").click()
    assert session.recipe.loss.kind == "cross_entropy"
    assert ready.start.isEnabled()
