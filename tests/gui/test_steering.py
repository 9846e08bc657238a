"""Hands on a run: its rates, its end in two ways, its further epochs; and how a history follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tlstudio import places, runs
from tlstudio.errors import Cancelled
from tlstudio.events import EpochEnded, Event, RateChanged, Steps, WentBack
from tlstudio.gui.history import RunHistory
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.loading import Loading
from tlstudio.gui.run_state import doing
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.log_drawer import log_lines
from tlstudio.gui.widgets.run_bar import RunBar
from tlstudio.recipe import Recipe

Stream = Callable[..., list[Event]]


class Told:
    """What an engine is told of a job."""

    def __init__(self) -> None:
        self.words: list[Any] = []

    def scale_rates(self, factor: float) -> None:
        self.words.append(factor)

    def cancel(self) -> None:
        self.words.append("cancel")


@pytest.fixture
def run(home: Path) -> runs.Run:
    return runs.Run.create(Recipe(name="Ants").with_strategy("full"))


@pytest.fixture
def training(session: Session, jobs: Any, data_document: dict[str, Any], run_events: Stream, run: runs.Run) -> JobHandle:
    session.data = Loading("ready", "photos", data_document)
    session.recipe = session.recipe.set({"data.path": data_document["source"]})
    session.start()
    handle: JobHandle = jobs.last("train")
    handle.events.emit(run_events(3.5, run=str(run.path)))
    return handle


@pytest.fixture
def bar(session: Session, qtbot: QtBot) -> RunBar:
    out = RunBar(session)
    qtbot.addWidget(out)
    out.resize(1280, 56)
    out.show()
    return out


def test_factors_multiply_and_are_said_again_to_an_engine_that_was_not_there_yet(training: JobHandle, session: Session) -> None:
    session.steering.scale_rates(0.5)
    told = Told()
    training.begin(told)  # type: ignore[arg-type]
    assert told.words == [0.5]
    session.steering.scale_rates(0.1)
    assert told.words == [0.5, pytest.approx(0.05)]
    training.events.emit([RateChanged(epoch=4, step=2, factor=0.5, lr=0.001, backbone_lr=0.0001)])
    assert session.trained.factor == 0.5  # what is in force is what the run says
    session.steering.scale_rates(1e9)
    assert told.words[-1] == 1000.0


def test_the_popover_says_the_rates_and_scales_them(training: JobHandle, session: Session, bar: RunBar) -> None:
    told = Told()
    training.begin(told)  # type: ignore[arg-type]
    bar._rates.click()
    popover = bar._popover
    assert popover is not None
    now = session.live.history.lr[-1]
    assert f"head {now:.3g}" in popover._now.text()
    assert not popover.back.isEnabled()
    assert not popover.apply.isEnabled()  # nothing is chosen yet
    popover.field.setValue(0.25)
    assert f"head {now / 4:.3g}" in popover._after.text()
    popover.apply.click()
    assert told.words == [0.25]
    assert not popover.isVisible()
    bar._rates.click()
    assert "× 0.25" in popover._now.text()
    popover.back.click()
    assert told.words == [0.25]
    popover.apply.click()
    assert told.words[-1] == pytest.approx(1.0)


def test_a_usual_factor_is_a_choice_and_escape_leaves_everything_as_it_was(
    training: JobHandle, session: Session, bar: RunBar, qtbot: QtBot, run_events: Stream
) -> None:
    told = Told()
    training.begin(told)  # type: ignore[arg-type]
    bar._rates.click()
    popover, now = bar._popover, session.live.history.lr[-1]
    assert popover is not None
    popover.chips[0.1].click()
    assert told.words == []
    assert popover.isVisible()
    assert [times for times, chip in popover.chips.items() if chip.isChecked()] == [0.1]
    assert popover.field.value() == 0.1
    assert f"head {now / 10:.3g}" in popover._after.text()
    popover.field.setValue(0.5)  # as if typed
    assert [times for times, chip in popover.chips.items() if chip.isChecked()] == [0.5]
    qtbot.keyClick(popover.field, Qt.Key.Key_Escape)
    assert not popover.isVisible()
    assert (told.words, session.trained.factor) == ([], 1.0)
    bar._rates.click()
    assert not any(chip.isChecked() for chip in popover.chips.values())  # what was not taken is forgotten
    popover.chips[2.0].click()
    training.events.emit([event for event in run_events(3.75, run=session.live.run) if isinstance(event, Steps)][-1:])
    assert f"head {2 * session.live.history.lr[-1]:.3g}" in popover._after.text()  # the schedule went on meanwhile
    qtbot.keyClick(popover.field, Qt.Key.Key_Return)
    assert told.words == [2.0]
    bar._rates.click()
    training.done.emit({"run": session.live.run})
    assert not popover.isVisible()  # there is no rate to change any more


def test_a_change_of_rates_stands_on_the_plot_and_in_the_log(run_events: Stream) -> None:
    history = RunHistory(run_events(5))
    history.add(RateChanged(epoch=4, step=2, factor=0.1, lr=0.0002, backbone_lr=0.00002))
    assert history.place(history.rates[0].epoch, history.rates[0].step) == 3.5
    assert any("rates of the recipe × 0.1, from epoch 4, step 3 on" in line for line in log_lines(history))


def test_a_run_that_went_back_is_drawn_from_there(run_events: Stream) -> None:
    history = RunHistory(run_events(5))
    history.add(RateChanged(epoch=5, step=1, factor=0.5, lr=0.001, backbone_lr=0.0))
    history.add(WentBack(epochs=2, steps=2, sentence="The loss ran away: back to epoch 2, at a tenth of the rates."))
    assert [epoch.epoch for epoch in history.epochs] == [1, 2]
    assert history.x[-1] == 2.5
    assert len(history.x) == len(history.loss) == len(history.lr) == 10
    assert history.rates == []
    assert history.best is not None
    assert history.best.epoch == 2
    assert any("The loss ran away" in line for line in log_lines(history))


def test_cancel_and_discard_goes_to_the_trash_and_comes_back(
    training: JobHandle, session: Session, bar: RunBar, run: runs.Run, qtbot: QtBot
) -> None:
    session.steering.discard()
    assert training.cancelled
    assert doing(session.live) == "Discarding"
    training.failed.emit(Cancelled("Cancelled"))
    assert session.live.state == "idle"
    qtbot.waitUntil(lambda: session.steering.thrown is not None)
    assert not run.path.exists()
    assert places.trash() in session.steering.thrown[0].parents
    undo = bar.findChild(QPushButton, "undoDiscard")
    assert undo.isVisible()
    assert run.path.name in bar._name.whole
    undo.click()
    qtbot.waitUntil(run.path.exists)
    assert not undo.isVisible()
    assert run.recipe().name == "Ants"


def test_what_was_discarded_before_it_had_a_folder_leaves_nothing_to_undo(
    session: Session, jobs: Any, data_document: dict[str, Any]
) -> None:
    session.data = Loading("ready", "photos", data_document)
    session.start()
    session.steering.discard()
    jobs.last("train").failed.emit(Cancelled("Cancelled"))
    assert session.live.state == "idle"
    assert session.steering.thrown is None


def test_train_longer_goes_on_with_what_was_drawn(session: Session, jobs: Any, run: runs.Run, run_events: Stream, qtbot: QtBot) -> None:
    lines = [event.to_line() for event in run_events(10, end="completed", run=str(run.path))]
    (run.path / "events.jsonl").write_text("".join(lines))
    session.steering.train_longer(str(run.path), 5, 0.2)
    qtbot.waitUntil(lambda: session.live.active)  # what it said is read in a thread
    assert jobs.last("train_longer").args == {"run": str(run.path), "epochs": 5, "share": 0.2}
    live = session.live
    assert live.state == "starting"
    assert len(live.history.epochs) == 10
    assert live.recipe is not None
    assert [(one.epochs, one.share) for one in live.recipe.stages.longer] == [(5, 0.2)]


def test_why_it_stopped_by_itself_is_said(run_events: Stream, session: Session) -> None:
    said = [event.replace(reason="early") if event.kind == "run_ended" else event for event in run_events(10, end="completed")]
    history = RunHistory(said)
    best = max(event.epoch for event in said if isinstance(event, EpochEnded) and event.best)
    session.live.history, session.live.state = history, "done"
    assert doing(session.live) == f"Stopped by itself: {10 - best} epoch{'s' * (10 - best != 1)} without a better one"
    session.live.state = "idle"
