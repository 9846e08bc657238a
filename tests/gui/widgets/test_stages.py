"""Stages in the window: the card that plans them, the bands that show them, what they keep, and what is kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QLineEdit, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from tlstudio import events
from tlstudio.errors import StudioError
from tlstudio.events import Event, PrefixCached, StageStarted
from tlstudio.gui.history import RunHistory
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.cache_line import CacheLine
from tlstudio.gui.widgets.curves_card import CurvesCard
from tlstudio.gui.widgets.kept_sheet import KeptSheet
from tlstudio.gui.widgets.log_drawer import log_lines
from tlstudio.gui.widgets.parts import column, widget
from tlstudio.gui.widgets.rate_lane import _clear, rate_text
from tlstudio.gui.widgets.remark_line import alone, head_was_better
from tlstudio.gui.widgets.run_bar import RunBar
from tlstudio.gui.widgets.stage_band import StageBand
from tlstudio.gui.widgets.stages_card import StagesCard
from tlstudio.gui.widgets.views_form import ViewsForm
from tlstudio.recipe import Recipe

Stream = Callable[..., list[Event]]
BLOCKS = [
    {"title": "stem", "path": "", "frozen": []},
    {"title": "blocks.0", "path": "blocks.0", "frozen": ["stem", "bn"]},
    {"title": "blocks.1", "path": "blocks.1", "frozen": ["stem", "bn", "blocks.0"]},
]
STAGES = [
    StageStarted(name="head", learns="head", first_epoch=1, last_epoch=4, lr=0.01),
    StageStarted(name="deeper-1", learns="last block", first_epoch=5, last_epoch=7, lr=0.002, backbone_lr=0.0005),
    StageStarted(name="deeper-2", learns="last 2 blocks", first_epoch=8, last_epoch=10, lr=0.001, backbone_lr=0.00025),
]
KEPT = PrefixCached(
    stage="head", sentence="The frozen part is kept.", how="features", images=397, computed=300, reused=97, bytes=2_000_000,
    dtype="float32", where="memory", seconds=4.0, saves_seconds=90.0,
)  # fmt: skip


@pytest.fixture
def card(session: Session, qtbot: QtBot, layers_document: dict[str, Any]) -> Iterator[StagesCard]:
    session.layers = Loading("ready", "efficientnet_lite0", {**layers_document, "blocks": BLOCKS})
    made = StagesCard(session)
    around = widget(column(made, None))
    qtbot.addWidget(around)
    around.resize(338, 900)
    around.show()
    yield made
    around.close()


def _staged(run_events: Stream, done: float, stages: int) -> RunHistory:
    said = [event for event in run_events(done) if not isinstance(event, StageStarted)]
    return RunHistory([said[0], *STAGES[:stages], *said[1:]])


def test_head_first_is_a_switch_and_a_number(card: StagesCard, session: Session) -> None:
    assert card.isHidden()  # the head alone learns: there is nothing to do first
    session.choose_strategy("full")
    assert not card.isHidden()
    assert card.first.isChecked()
    assert card.picture.accessibleName() == (
        "Stages: Epochs 1 to 10: head, head's rate 0.01. Epochs 11 to 20: everything, head's rate 0.002, backbone's rate 0.0002"
    )
    assert card._gist.text() == "20 epochs in all"
    card.first.click()
    assert session.recipe.stages.head_epochs == 0
    assert not card._long.isVisible()
    assert card._gist.text() == "10 epochs in all"
    card.first.click()
    assert session.recipe.stages.head_epochs == 10
    card.findChild(QSpinBox, "stages.head_epochs").setValue(3)
    assert [stage.last for stage in card.picture._stages] == [3, 13]
    session.choose_strategy("scratch")
    assert card.isHidden()


def test_gradual_has_its_fields_behind_more(card: StagesCard, session: Session) -> None:
    session.choose_strategy("gradual")
    steps = card.findChild(QSpinBox, "stages.steps")
    assert not steps.isVisible()
    card.fold.click()
    assert steps.isVisible()
    steps.setValue(3)
    assert [stage.learns for stage in card.picture._stages] == ["head", "last block", "last 2 blocks", "everything"]
    session.choose_strategy("last-block")
    assert not steps.isVisible()


def test_a_plan_of_ones_own_begins_with_the_strategys(card: StagesCard, session: Session, qtbot: QtBot) -> None:
    session.choose_strategy("gradual")
    card.fold.click()
    card.own.click()
    assert [(stage.learns, stage.epochs, stage.lr) for stage in session.recipe.stages.own] == [
        ("head", 10, 0.01),
        ("blocks.1", 5, 0.002),
        ("blocks.0", 5, 0.001),
    ]
    assert not card.first.isVisible()
    card.stages.add.click()
    assert session.recipe.stages.own[3].learns == "everything"  # one step deeper than the last two blocks
    card.findChild(QSpinBox, "stages.own.3.epochs").setValue(2)
    row = card.stages._rows[3]
    row.learns.setCurrentIndex(row.learns.findData("everything"))
    row.learns.activated.emit(row.learns.currentIndex())
    assert session.recipe.stages.own[3].learns == "everything"
    assert card._gist.text() == "22 epochs in all"
    rate = card.findChild(QLineEdit, "stages.own.3.lr")
    rate.setText("fast")
    rate.editingFinished.emit()
    assert "stages.own.3.lr" in session.objections
    card.findChild(QWidget, "removeStage3").click()
    assert len(session.recipe.stages.own) == 3
    session.choose_strategy("full")  # whoever takes a strategy takes its stages
    assert session.recipe.stages.own == ()
    assert session.objections == {}
    session.undo.undo()
    assert len(session.recipe.stages.own) == 3


def test_bands_show_what_was_and_what_is_planned(session: Session, qtbot: QtBot) -> None:
    band = StageBand(0, 0)
    qtbot.addWidget(band)
    band.resize(200, 20)
    band.show_stages(STAGES, 10, 2)
    assert [round(box.left()) for box in band.boxes()] == [0, 80, 140]
    assert band.toolTip().splitlines() == [
        "Epochs 1 to 4, learning: head, head's rate 0.01",
        "Epochs 5 to 7, learning: last block, head's rate 0.002, backbone's rate 0.0005",
        "Epochs 8 to 10, learning: last 2 blocks, head's rate 0.001, backbone's rate 0.00025 (planned)",
    ]


def test_the_card_of_curves_adds_the_stages_to_come(
    session: Session, qtbot: QtBot, run_events: Stream, layers_document: dict[str, Any]
) -> None:
    card = CurvesCard()
    qtbot.addWidget(card)
    card.resize(700, 330)
    card.show()
    recipe = session.recipe.with_strategy("gradual").set({"stages.head_epochs": 4, "training.epochs": 6})
    history = _staged(run_events, 5.5, 2)
    card.know_layers({**layers_document, "blocks": [{"title": str(i), "path": str(i), "frozen": []} for i in range(5)]})
    card.draw_rates(history, recipe)
    for what in ("loss", "accuracy"):
        card.draw_half(what, history, recipe)
    band = card._bands[0]
    assert [stage.learns for stage in band._stages] == ["head", "last block", "last 2 blocks"]
    assert band._begun == 2
    assert card.loss._uprights == [(4, "muted")]
    assert "none" not in card._lanes["backbone_lr"].toolTip()
    card.draw_rates(_staged(run_events, 2.5, 1), recipe)
    assert "none now" in card._lanes["backbone_lr"].toolTip()


def test_the_run_bar_says_which_stage(session: Session, qtbot: QtBot, run_events: Stream) -> None:
    bar = RunBar(session)
    qtbot.addWidget(bar)
    session.live.state = "running"
    session.live.history = _staged(run_events, 4.5, 2)
    assert bar._how(session.live) == "last block, epoch 5 of 10"
    session.live.history = RunHistory(run_events(4.5))
    assert bar._how(session.live) == "epoch 5 of 10"  # one stage need not be named
    session.live.state = "idle"


def test_history_keeps_one_cache_a_stage_and_the_log_names_both(run_events: Stream) -> None:
    history = _staged(run_events, 5, 2)
    history.add(PrefixCached(stage="head", sentence="Nothing yet."))
    history.add(KEPT)
    history.add(PrefixCached(stage="deeper-1", sentence="Cut behind blocks.0."))
    assert [cache.sentence for cache in history.caches] == ["The frozen part is kept.", "Cut behind blocks.0."]
    stage = history.stage_of(4)
    assert stage is not None
    assert stage.learns == "head"
    text = "\n".join(log_lines(history))
    assert "epochs 5 to 7, learning: last block; head's rate 0.002; backbone's rate 0.0005" in text
    assert "The frozen part is kept." in text


def test_the_cache_line_says_one_thing_and_knows_the_rest(session: Session, qtbot: QtBot) -> None:
    line = CacheLine()
    qtbot.addWidget(line)
    line.show_caches([])
    assert line.isHidden()
    none = PrefixCached(stage="full", sentence="Nothing is kept: every layer learns.")
    line.show_caches([KEPT, none])
    assert not line.isHidden()
    assert line._text.whole == "While the head learned: The frozen part is kept."
    tip = line._text.toolTip()
    for said in ("Images: 397", "Computed now: 300 views", "Kept from before: 97 views", "2 MB (float32)", "about 1 min 30 s"):
        assert said in tip
    assert "In: memory" in tip


def test_what_is_noted_after_the_last_step_stays_on_the_page() -> None:
    note = events.Note(message="The head alone was at 96.1% in epoch 2.")
    history = RunHistory([events.Note(message="Before."), STAGES[0]])
    history.add(_epoch(1))
    for said in (events.Note(message="Compiled."), STAGES[1], _epoch(5)):
        history.add(said)
    assert history.remarks == []
    history.add(note)
    assert history.remarks == [note]


def test_the_head_alone_did_better() -> None:
    curve = [0.9, 0.961, 0.95, 0.955]
    assert "96.1% in epoch 2, above the best of deeper learning (95.5%)" in head_was_better(curve, 4, 2)
    assert head_was_better(curve, 2, 2) == head_was_better(curve, 4, 0) == head_was_better([0.9, 0.95], 2, 1) == ""
    assert alone(Recipe().with_strategy("last-block")) == 10
    assert alone(Recipe().with_strategy("head")) == 0


def _epoch(epoch: int) -> events.EpochEnded:
    return events.EpochEnded(
        epoch=epoch, stage="head", train_loss=1.0, train_accuracy=0.5, val_loss=1.0, val_accuracy=0.5, correct=10, n=20, lr=0.01,
        backbone_lr=0.0, seconds=1.0, images_per_second=20.0, best=True,
    )  # fmt: skip


def test_views_count_only_where_something_is_frozen(session: Session, qtbot: QtBot) -> None:
    form = ViewsForm(session)
    qtbot.addWidget(form)
    form.show()
    session.choose_strategy("last-block")
    assert not form.exact.isVisible()
    session.edit({"augment.enabled": True}, "a")
    assert form.exact.isVisible()
    assert "8 versions of each image" in form.says.text()
    form.exact.click()
    assert session.recipe.training.cache == "exact"
    assert not form.views.isVisible()
    form.exact.click()
    assert session.recipe.training.cache == "auto"
    session.choose_strategy("full")
    session.edit({"augment.enabled": True}, "b")
    assert not form.exact.isVisible()
    assert form.says.text().endswith("While the head learns first, images stay as they are.")
    session.edit({"stages.head_epochs": 0}, "c")
    assert "learns first" not in form.says.text()


def test_kept_data_can_be_looked_at_and_emptied(session: Session, qtbot: QtBot, jobs: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 600)
    sheet = KeptSheet(session, window)
    sheet.open()
    kinds = [{"kind": "prefix", "bytes": 3_000_000_000, "stores": 7}, {"kind": "pictures", "bytes": 412_000_000, "stores": 1}]
    jobs.last("kept").done.emit({"bytes": 3_412_000_000, "cap": 20_000_000_000, "kinds": kinds})
    assert sheet.figure.text() == "3.41 GB"
    assert sheet.of.text() == "of at most 20 GB"
    assert sheet.bar.value() == 171
    sheet.findChild(QPushButton, "empty_pictures").click()
    assert jobs.last("forget_kept").args == {"kind": "pictures"}
    assert not sheet.empty.isEnabled()
    jobs.last("forget_kept").done.emit({"bytes": 3_000_000_000, "cap": 20_000_000_000, "kinds": kinds[:1]})
    assert sheet.says.isHidden()
    sheet.empty.click()
    session.live.state = "running"
    jobs.last("forget_kept").done.emit({"bytes": 3_000_000_000, "cap": 20_000_000_000, "kinds": kinds[:1]})
    assert sheet.says.text() == "3 GB stay: the run uses them now. They can be emptied when it has ended."
    session.live.state = "idle"
    sheet.empty.click()
    assert jobs.last("forget_kept").args == {}
    jobs.last("forget_kept").done.emit({"bytes": 0, "cap": 20_000_000_000, "kinds": []})
    assert "Nothing is kept yet" in sheet.says.text()
    assert not sheet.empty.isEnabled()
    sheet.close()


def test_kept_data_that_cannot_be_looked_at(session: Session, qtbot: QtBot, jobs: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 600)
    sheet = KeptSheet(session, window)
    jobs.last("kept").failed.emit(StudioError("The folder cannot be read", "it belongs to another user", "Ask them"))
    assert sheet.says.text() == "The folder cannot be read. It belongs to another user. Ask them."
    sheet.close()


def test_a_resume_goes_on_in_its_stage(run_events: Stream) -> None:
    history = _staged(run_events, 6, 2)
    said = [event for event in run_events(0) if isinstance(event, events.RunStarted)]
    history.add(replace(said[0], resumed_from=(5, 0)))
    history.add(STAGES[1])
    assert [stage.learns for stage in history.stages] == ["head", "last block"]
    assert history.epoch_now == 6
    assert max(history.x) <= 5


def test_the_word_of_a_rate_stands_beside_its_line() -> None:
    falls = np.array([[0.0, 5.0], [100.0, 5.0], [200.0, 23.0]])
    flat = np.array([[0.0, 5.0], [200.0, 5.0]])
    wanted = QRectF(120, 0, 60, 14)
    assert _clear(wanted, (0.0, 14.0), 0, 140, [flat]) == QRectF(120, 14, 60, 14)
    at = _clear(wanted, (0.0, 14.0), 0, 140, [falls])
    assert at.top() == 14
    assert at.right() < 150  # where the line comes down into the lower half
    assert _clear(wanted, (0.0, 14.0), 0, 140, []) == wanted


def test_rates_are_written_without_powers_of_ten() -> None:
    assert [rate_text(rate) for rate in (0.01, 0.00125, 7.89e-06, 0.0, 5e-5)] == ["0.01", "0.00125", "0.0000079", "0", "0.00005"]
