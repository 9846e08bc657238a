"""What follows a run rests while nobody sees it, says another state at once, and figures as often as they can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tlstudio.events import Event, Progress
from tlstudio.gui import paced
from tlstudio.gui.in_turn import InTurn
from tlstudio.gui.paced import Paced
from tlstudio.gui.presentation.foot import Foot
from tlstudio.gui.replay import ReplayedRun
from tlstudio.gui.run_list import RunList
from tlstudio.gui.session import Session
from tlstudio.gui.timeline import Timeline
from tlstudio.gui.widgets.rail import Rail
from tlstudio.gui.widgets.replay_bar import ReplayBar
from tlstudio.gui.widgets.run_bar import RunBar
from tlstudio.recipe import Recipe

Stream = Callable[..., list[Event]]


class _Told:
    """What is shown, and how often it was."""

    def __init__(self, widget: QWidget, **options: Any) -> None:
        self.count, self.state = 0, "running"
        self.paced = Paced(widget, self.refresh, lambda: self.state, **options)

    def refresh(self) -> None:
        self.count += 1


@pytest.fixture(autouse=True)
def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loaded machine is not taken for one on which it was time again: a test says when it is."""
    monkeypatch.setattr(paced, "EVERY", 60_000)


@pytest.fixture
def told(qtbot: QtBot, session: Session) -> _Told:
    """On a widget that is seen, as of a moment ago."""
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    out = _Told(widget)
    out.paced.now()
    return out


