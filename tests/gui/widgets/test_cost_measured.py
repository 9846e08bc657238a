"""What was measured of the cost, as figures in the cost panel and as lines beside Start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import StudioError
from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.cost_measured import CostLines, CostMeasured, tip
from tlstudio.gui.widgets.cost_panel import CostPanel
from tlstudio.gui.widgets.layer_pane import LayerPane

DOCUMENT = {
    "step_seconds": 0.12, "epoch_seconds": 1.5, "once_seconds": 11.2, "peak_bytes": 6.0e8, "kept_bytes": 1.5e7, "features_kept": True,
    "device": "a processor", "steps": 3,
}  # fmt: skip
READY, BUSY = Loading("ready", document=DOCUMENT), Loading("busy")
FAILED = Loading("failed", error=StudioError("Nothing learns", "all layers are frozen"))


@pytest.fixture
def panel(qtbot: QtBot, session: Session, layers_document: dict[str, Any]) -> Iterator[CostPanel]:
    pane = QWidget()
    qtbot.addWidget(pane)
    made = CostPanel(QPushButton("Train"))
    made.setParent(pane)
    made.resize(640, 90)
    pane.show()
    made.show_cost(layers_document, 22)
    yield made
    pane.close()


def test_the_figures_say_how_they_are_known(qtbot: QtBot, session: Session) -> None:
    figures = CostMeasured()
    qtbot.addWidget(figures)
    figures.show_estimate(READY, 20)
    assert figures.memory.accessibleName() == "600 MB peak memory"
    assert figures.epoch.accessibleName() == "1.5 s an epoch measured just now"
    figures.show_estimate(Loading("ready", document={**DOCUMENT, "steps": 0}), 20)
    assert figures.epoch.caption.text() == "measured earlier"
    assert "measured earlier on this machine" in figures.toolTip() + figures.epoch.toolTip()
    figures.show_estimate(BUSY, 20)
    assert figures.epoch.caption.text() == "measuring…"
    figures.show_estimate(FAILED, 20)
    assert figures.epoch.caption.text() == "not measured"
    assert figures.epoch.toolTip() == "Nothing learns. All layers are frozen."


def test_the_tip_holds_the_whole_run() -> None:
    assert "The whole run: about 41 s" in tip(DOCUMENT, 20)
    assert "The whole run: about 26 s" in tip(DOCUMENT, 10)
    assert "Measured on: a processor" in tip(DOCUMENT, 10)


def test_the_lines_beside_start(qtbot: QtBot, session: Session) -> None:
    lines = CostLines()
    qtbot.addWidget(lines)
    lines.show_estimate(READY, 20)
    assert (lines._first.whole, lines._second.whole) == ("About 41 s, 600 MB", "1.5 s an epoch, measured")
    lines.show_estimate(BUSY, 20)
    assert lines._first.whole == "Measuring…"
    lines.show_estimate(FAILED, 20)
    assert lines._second.whole == "Nothing learns. All layers are frozen."
    assert "What it will cost" in lines.accessibleName()


def test_in_the_panel_what_was_measured_takes_the_place_of_counts(panel: CostPanel) -> None:
    assert panel.measured.isHidden()
    assert not panel._figures.isHidden()
    panel.show_estimate(READY, 20)
    assert not panel.measured.isHidden()
    assert panel._figures.isHidden()
    assert panel._small.whole.startswith("Features are computed once (11 s), kept: 15 MB; ")
    assert "mult-adds" in panel._small.whole
    panel.show_estimate(Loading(), 20)
    assert panel.measured.isHidden()
    assert not panel._figures.isHidden()


def test_in_a_narrow_panel_it_is_a_line(panel: CostPanel) -> None:
    panel.show_estimate(READY, 20)
    panel.resize(380, 90)
    assert panel.measured.isHidden()
    assert panel._small.whole.startswith("1.5 s an epoch, 600 MB, measured; ")
    panel.show_estimate(BUSY, 20)
    assert panel._small.whole.startswith("Measuring what it will cost…")


def test_a_pane_that_is_built_later_shows_what_is_known(
    qtbot: QtBot, session: Session, jobs: Any, data_document: dict[str, Any], layers_document: dict[str, Any]
) -> None:
    session.data = Loading("ready", "photos", data_document)
    session.inspect()
    jobs.last("inspect").done.emit({**layers_document, "title": "Net"})
    assert session.estimate.state == "busy"
    pane = LayerPane(session)
    qtbot.addWidget(pane)
    pane.refresh()
    assert pane.cost.measured.epoch.caption.text() == "measuring…"
    qtbot.waitUntil(lambda: any(handle.job == "estimate" for handle in jobs))
    jobs.last("estimate").done.emit(DOCUMENT)
    assert pane.cost.measured.epoch.caption.text() == "measured just now"
    session.edit({"training.epochs": 10}, "a")
    assert "about 26 s" in pane.cost.measured.epoch.toolTip()
