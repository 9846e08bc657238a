"""Home: the ways in, the recent runs, the unfinished one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from tlstudio import runs
from tlstudio.gui import machine
from tlstudio.gui.loading import Loading
from tlstudio.gui.pages.home import HomePage
from tlstudio.gui.session import Session
from tlstudio.recipe import Recipe
from tlstudio.studies.folder import StudyFolder
from tlstudio.studies.queue import Entry, Queue


@pytest.fixture
def page(session: Session, qtbot: QtBot) -> HomePage:
    out = HomePage(session)
    qtbot.addWidget(out)
    out.resize(1096, 704)
    return out


def _row(name: str, state: str = "finished", **more: Any) -> dict[str, Any]:
    row = {
        "name": name, "path": f"/runs/{name}", "title": name.capitalize(), "state": state, "model": "efficientnet_lite0",
        "strategy": "head",
        "val_accuracy": 0.951, "val_accuracy_interval": [0.88, 0.981], "val_n": 81, "seconds": 252.0, "epochs": 20, "epoch": 20,
        "started": time.time(), "curve": [0.5, 0.9, 0.951], "failure": None, "error": None,
    }  # fmt: skip
    return row | more


def _list(page: HomePage, rows: list[dict[str, Any]]) -> None:
    page._list.rows, page._list.loading = rows, Loading("ready", "runs")
    page._list.changed.emit()


def _unfinished(name: str = "cut") -> runs.Run:
    return runs.Run.create(Recipe().set({"name": name}))


def test_the_first_start_shows_how_it_goes(page: HomePage, qtbot: QtBot) -> None:
    page.show()
    assert page.first.isVisible()
    assert not page._recent.isVisible()
    assert not page.unfinished.isVisible()
    qtbot.waitUntil(lambda: page.leaves.drawn, timeout=20_000)
    assert not page.busy
    qtbot.waitUntil(lambda: "memory free" in page._device.text(), timeout=20_000)


def test_the_ways_in(page: HomePage, session: Session, jobs: Any, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    page.findChild(QPushButton, "tryClassificationSample").click()
    assert jobs.last("open_sample").args == {"task": "classification"}
    page.findChild(QPushButton, "trySegmentationSample").click()
    assert jobs.last("open_sample").args == {"task": "segmentation"}
    with qtbot.waitSignal(session.asked_for, check_params_cb=lambda key: key == "overlay"):
        page.findChild(QPushButton, "overlayButton").click()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: "/photos")
    page.findChild(QPushButton, "openFolderButton").click()
    assert jobs.last("scan").args == {"path": "/photos"}
    page.drop.dropped.emit(["/other.zip"])
    assert jobs.last("scan").args == {"path": "/other.zip"}
    with qtbot.waitSignal(session.asked_for, check_params_cb=lambda key: key == "model"):
        page.findChild(QPushButton, "lookInsideButton").click()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: "")
    n = len(jobs)
    page.findChild(QPushButton, "openFolderButton").click()
    assert len(jobs) == n


def test_the_four_newest_runs_stand_there_and_open(page: HomePage, session: Session, qtbot: QtBot) -> None:
    page.show()
    _list(page, [_row(f"run{i}") for i in range(6)])
    model = page.recent.model()
    assert model.rowCount() == 4
    shown = [model.data(model.index(0, column)) for column in range(1, 7)]
    assert shown == ["Run0", "EfficientNet-Lite0", "Head only", "95.1%", "88.0 to 98.1", "4 min 12 s"]
    assert page._all.text() == "All 6 runs"
    assert not page.first.isVisible()
    with qtbot.waitSignal(session.asked_for, check_params_cb=lambda key: key == "results"):
        page.recent.activated.emit(model.index(1, 0))
    assert session.result_run == "/runs/run1"
    with qtbot.waitSignal(session.asked_for, check_params_cb=lambda key: key == "runs"):
        page._all.click()


def test_runs_without_a_result_lead_where_they_are(page: HomePage, session: Session, qtbot: QtBot) -> None:
    _list(
        page, [_row("now", "live"), _row("broken", "unfinished", val_accuracy=None, val_accuracy_interval=None, model=None, strategy=None)]
    )
    model = page.recent.model()
    with qtbot.waitSignal(session.asked_for, check_params_cb=lambda key: key == "train"):
        page.recent.clicked.emit(model.index(0, 0))
    with qtbot.waitSignal(session.asked_for, check_params_cb=lambda key: key == "runs"):
        page.recent.clicked.emit(model.index(1, 0))
    assert [model.data(model.index(1, column)) for column in range(2, 7)] == ["–", "–", "–", "–", "unfinished"]


def test_an_unfinished_run_is_resumed(page: HomePage, session: Session, jobs: Any, qtbot: QtBot) -> None:
    page.show()
    run = _unfinished()
    _list(page, [_row("newer"), _row("cut", "unfinished", path=str(run.path), epoch=6)])
    card = page.unfinished
    assert card.isVisible()
    assert card._title.whole == "Unfinished run: Cut, head only"
    assert "Interrupted in epoch 7 of 20" in card._text.whole
    assert "Epoch 6 is saved." in card._text.whole
    card.resume.click()
    qtbot.waitUntil(lambda: session.live.active)
    assert jobs.last("resume").args == {"run": str(run.path)}
    assert not card.isVisible()  # it is being gone on with: no button may throw it away now


def test_an_unfinished_run_is_thrown_away_and_put_back(page: HomePage, session: Session, qtbot: QtBot) -> None:
    page.show()
    run = _unfinished()
    _list(page, [_row("cut", "unfinished", path=str(run.path), epoch=0)])
    card = page.unfinished
    assert "it starts over" in card._text.whole
    assert not card.look.isVisible()
    card.discard.click()
    assert not run.path.exists()
    _list(page, [])
    assert card.isVisible()
    assert not card.resume.isVisible()
    assert "trash" in card._text.whole
    card.back.click()
    assert (run.path / "recipe.toml").is_file()
    assert not card.isVisible()


def test_a_run_that_is_gone_is_said(page: HomePage, session: Session, qtbot: QtBot) -> None:
    _list(page, [_row("cut", "unfinished", path="/nowhere", failure="The disk was full")])
    assert page.unfinished._text.whole.startswith("The disk was full.")
    with qtbot.waitSignal(session.trouble):
        page.unfinished.resume.click()


@pytest.mark.parametrize("width", [1096, 840, 776])
def test_long_names_do_not_widen_the_page(page: HomePage, qtbot: QtBot, width: int) -> None:
    page.resize(width, 604)
    page.show()
    _list(page, [_row("x" * 200), _row("y" * 200, "unfinished", failure="z" * 300)])
    qtbot.wait(30)
    cards = (page.unfinished, page.recent)
    qtbot.waitUntil(lambda: all(card.mapTo(page, card.rect().topRight()).x() < width for card in cards))


def test_names_and_keys(page: HomePage) -> None:
    for button in page.findChildren(QPushButton):
        assert button.text() or button.accessibleName()
        assert button.toolTip()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert "Ctrl+O" in page.guide()


def test_what_the_machine_is_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert machine._short("AMD Ryzen 5 5600U with Radeon Graphics") == "AMD Ryzen 5 5600U"
    assert machine._short("Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz") == "Intel Xeon Platinum 8375C"
    assert machine.processor()
    assert machine.threads() >= 1
    free, whole = machine.memory()
    assert 0 < free <= whole


def test_a_run_on_masks_says_its_mean_iou_and_opens(page: HomePage, session: Session, qtbot: QtBot) -> None:
    page.show()
    _list(page, [_row("scenes", task="segmentation", val_accuracy=None, val_accuracy_interval=None, val_mean_iou=0.4312)])
    model = page.recent.model()
    assert [model.data(model.index(0, column)) for column in (4, 5)] == ["IoU 0.431", "–"]
    page._open_run(page.recent._runs.runs[0])
    assert session.result_run == "/runs/scenes"


def test_the_last_line_is_in_sight_beside_an_unfinished_run(page: HomePage, qtbot: QtBot) -> None:
    page.resize(1096, 664)  # 1280 x 800 with the line of a study
    page.show()
    rows = [_row(f"run{i}") for i in range(6)]
    _list(page, [*rows, _row("cut", "unfinished", path=str(_unfinished().path), epoch=6)])
    last = page._device

    def in_sight() -> bool:
        return last.isVisible() and last.mapTo(page, last.rect().bottomLeft()).y() < page.height()

    qtbot.waitUntil(lambda: page.recent.model().rowCount() < 4 and in_sight())
    assert page.recent.model().rowCount() >= 2
    _list(page, rows)
    qtbot.waitUntil(lambda: page.recent.model().rowCount() == 4 and in_sight())


def test_a_run_of_a_study_names_it_and_goes_on_with_it(page: HomePage, session: Session, jobs: Any, qtbot: QtBot) -> None:
    page.show()
    run = _unfinished()
    study = StudyFolder.create("queue", "nightly", title="Nightly", question="", asked={})
    Queue(study.path).add([Entry(title="done", run="/else", state="done"), Entry(title="cut", run=str(run.path), state="running")])
    _list(page, [_row("cut", "unfinished", path=str(run.path), epoch=6)])
    card = page.unfinished
    qtbot.waitUntil(lambda: card._title.whole == "Unfinished study: Queue nightly (1 of 2 runs are done)")
    assert card._text.whole == "Cut. Interrupted in epoch 7 of 20. Epoch 6 is saved."
    assert card.resume.text() == "Go on with the study"
    card.resume.click()
    assert jobs.last("resume_study").args == {"name": "nightly"}
    assert not [job for job in jobs if job.job == "resume"]
    assert not card.resume.isEnabled()
    _list(page, [_row("alone", "unfinished", path=str(_unfinished("alone").path))])
    assert card.resume.text() == "Resume"
    assert card._title.whole == "Unfinished run: Alone, head only"
