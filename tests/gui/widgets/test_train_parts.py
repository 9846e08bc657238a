"""The smaller parts of the train page: epoch table, strategy cards, checklist, proof, failure, log, schedule."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tlstudio import events
from tlstudio.errors import StudioError
from tlstudio.events import Event
from tlstudio.gui import words
from tlstudio.gui.checks import Check
from tlstudio.gui.history import RunHistory
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.checklist import Checklist
from tlstudio.gui.widgets.epoch_table import EpochTable
from tlstudio.gui.widgets.failure_card import FailureCard
from tlstudio.gui.widgets.log_drawer import LogDrawer, log_lines
from tlstudio.gui.widgets.proof_line import ProofLine
from tlstudio.gui.widgets.schedule_preview import SchedulePreview
from tlstudio.gui.widgets.strategy_cards import StrategyCards
from tlstudio.recipe import Recipe

Stream = Callable[..., list[Event]]


def _row(table: EpochTable, row: int) -> list[str]:
    model = table.model()
    return [model.data(model.index(row, column)) for column in range(model.columnCount())]


def test_the_epoch_table_grows_newest_first_and_marks_the_best(session: Session, qtbot: QtBot, run_events: Stream) -> None:
    table = EpochTable()
    qtbot.addWidget(table)
    said = run_events(4)
    history = RunHistory(said[:5])
    table.follow(history)
    assert table.model().rowCount() == 1
    assert _row(table, 0) == ["1", "last block", "1.000", "1.500", "55.0%", "11 of 20", "0.00180", "1.5 s", "best"]
    for event in said[5:]:
        history.add(event)
    table.follow(history)
    assert [_row(table, i)[0] for i in range(4)] == ["4", "3", "2", "1"]
    assert [_row(table, i)[-1] for i in range(4)] == ["", "", "best", ""]
    table.follow(RunHistory())
    assert table.model().rowCount() == 0


def test_a_loss_that_ran_away_is_not_cut_into_another_number(session: Session, qtbot: QtBot, run_events: Stream) -> None:
    table = EpochTable()
    qtbot.addWidget(table)
    changes: dict[str, Any] = {"train_loss": 263525.548, "val_loss": math.nan, "lr": 100.0}
    said = [dataclasses.replace(event, **changes) if isinstance(event, events.EpochEnded) else event for event in run_events(1)]
    table.follow(RunHistory(said))
    assert _row(table, 0)[2:4] == ["264 k", "–"]
    assert _row(table, 0)[6] == "100"
    assert [words.loss(value) for value in (0.2034, 99.9, 608.23, 65003.3, None)] == ["0.203", "99.900", "608.2", "65 k", "–"]


def test_the_epoch_table_is_headed_for_what_is_going_to_be_learned(session: Session, qtbot: QtBot, run_events: Stream) -> None:
    table = EpochTable()
    qtbot.addWidget(table)

    def heads() -> list[str]:
        return [table.model().headerData(column, Qt.Orientation.Horizontal) for column in (4, 5)]

    table.follow(RunHistory(), "segmentation")
    assert heads() == ["Mean IoU", "Pixel acc."]
    table.follow(RunHistory(), "classification")
    assert heads() == ["Val acc.", "Right"]
    table.follow(RunHistory(run_events(2)), "segmentation")  # what came, not what comes next
    assert heads() == ["Val acc.", "Right"]


def test_a_narrow_epoch_table_leaves_out_what_stands_in_the_plots(session: Session, qtbot: QtBot) -> None:
    table = EpochTable()
    qtbot.addWidget(table)
    table.resize(800, 200)
    table.show()
    assert [column for column in range(9) if table.isColumnHidden(column)] == [1]  # with one stage there is nothing to tell apart
    table.follow(RunHistory(), staged=True)
    assert not any(table.isColumnHidden(column) for column in range(9))
    table.resize(430, 200)
    assert table.isColumnHidden(1)
    assert not any(table.isColumnHidden(column) for column in (0, 3, 4, 5, 8))


def test_strategies_are_chosen_by_mouse_and_keys(session: Session, qtbot: QtBot) -> None:
    cards = StrategyCards(session)
    qtbot.addWidget(cards)
    cards.resize(1000, 80)
    cards.show()
    assert cards.cards["head"].isChecked()
    assert cards.cards["custom"].isHidden()
    qtbot.mouseClick(cards.cards["full"], Qt.MouseButton.LeftButton)
    assert session.recipe.frozen.strategy == "full"
    qtbot.keyClick(cards.cards["full"], Qt.Key.Key_Right)
    assert session.recipe.frozen.strategy == "scratch"
    assert session.recipe.model.weights == "random"
    qtbot.keyClick(cards.cards["scratch"], Qt.Key.Key_Right)
    assert session.recipe.frozen.strategy == "head"
    session.undo.undo()
    assert cards.cards["scratch"].isChecked()
    session.edit({"frozen.strategy": "custom", "frozen.paths": ("blocks.0",)}, "x")
    assert cards.cards["custom"].isVisible()
    assert cards.cards["custom"].isChecked()
    assert {card.accessibleName() for card in cards.cards.values()} >= {"Head only", "Last block", "Everything", "From scratch"}


def test_each_failing_line_of_the_checklist_has_its_button(session: Session, qtbot: QtBot) -> None:
    mended: list[Check] = []
    card = Checklist(mended.append)
    qtbot.addWidget(card)
    card.show_checks([])
    assert card.isHidden()
    good, warn = Check("seed", "good", "Seed 7"), Check("leak", "warn", "3 duplicates", "why", "Fix", "", "leak")
    card.show_checks([good, warn])
    assert not card.stops
    assert card._tail.text() == "1 warning"
    button = card.findChild(QPushButton, "mend_leak")
    assert button.accessibleName() == "Fix: 3 duplicates"
    button.click()
    assert mended == [warn]
    card.show_checks([Check("val", "bad", "No images are kept for validation"), warn])
    told = next(line for line in card.findChildren(QLabel) if line.text() == "No images are kept for validation")
    assert told.wordWrap()  # never cut
    assert card.stops
    assert card._tail.text() == "1 problem, 1 warning"
    card.show_checks([good])
    assert card._tail.text() == "all in order"
    card.show_checks([Check("data", "wait", "The images are being read")])
    assert not card.stops
    assert card._tail.text() == ""


def test_the_proof_is_shown_good_or_bad(session: Session, qtbot: QtBot) -> None:
    line = ProofLine()
    qtbot.addWidget(line)
    line.show_proof(None)
    assert line.isHidden()
    line.show_proof(events.FrozenProof(ok=True, tensors=312, before="ab", after="ab"))
    assert not line.isHidden()
    assert line._text.whole == "312 frozen tensors are bit-identical before and after"
    line.show_proof(events.FrozenProof(ok=False, tensors=312, before="ab", after="cd", moved=["bn1.running_mean"]))
    assert line._text.whole == "1 of 312 frozen tensors moved: bn1.running_mean"
    assert line._text.property("kind") == "bad"


def test_a_failure_says_what_why_and_offers_what_helps(session: Session, qtbot: QtBot) -> None:
    pressed: list[str] = []
    card = FailureCard(lambda: pressed.append("resume"), lambda: pressed.append("again"))
    qtbot.addWidget(card)
    error = StudioError("The disk is full", "12 MB are left", "Make room", details="Traceback")
    card.show_error(error, 4, resumable=True)
    assert card._what.text() == "The disk is full"
    assert card._why.text() == "12 MB are left. Make room."
    assert "Epoch 4 is saved" in card._saved.text()
    card.resume.click()
    card.again.click()
    card.copy.click()
    assert pressed == ["resume", "again"]
    assert QGuiApplication.clipboard().text() == "The disk is full. 12 MB are left. Make room.\n\nTraceback"
    card.show_error(error)
    assert card.resume.isHidden()
    assert card.again.property("kind") == "primary"
    card.show_error(None)
    assert card.isHidden()


def test_the_log_shows_its_last_line_and_unfolds(session: Session, qtbot: QtBot, run_events: Stream) -> None:
    drawer = LogDrawer()
    qtbot.addWidget(drawer)
    history = RunHistory([*run_events(2, end="stopped"), events.Note(message="the learning rate is high", level="warn", at=1.0)])
    assert log_lines(history)[0].endswith("the learning rate is high")
    drawer.follow(history)
    assert drawer._line.whole.endswith("stopped; the best is kept")
    assert drawer.text.isHidden()
    drawer.show()
    drawer.fold.click()
    assert not drawer.text.isHidden()
    assert "epoch 2: 15 of 20 right (75.0%); the best so far" in drawer.text.toPlainText()
    history.add(events.Note(message="one more"))
    drawer.follow(history)
    assert drawer.text.toPlainText().endswith("one more")
    for i in range(30):
        history.add(events.Note(message=f"note {i}"))
    drawer.fold.click()
    drawer.follow(history)
    drawer.fold.click()
    bar = drawer.text.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > 0)  # the newest lines
    drawer.follow(RunHistory())
    assert drawer.text.toPlainText() == ""


def test_the_planned_rates_are_said(session: Session, qtbot: QtBot) -> None:
    preview = SchedulePreview()
    qtbot.addWidget(preview)
    preview.resize(280, 112)
    preview.show_recipe(Recipe())
    assert "head 0.01 to " in preview.accessibleName()
    assert "backbone" not in preview.accessibleName()
    full = Recipe().with_strategy("full").set({"schedule.kind": "constant"})
    preview.show_recipe(full)
    assert "head 0.01 to 0.002; backbone 0.0002 to 0.0002" in preview.accessibleName()  # the head learns first, at its own rate
    preview.show_recipe(full.set({"stages.head_epochs": 0}))
    assert preview.accessibleName() == "Planned learning rates: head 0.002 to 0.002; backbone 0.0002 to 0.0002"
    preview.show_recipe(Recipe().set({"training.epochs": 100_000}))
    assert not preview.grab().isNull()
