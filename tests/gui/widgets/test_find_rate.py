"""The rate finder's window: its states, the rate one takes from it, and that a run comes first."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableWidget, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import StudioError
from tlstudio.events import Progress
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.find_rate import RateFinder, why_not

FOUND: dict[str, Any] = {
    "rates": [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0],
    "losses": [0.7, 0.7, 0.6, 0.4, 0.3, 0.5, None],
    "smoothed": [0.7, 0.69, 0.62, 0.42, 0.31, 0.5, None],
    "suggestion": 0.0032,
    "steepest": 0.001,
    "too_high": 0.1,
    "why": "The loss falls fastest at 0.001 and rises again from 0.1 on.",
    "group": "both",
    "backbone_share": 0.1,
    "steps": 7,
}


@pytest.fixture
def ready(session: Session, data_document: dict[str, Any]) -> Session:
    session.recipe = session.recipe.with_strategy("full").set({"data.path": data_document["source"]})
    session.data = Loading("ready", "photos", data_document)
    return session


@pytest.fixture
def around(qtbot: QtBot) -> QWidget:
    """What the finder stands on."""
    out = QWidget()
    out.resize(1280, 800)
    qtbot.addWidget(out)
    return out


@pytest.fixture
def finder(ready: Session, around: QWidget) -> RateFinder:
    out = RateFinder(ready, around)
    out.show()
    return out


def test_it_asks_shows_and_changes_both_rates_in_one_step(finder: RateFinder, ready: Session, jobs: Any, qtbot: QtBot) -> None:
    job = jobs.last("find_rate")
    assert job.args["recipe"]["frozen"]["strategy"] == "full"
    job.events.emit([Progress(phase="rates", done=40, total=100, unit="steps")])
    assert finder.says.text() == "The rate rises: step 40 of 100"
    assert finder.bar.value() == 400
    assert not finder.use.isVisible()
    job.done.emit(FOUND)
    assert finder.plot.isVisible()
    assert finder.use.text() == "Use 0.0032"
    assert "0.1" in finder.why.text()
    before = ready.undo.count()
    qtbot.mouseClick(finder.use, Qt.MouseButton.LeftButton)
    assert (ready.recipe.optimizer.lr, ready.recipe.optimizer.backbone_lr) == (0.0032, 0.00032)
    assert ready.undo.count() == before + 1
    ready.undo.undo()
    assert (ready.recipe.optimizer.lr, ready.recipe.optimizer.backbone_lr) == (0.002, 0.0002)


def test_another_rate_is_chosen_by_mouse_and_keys(finder: RateFinder, jobs: Any, qtbot: QtBot) -> None:
    jobs.last("find_rate").done.emit({**FOUND, "backbone_share": None})
    box = finder.plot._box
    qtbot.mouseClick(finder.plot, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert finder.plot.rate == pytest.approx(1e-3, rel=0.1)
    qtbot.keyClick(finder.plot, Qt.Key.Key_Right)
    assert finder.plot.rate > 1.05e-3
    assert finder.use.text() == f"Use {finder.plot.rate:.2g}"
    qtbot.keyClick(finder.plot, Qt.Key.Key_Home)
    assert finder.plot.rate == 0.0032
    finder.plot.choose(1e9)
    assert finder.plot.rate == 1.0
    finder.plot.choose(0.002)  # that of the recipe
    assert not finder.use.isEnabled()


def test_its_numbers_are_a_table_and_gaps_are_dashes(finder: RateFinder, jobs: Any) -> None:
    jobs.last("find_rate").done.emit(FOUND)
    finder.numbers.click()
    table = finder.findChild(QTableWidget, "rateTable")
    assert table.isVisible()
    assert not finder.plot.isVisible()
    assert [table.item(6, column).text() for column in range(3)] == ["1", "–", "–"]


def test_a_flat_curve_keeps_what_there_is(finder: RateFinder, jobs: Any) -> None:
    jobs.last("find_rate").done.emit({**FOUND, "suggestion": None, "too_high": None, "why": "No rate stands out: keep 0.002."})
    assert finder.plot.rate == 0.002
    assert not finder.use.isEnabled()


def test_a_failure_says_why_and_can_be_tried_again(finder: RateFinder, jobs: Any) -> None:
    jobs.last("find_rate").failed.emit(StudioError("There is no memory left", "too many images", "Close something"))
    assert "There is no memory left" in finder.says.text()
    assert not finder.bar.isVisible()
    finder.again.click()
    assert [job.job for job in jobs].count("find_rate") == 2


def test_a_run_comes_first(finder: RateFinder, ready: Session, jobs: Any) -> None:
    job, ended = jobs.last("find_rate"), list[int]()
    finder.finished.connect(ended.append)
    ready.start()
    assert job.cancelled
    assert ended
    assert "A run is training" in why_not(ready)


def test_what_it_needs_is_said(session: Session) -> None:
    assert "needs images" in why_not(session)
