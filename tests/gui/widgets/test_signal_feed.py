"""Signals on their way to the layer tree: of the run that goes on, of a finished one that is looked at."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tlstudio.event_log import EventLog
from tlstudio.events import Event, FrozenProof, Signals
from tlstudio.gui.history import RunHistory
from tlstudio.gui.session import Session
from tlstudio.gui.ticks import Ticks
from tlstudio.gui.widgets.layer_files import as_ticked
from tlstudio.gui.widgets.layer_tree import LayerTree
from tlstudio.gui.widgets.layer_tree.layer_columns import SIGNAL
from tlstudio.gui.widgets.proof_line import ProofLine
from tlstudio.gui.widgets.signal_feed import SignalFeed
from tlstudio.models.row_formats import export_rows
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

LOOK = Signals(epoch=1, step=2, layers=["head"], gradient=[0.5], update=[0.001], drift=[None], dead=[None])
PROOF = FrozenProof(ok=True, tensors=5, before="a", after="a", epoch=1, values=208)


@pytest.fixture
def feed(qtbot: QtBot, session: Session, layers_document: dict[str, Any]) -> SignalFeed:
    tree = LayerTree()
    qtbot.addWidget(tree)
    made = SignalFeed(session, tree)
    qtbot.addWidget(made.bar)
    tree.resize(500, 300)
    tree.layers.load(layers_document["rows"], Ticks(layers_document["rows"]))
    tree.layers.show_ticks(tree.layers.ticks.mask(["stem", "bn", "blocks"]), "eval")
    return made


def seen(feed: SignalFeed) -> tuple[bool, bool, float | None]:
    """Whether bar and column are there, and the head's gradient."""
    layers = feed._tree.layers
    return not feed.bar.isHidden(), not feed._tree.isColumnHidden(SIGNAL), layers.signals.latest(layers.ticks.row_of["head"])


def test_the_column_comes_with_a_run_of_this_model_and_goes_with_another(
    qtbot: QtBot, feed: SignalFeed, session: Session, run_events: Callable[..., list[Event]]
) -> None:
    assert seen(feed) == (False, False, None)
    session.live.history = RunHistory([*run_events(1), LOOK])
    for _ in range(50):
        session.run_changed.emit()  # events come faster than anybody can look
    assert seen(feed) == (False, False, None)
    qtbot.waitUntil(lambda: seen(feed) == (True, True, 0.5))
    session.live.history.add(PROOF)
    feed.refresh()
    assert "after epoch 1" in feed.bar._said.toolTip()
    session.recipe = session.recipe.set({"model.name": "resnet18"})
    feed.refresh()
    assert seen(feed) == (False, False, None)


def test_a_choice_is_kept_and_none_takes_the_column_away(
    feed: SignalFeed, session: Session, run_events: Callable[..., list[Event]]
) -> None:
    session.live.history = RunHistory([*run_events(1), LOOK])
    feed.refresh()
    feed.bar.combo.setCurrentIndex(feed.bar.combo.findData("update"))
    feed.bar.combo.activated.emit(feed.bar.combo.currentIndex())
    feed.bar.look.buttons["heat"].click()
    signals = feed._tree.layers.signals
    assert (signals.signal, signals.heat) == ("update", True)
    other = SignalFeed(session, LayerTree())
    assert (other.bar.signal, other.bar.heat) == ("update", True)
    other._tree.deleteLater()
    feed.bar.combo.setCurrentIndex(feed.bar.combo.findData("none"))
    feed.bar.combo.activated.emit(feed.bar.combo.currentIndex())
    assert seen(feed)[:2] == (True, False)


def test_a_finished_run_that_is_looked_at_brings_its_own(
    qtbot: QtBot, feed: SignalFeed, session: Session, tmp_path: Path, run_events: Callable[..., list[Event]]
) -> None:
    run = Run.create(Recipe(), tmp_path / "run")
    log = EventLog(run)
    for event in [*run_events(1), LOOK.replace(gradient=[0.25]), PROOF.replace(ok=False, moved=["bn.running_mean"])]:
        log.write(event)
    log.close()
    session.result_run = str(run.path)
    session.result_changed.emit()
    qtbot.waitUntil(lambda: seen(feed) == (True, True, 0.25))
    assert "bn.running_mean" in feed.bar._said.toolTip()


def test_a_file_of_the_tree_says_which_run_told_the_signals_and_when(
    feed: SignalFeed, session: Session, layers_document: dict[str, Any], run_events: Callable[..., list[Event]]
) -> None:
    assert "signals_of" not in as_ticked(layers_document, feed._tree.layers, 22)
    session.live.history = RunHistory([*run_events(1, run="C:\\runs\\20260101-ants"), LOOK])
    feed.refresh()
    saved = as_ticked(layers_document, feed._tree.layers, 22)
    assert saved["signals_of"] == {"run": "20260101-ants", "epoch": 1, "step": 2}
    rows = csv.DictReader(io.StringIO(export_rows(saved, "csv")))
    told = {row["path"]: (row["gradient"], row["signals_run"], row["signals_epoch"]) for row in rows}
    assert (told["head"], told["stem"]) == (("0.5", "20260101-ants", "1"), ("", "", ""))


def test_signals_of_a_run_that_froze_other_layers_are_dim_and_say_so(
    feed: SignalFeed, session: Session, run_events: Callable[..., list[Event]]
) -> None:
    session.live.history = RunHistory([*run_events(1), LOOK, PROOF])
    session.live.recipe = session.recipe.set({"name": "Ants"})
    layers, row = feed._tree.layers, feed._tree.layers.ticks.row_of["head"]

    def cell() -> int:
        """How much is drawn into the head's cell of the column."""
        feed._tree.show()
        box = feed._tree.visualRect(layers.index_of(row).siblingAtColumn(SIGNAL))
        picture = feed._tree.viewport().grab(box).toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        return 255 - min(picture.pixelColor(x, y).red() for x in range(picture.width()) for y in range(picture.height()))

    feed.refresh()
    assert layers.signals.of == ""
    assert "after epoch 1" in feed.bar._said.toolTip()
    strong = cell()
    session.recipe = session.recipe.with_strategy("last-block")
    feed.refresh()
    assert layers.signals.of == "Ants, head only"
    assert feed.bar._said.toolTip() == "Of Ants, head only; other layers are ticked now"
    assert "froze other layers than are ticked now" in layers.tip(row)
    assert cell() < 0.7 * strong
    session.recipe = session.recipe.with_strategy("head")
    feed.refresh()
    assert layers.signals.of == ""
    assert cell() == strong


def test_the_train_page_says_so_after_each_epoch(qtbot: QtBot) -> None:
    line = ProofLine()
    qtbot.addWidget(line)
    line.show_proof(PROOF)
    assert line._text.toolTip().startswith("Frozen layers proven unmoved after epoch 1 (208 values)")
    line.show_proof(PROOF.replace(ok=False, moved=["bn.running_mean"]))
    assert "bn.running_mean" in line._text.toolTip()
    assert line._text.property("kind") == "bad"