def test_progress_comes_as_often_as_it_can_be_read_and_its_last_word_is_never_lost(
    told: _Told, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(50):
        told.paced.changed()
    assert told.count == 1
    assert told.paced._rest.isActive()
    assert 0 < told.paced._rest.interval() <= paced.EVERY
    told.paced._over()
    assert told.count == 2
    told.paced._over()  # nothing more was said
    assert told.count == 2
    monkeypatch.setattr(paced, "EVERY", 30)
    qtbot.wait(40)
    told.paced.changed()  # after a rest at once
    assert told.count == 3
    told.paced.changed()
    qtbot.waitUntil(lambda: told.count == 4)


def test_another_state_does_not_wait(told: _Told) -> None:
    told.paced.changed()
    told.state = "paused"
    told.paced.changed()
    assert told.count == 2
    told.paced.changed()
    assert told.count == 2


def test_what_is_hidden_rests_and_catches_up_once(told: _Told, qtbot: QtBot) -> None:
    widget = told.paced._widget
    told.paced.changed()
    widget.hide()
    told.state = "done"
    for _ in range(5):
        told.paced.changed()
    told.paced._over()
    assert told.count == 1
    widget.show()
    told.paced.shown()
    told.paced.shown()
    assert told.count == 2


def test_what_tells_others_does_so_unseen(qtbot: QtBot, session: Session) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    told = _Told(widget, unseen=True)
    told.paced.changed()
    assert told.count == 1
    told.paced.changed()
    told.paced._over()
    assert told.count == 2


# what uses it


@pytest.fixture
def events(session: Session, run_events: Stream) -> Callable[[list[Event]], None]:
    """A run that has begun; it says more when that is called."""
    handle = session.trainer.submit("train", {})
    session.live.start(Recipe(name="Ants"), handle)
    handle.events.emit(run_events(2.5))
    return handle.events.emit


@pytest.fixture
def played(session: Session, run_events: Stream, qtbot: QtBot) -> Iterator[ReplayedRun]:
    """A replay of ten epochs that stands still at its beginning."""
    out = ReplayedRun("/runs/one", session, speed=4)
    out.changed.connect(session.run_changed)
    session.live = out
    out.begin(Recipe(name="Ants"), Timeline([event.replace(at=1e9 + i) for i, event in enumerate(run_events(10, end="completed"))]))
    out.pause()
    out._timer.blockSignals(True)  # the test says when
    yield out
    session.live = session.trained


def _counted(monkeypatch: pytest.MonkeyPatch, kind: type) -> list[object]:
    """Refreshes of widgets of that kind, as they come."""
    out, really = list[object](), kind.refresh  # type: ignore[attr-defined]
    monkeypatch.setattr(kind, "refresh", lambda self: (out.append(self), really(self)))
    return out


@pytest.mark.parametrize("kind", [RunBar, Foot])
def test_bar_and_foot_sleep_while_they_are_hidden(
    kind: type[RunBar | Foot], session: Session, qtbot: QtBot, events: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = _counted(monkeypatch, kind)
    bar = kind(session)
    qtbot.addWidget(bar)
    bar.resize(1280, 56)
    bar.show()
    said = bar._detail if isinstance(bar, RunBar) else bar._said
    before = said.whole
    bar.hide()
    count.clear()
    for done in range(5):
        events([Progress(phase="features", done=done, total=70)])
    session.live.pause()
    assert (count, said.whole) == ([], before)
    bar.show()
    assert len(count) == 1
    assert "aused" in said.whole
    session.live.go_on()  # another state is said at once
    assert len(count) == 2
    assert "aused" not in said.whole
    for done in range(9):
        events([Progress(phase="train", done=done, total=70)])
    assert len(count) == 2


@pytest.mark.parametrize("kind", [ReplayBar, Foot])
def test_the_keys_of_a_replay_are_answered_at_once_and_its_line_moves_between_the_words(
    kind: type[ReplayBar | Foot], session: Session, qtbot: QtBot, played: ReplayedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = _counted(monkeypatch, kind)
    bar = kind(session)
    qtbot.addWidget(bar)
    bar.resize(1280, 56)
    bar.show()
    played.set_speed(8)
    assert bar._chip.text() == "Replay 8×"
    for at in (1, 2):
        played.step(1)
        played.play()
        assert len(played.history.epochs) == at
        assert f"epoch {at + 1} of 10" in (bar._where.text() if isinstance(bar, ReplayBar) else bar._said.whole)
    played.go_on()
    count.clear()
    for _ in range(9):
        played.time += 0.2
        session.run_changed.emit()
    assert (count, bar.line._share) == ([], played.share)
    bar.hide()
    played.time += 0.2
    session.run_changed.emit()
    assert bar.line._share < played.share
    bar.show()
    assert bar.line._share == played.share


def test_parts_in_turn_stop_where_they_are_when_they_are_hidden(qtbot: QtBot, session: Session) -> None:
    widget, drawn = QWidget(), list[str]()
    qtbot.addWidget(widget)
    widget.show()
    turn = InTurn(widget, ("one", "two"), drawn.append)
    turn.timer.blockSignals(True)  # the test says when
    turn.soon()
    turn._next()
    widget.hide()
    turn._next()
    assert (drawn, list(turn.dirty)) == (["one"], ["two"])
    widget.show()
    turn._next()
    assert drawn == ["one", "two"]


def test_how_far_a_run_is_draws_the_words_alone(qtbot: QtBot, session: Session, events: Any, run_events: Stream) -> None:
    widget, drawn = QWidget(), list[str]()
    qtbot.addWidget(widget)
    widget.show()
    turn = InTurn(widget, ("words", "plot"), drawn.append)
    turn.follow(session.live, "words")
    turn.now()
    drawn.clear()
    events([Progress(phase="train", done=1, total=4)])
    turn.follow(session.live, "words")
    assert list(turn.dirty) == ["words"]
    events(run_events(3)[-3:])
    turn.follow(session.live, "words")
    assert list(turn.dirty) == ["words", "plot"]
    turn.now()
    session.live.pause()
    turn.follow(session.live, "words")
    assert list(turn.dirty) == ["words", "plot"]


def test_a_mark_that_is_said_again_touches_nothing_in_the_rail(qtbot: QtBot, session: Session) -> None:
    rail, changes = Rail(), list[object]()
    qtbot.addWidget(rail)
    rail.add("train", "Train", "chart-line")
    assert "Ctrl+1" in rail.item(0).toolTip()
    rail.model().dataChanged.connect(lambda *_: changes.append(1))
    rail.show_mark("train", "running", "Epoch 3 of 10")
    once = len(changes)
    assert once > 0
    rail.show_mark("train", "running", "Epoch 3 of 10")
    assert len(changes) == once
    rail.show_mark("train", "running", "Epoch 4 of 10")
    assert len(changes) > once
    assert rail.item(0).toolTip().endswith("Epoch 4 of 10")


def test_ten_thousand_runs_are_not_looked_through_for_each_step(
    session: Session, events: Any, jobs: Any, run_events: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = RunList.of(session)
    runs.refresh()
    row_ = {"path": "/runs/one", "state": "live", "epoch": 0, "curve": [], "started": 1.0}
    jobs.last("runs").done.emit([row_])
    events([Progress(phase="train", done=1, total=4)])
    assert row_["epoch"] == 2
    asked, really = list[str](), runs.find
    monkeypatch.setattr(runs, "find", lambda path: (asked.append(path), really(path))[1])
    for _ in range(5):
        events([Progress(phase="train", done=1, total=4)])
    assert asked == []
    epoch = next(event for event in run_events(3) if getattr(event, "epoch", 0) == 3 and event.kind == "epoch")
    events([epoch])
    assert row_["epoch"] == 3
