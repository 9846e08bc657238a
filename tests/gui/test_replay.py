"""A recorded run is replayed in its own time: gaps are cut, one can leap, and nothing of the window's own run is touched."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tlstudio.errors import StudioError
from tlstudio.events import Event, Note, RunEnded, RunFailed
from tlstudio.gui.history import RunHistory
from tlstudio.gui.recorded import recorded_run
from tlstudio.gui.replay import ReplayedRun, recorded
from tlstudio.gui.session import Session
from tlstudio.gui.timeline import LONGEST, SPEEDS, Timeline
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

Stream = Callable[..., list[Event]]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _timed(said: list[Event], every: float = 1.0) -> list[Event]:
    return [event.replace(at=1e9 + i * every) for i, event in enumerate(said)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def played(qtbot: QtBot, run_events: Stream, clock: Clock) -> ReplayedRun:
    out = ReplayedRun("/runs/one", speed=1, clock=clock)
    out.begin(Recipe(), Timeline(_timed(run_events(10, end="completed"))))
    out._timer.blockSignals(True)  # the test says when
    return out


def _run_for(played: ReplayedRun, clock: Clock, seconds: float) -> None:
    for _ in range(round(seconds * 10)):
        clock.now += 0.1
        played.play()


def test_gaps_are_as_long_as_they_were_and_never_longer_than_two_seconds() -> None:
    said: list[Event] = [Note(message="", at=at) for at in (5.0, 6.0, 4.0, 104.0, 105.0)]
    timeline = Timeline(said)
    assert timeline.due(1).tolist() == [0, 1, 1, 1 + LONGEST, 2 + LONGEST]
    assert timeline.due(16).tolist() == pytest.approx([0, 1 / 16, 1 / 16, 1 / 16 + LONGEST, 2 / 16 + LONGEST])
    assert timeline.place(1.0, 1) == 3
    for a, b in itertools.product(SPEEDS, SPEEDS):  # half way through the cut gap is half way at every speed
        middle = timeline.due(a)[2] + LONGEST / 2
        assert timeline.changed(middle, a, b) == pytest.approx(timeline.due(b)[2] + LONGEST / 2)
    assert Timeline([]).lasts(1) == 0.0


def test_events_come_in_their_time_and_speed_changes_nothing_but_the_pace(played: ReplayedRun, clock: Clock) -> None:
    assert (played.state, played.active) == ("running", False)
    assert played.history.started is not None
    assert not played.history.epochs
    _run_for(played, clock, 3.05)
    assert len(played.history.epochs) == 1
    played.set_speed(4)
    assert len(played.history.epochs) == 1
    _run_for(played, clock, 3)
    assert len(played.history.epochs) == 5
    played.pause()
    _run_for(played, clock, 5)
    assert (played.state, len(played.history.epochs)) == ("paused", 5)
    played.go_on()
    _run_for(played, clock, 20)
    assert (played.state, len(played.history.epochs), played.share) == ("done", 10, 1.0)
    played.go_on()  # from the beginning
    played.play()
    assert (played.state, len(played.history.epochs)) == ("running", 0)


def test_a_window_that_was_held_up_does_not_leap(played: ReplayedRun, clock: Clock) -> None:
    clock.now += 60
    played.play()
    assert played.time < 1


def test_one_can_go_from_epoch_to_epoch_and_to_any_place(played: ReplayedRun, clock: Clock, run_events: Stream) -> None:
    played.pause()
    for wanted in (1, 2, 3):
        played.step(1)
        played.play()
        assert len(played.history.epochs) == wanted
    before = played.history
    played.step(-1)
    played.play()
    assert len(played.history.epochs) == 2
    assert played.history is not before  # nobody sees a history that shrinks
    said = played.timeline.said
    assert list(played.history.x) == list(RunHistory(said[: played.timeline.epochs[1][0]]).x)
    played.seek(played.lasts)
    played.play()
    assert played.state == "done"
    played.seek(played.lasts / 2)
    played.play()
    assert (played.state, len(played.history.epochs)) == ("paused", 5)


def test_a_long_run_is_taken_over_piece_by_piece(qtbot: QtBot, clock: Clock, run_events: Stream) -> None:
    played = ReplayedRun("/runs/one", speed=16, clock=clock)
    played.begin(Recipe(), Timeline(_timed(run_events(3000, epochs=3000, steps=1), 0.01)))
    played.pause()
    played.seek(played.lasts)
    played._timer.blockSignals(True)
    played.play()
    assert 0 < len(played.history.epochs) < 3000
    for _ in range(500):
        played.play()
    assert len(played.history.epochs) == 3000
    shown = played.history
    played.seek(played.lasts / 2)
    played.play()
    assert played.history is shown  # until the earlier moment is whole
    for _ in range(500):
        played.play()
    assert len(played.history.epochs) == pytest.approx(1500, abs=5)


def test_a_failure_is_replayed_as_one(qtbot: QtBot, clock: Clock, run_events: Stream) -> None:
    played = ReplayedRun("/runs/one", speed=16, clock=clock)
    played.begin(Recipe(), Timeline(_timed([*run_events(2.5), RunFailed(what="No memory is left", do="Take fewer images")])))
    _run_for(played, clock, 20)
    assert played.state == "failed"
    assert played.error is not None
    assert played.error.what == "No memory is left"
    played.restart()
    assert (played.state, played.error) == ("running", None)


def _folder(said: list[Event], recipe: Recipe) -> Run:
    run = Run.create(recipe)
    (run.path / "events.jsonl").write_text("".join(event.to_line() for event in said))
    return run


def test_the_session_plays_a_run_and_brings_back_what_was(
    qtbot: QtBot, session: Session, jobs: Any, data_document: dict[str, Any], run_events: Stream
) -> None:
    run = _folder(_timed(run_events(10, end="completed")), Recipe(name="Ants"))
    asked: list[str] = []
    session.asked_for.connect(asked.append)
    own = session.live
    session.replay(str(run.path), 16)
    assert asked == ["train"]
    qtbot.waitUntil(lambda: session.live.history.started is not None)
    assert session.replaying is session.live is not own
    assert session.live.recipe is not None
    assert session.live.recipe.name == "Ants"
    session.leave_replay()
    assert session.live is own
    assert session.replaying is None

    session.replay(str(run.path))
    session.live.stop()
    session.open_data(data_document["source"])
    jobs.last("scan").done.emit(data_document)
    jobs.last("inspect").done.emit({"rows": []})
    session.start()  # a real run ends the replay
    assert session.live is own
    assert own.active
    told: list[StudioError] = []
    session.trouble.connect(told.append)
    session.replay(str(run.path))  # and is not hidden by one
    assert session.live is own
    assert "training" in told[0].what


def test_what_cannot_be_replayed_says_why(qtbot: QtBot, session: Session, jobs: Any, run_events: Stream) -> None:
    run = _folder(run_events(0.1, steps=1)[:2], Recipe())
    told: list[StudioError] = []
    session.trouble.connect(told.append)
    session.replay(str(run.path))
    qtbot.waitUntil(lambda: bool(told))
    assert "had not begun to learn" in told[0].why
    assert session.replaying is None


def test_a_run_made_elsewhere_finds_its_files_in_its_folder(run_events: Stream, tmp_path: Path) -> None:
    said = [event.to_json() for event in run_events(1)]
    said += [
        {"kind": "masks", "at": 1e9, "epoch": 1, "folder": "C:\\runs\\a\\masks\\epoch_0001"},
        {"kind": "watched", "at": 1e9, "epoch": 1, "paths": ["pictures/a.jpg"], "truth": [0], "labels": [[0]], "probabilities": [[1.0]]},
    ]
    run = Run.create(Recipe(), tmp_path / "run")
    (run.path / "events.jsonl").write_text("\n".join(json.dumps(line) for line in said))
    history = RunHistory(recorded(str(run.path))[1].said)
    assert history.masks is not None
    assert history.masks.folder == str(run.path / "masks" / "epoch_0001")
    assert history.watched is not None
    assert history.watched.paths == [str(run.path / "pictures" / "a.jpg")]


def test_the_recorded_run_comes_with_the_program_whole() -> None:
    folder = recorded_run()
    assert folder is not None
    recipe, timeline = recorded(folder)
    history = RunHistory(timeline.said)
    assert isinstance(timeline.said[-1], RunEnded)
    assert history.started is not None
    assert (recipe.name, len(history.epochs)) == (history.started.name, history.started.epochs)
    assert history.watched is not None
    assert all(Path(path).is_file() and path.startswith(folder) for path in history.watched.paths)
    assert sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) < 200_000


def test_curves_are_drawn_while_it_plays(qtbot: QtBot, session: Session, played: ReplayedRun, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlstudio.gui.widgets.train_live import TrainLive

    session.live = played
    live = TrainLive(session)
    qtbot.addWidget(live)
    live.show()
    started: list[int] = []
    start = live._turn.timer.start
    monkeypatch.setattr(live._turn.timer, "start", lambda ms: (started.append(ms), start(ms)))
    for _ in range(3):  # thirty times a second: a drawing that was put off each time would never come
        live.changed()
    assert len(started) == 1
    session.live = session.trained
