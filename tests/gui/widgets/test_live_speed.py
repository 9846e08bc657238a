"""What is said many times a second costs nothing where it says nothing new."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.events import Event, Note, Steps
from tlstudio.gui.history import MAX_NOTES, RunHistory
from tlstudio.gui.replay import ReplayedRun
from tlstudio.gui.session import Session
from tlstudio.gui.timeline import Timeline
from tlstudio.gui.widgets.curves import RunCurves
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.log_drawer import LogDrawer
from tlstudio.gui.widgets.parts import Button, ToolButton, row
from tlstudio.gui.widgets.replay_line import ReplayLine
from tlstudio.recipe import Recipe

Stream = Callable[..., list[Event]]


class _Layouts(QObject):
    """Counts how often a widget is to be laid out anew."""

    count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def _counted(monkeypatch: pytest.MonkeyPatch, kind: type, name: str) -> list[Any]:
    """Calls of a method, as they come."""
    out, really = list[Any](), getattr(kind, name)

    def counting(self: Any, *args: Any) -> Any:
        out.append(args)
        return really(self, *args)

    monkeypatch.setattr(kind, name, counting)
    return out


def test_the_same_text_again_lays_nothing_out(session: Session, qtbot: QtBot) -> None:
    page, label, layouts = QWidget(), ElidedLabel(), _Layouts()
    qtbot.addWidget(page)
    page.resize(400, 100)
    QVBoxLayout(page).addWidget(label)
    page.show()
    label.show_text("epoch 3 of 10", "about it", short="3/10")
    QApplication.processEvents()
    page.installEventFilter(layouts)
    for _ in range(5):
        label.show_text("epoch 3 of 10", "about it", short="3/10")
    QApplication.processEvents()
    assert layouts.count == 0
    label.show_text("epoch 4 of 10", "about it", short="4/10")
    QApplication.processEvents()
    assert layouts.count > 0
    label.show_text("epoch 4 of 10", "more about it")
    assert (label.toolTip(), label.text()) == ("more about it", "epoch 4 of 10")


def test_the_same_icon_again_lays_nothing_out(qtbot: QtBot, session: Session) -> None:
    page, button, tool, layouts = QWidget(), Button("Pause", "", "pause"), ToolButton("pause", "Pause"), _Layouts()
    qtbot.addWidget(page)
    page.setLayout(row(button, tool))
    page.show()
    for _ in range(3):
        QApplication.processEvents()
    page.installEventFilter(layouts)
    for part in (button, tool):
        part.show_icon("pause")
    QApplication.processEvents()
    assert layouts.count == 0
    before = button.icon().cacheKey(), tool.icon().cacheKey()
    for part in (button, tool):
        part.show_icon("play")
    assert button.icon().cacheKey() != before[0]
    assert tool.icon().cacheKey() != before[1]


def test_a_full_log_grows_at_its_end(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    drawer, history = LogDrawer(), RunHistory()
    qtbot.addWidget(drawer)
    drawer.fold.setChecked(True)
    for i in range(MAX_NOTES + 50):
        history.add(Note(message=f"note {i}", at=float(i)))
    drawer.follow(history)
    written, added = _counted(monkeypatch, QPlainTextEdit, "setPlainText"), _counted(monkeypatch, QPlainTextEdit, "appendPlainText")
    for i in range(MAX_NOTES + 50, MAX_NOTES + 53):
        history.add(Note(message=f"note {i}", at=float(i)))
    drawer.follow(history)
    drawer.follow(history)
    assert (len(written), len(added)) == (0, 3)
    lines = drawer.text.toPlainText().split("\n")
    assert (len(lines), lines[0][-7:], lines[-1][-8:]) == (MAX_NOTES, "note 53", "note 552")
    drawer.follow(RunHistory([Note(message="of another run")]))
    assert drawer.text.toPlainText().endswith("of another run")
    assert len(written) == 1


def test_a_plot_reads_each_epoch_once(session: Session, qtbot: QtBot, run_events: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    plot = RunCurves("plot", "loss", "", lambda text: None)
    qtbot.addWidget(plot)
    said = run_events(9, epochs=9)
    cut = next(i for i, event in enumerate(said) if getattr(event, "epoch", 0) == 8)
    history = RunHistory(said[:cut])
    plot.draw(history, 9, star=False)
    read = _counted(monkeypatch, RunCurves, "_validation")
    plot.draw(history, 9, star=False)
    usual = len(read)  # the word at the line's end
    for event in said[cut:]:
        history.add(event)
    plot.draw(history, 9, star=False)
    assert len(read) == 2 * usual + 2
    at, found = plot._read_epochs(history)
    assert at.tolist() == list(range(1, 10))
    assert found.tolist() == [epoch.val_loss for epoch in history.epochs]
    at, found = plot._read_epochs(RunHistory(run_events(2)))  # another run
    assert (at.tolist(), found.tolist()) == ([1, 2], [1.5, 0.75])


def test_the_line_of_a_replay_knows_its_ticks(session: Session, qtbot: QtBot, run_events: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    played, line = ReplayedRun("/runs/one", speed=1), ReplayLine()
    qtbot.addWidget(line)
    said = [event.replace(at=1e9 + i) for i, event in enumerate(run_events(4))]
    played.begin(Recipe(), Timeline(said))
    line.follow(played)
    ticks = list(line._ticks)
    assert len(ticks) == 4
    asked = _counted(monkeypatch, Timeline, "time_of")
    played.time += 1
    line.follow(played)
    assert (line._ticks, line._share, asked) == (ticks, played.share, [])
    played.set_speed(2)
    asked.clear()
    line.follow(played)
    assert len(asked) == 4
    line.follow(None)
    assert line._ticks == []


def test_a_noisy_line_is_drawn_piece_by_piece_and_from_two_steps_a_pixel_on_as_an_area(session: Session, qtbot: QtBot) -> None:
    plot = RunCurves("plot", "loss", "", lambda text: None)
    qtbot.addWidget(plot)
    plot.resize(400, 200)
    plot.show()
    for line, how in ((plot._raw, "on"), (plot._mean, "on"), (plot._val, "auto")):  # dashes need a whole path
        assert line.curve.opts["segmentedLineMode"] == how
        assert line.opts["pen"].color().alpha() == 255, "where two pieces meet one would see through both"
    columns = int(plot.getPlotItem().vb.width())
    for steps, area in ((2 * columns - 10, False), (2 * columns + 10, True)):
        history = RunHistory()
        values = [float(i % 2) for i in range(steps)]
        history.add(Steps(epoch=1, first=1, loss=values, accuracy=values, lr=values, backbone_lr=values))
        history.x = type(history.x)("d", [i / steps for i in range(steps)])
        plot.draw(history, 1)
        assert (not plot._dense_raw.path().isEmpty()) == area
        assert (len(plot._raw.getData()[0]) if plot._raw.getData()[0] is not None else 0) == (0 if area else steps)
