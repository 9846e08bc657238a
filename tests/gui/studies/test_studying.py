"""A study in the window: its runs are shown one after the other, and it can be stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Event, Progress, RunStarted, StudyStep
from tlstudio.gui.session import Session
from tlstudio.gui.studies.study_strip import StudyStrip
from tlstudio.recipe import Recipe
from tlstudio.runs import Run


def step(run: Run, index: int, state: str = "running", **more: Any) -> StudyStep:
    return StudyStep(study="s", index=index, of=2, run=str(run.path), title=f"Head only, seed {index}", state=state, **more)


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    return [Run.create(Recipe().set({"name": f"run {i}"}), tmp_path / f"run-{i}") for i in (1, 2)]


@pytest.fixture
def events_of(run_events: Callable[..., list[Event]]) -> Callable[[Run], list[Event]]:
    return lambda run: run_events(1.5, run=str(run.path))


def begun(session: Session, run: Run, qtbot: QtBot) -> None:
    """What the run had said before was read, in a thread."""
    qtbot.waitUntil(lambda: session.live.run == str(run.path) and session.live.active)


def test_each_run_is_shown_like_any_other(
    session: Session, jobs: Any, runs: list[Run], events_of: Callable[[Run], list[Event]], qtbot: QtBot
) -> None:
    strip = StudyStrip(session)
    assert session.studying.start("compare_choices", {"seeds": 1}, "Comparing")
    assert not session.studying.start("sweep", {}, "not now")
    handle = jobs.last("compare_choices")
    first, second = runs
    part = Progress(phase="study", done=0, total=2, unit="runs", overall=0.25, remaining=(20.0, 30.0))
    handle.events.emit([step(first, 1), *events_of(first), part])
    live = session.live
    assert live.state == "idle", "the window does not wait for what is read"
    begun(session, first, qtbot)
    assert (live.state, live.run, live.recipe) == ("running", str(first.path), first.recipe())
    assert len(live.history.epochs) == 1
    assert live.history.progress is None, "how far the study is, is not how far the run is"
    assert not strip.isHidden()
    assert "run 1 of 2: Head only, seed 1" in strip._where.whole
    assert strip._progress.value() == 250
    session.start()
    assert [one.job for one in jobs].count("train") == 0, "nothing else is trained meanwhile"
    first.write_json("summary.json", {"metrics": {"val_accuracy": 0.5}})
    handle.events.emit([step(first, 1, "done", value=0.5), step(second, 2), *events_of(second)])
    begun(session, second, qtbot)
    assert (live.state, live.run, len(live.history.epochs)) == ("running", str(second.path), 1)
    handle.events.emit([step(second, 2, "failed", why="The disk is full")])
    assert live.state == "failed"
    assert live.error is not None
    assert live.error.what == "The disk is full"
    handle.done.emit({"study": "s", "state": "finished", "verdict": {"headline": "No detectable difference"}})
    assert session.studying.state == "done"
    assert strip._where.whole == "No detectable difference"
    assert not session.studying.active


def test_stop_ends_the_study_and_not_only_the_run(
    session: Session, jobs: Any, runs: list[Run], events_of: Callable[[Run], list[Event]], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    session.studying.start("resume_study", {"name": "s"}, "Comparing")
    handle = jobs.last("resume_study")
    told: list[str] = []
    for word in ("stop", "pause", "go_on", "cancel", "scale_rates"):
        monkeypatch.setattr(handle, word, lambda *_, word=word: told.append(word))
    handle.events.emit([step(runs[0], 1), *events_of(runs[0])])
    begun(session, runs[0], qtbot)
    session.live.pause()
    session.live.go_on()
    session.live.scale_rates(0.5)
    session.live.stop()
    assert told == ["pause", "go_on", "stop"], "rates of runs that are compared stay"
    handle.done.emit({"study": "s", "state": "unfinished"})
    assert session.live.state == "stopped"
    assert session.studying.state == "done"


def test_a_cancelled_study_leaves_nothing_behind(session: Session, jobs: Any) -> None:
    session.studying.start("sweep", {}, "Sweep")
    jobs.last("sweep").failed.emit(Cancelled("Cancelled"))
    assert session.studying.state == "idle"
    assert session.studying.error is None


def test_why_a_study_failed_stays_in_sight(session: Session, jobs: Any) -> None:
    strip = StudyStrip(session)
    session.studying.start("compare_choices", {}, "Comparing")
    jobs.last("compare_choices").done.emit({"study": "old", "state": "finished", "verdict": None, "failed": 1})
    assert strip._where.whole == "1 run failed."
    session.studying.start("sweep", {}, "Sweep")
    assert session.studying.name == "", "not the study before"
    jobs.last("sweep").failed.emit(StudioError("Sweeps need Optuna", "", "Run: pip install optuna"))
    assert "pip install" in strip._where.whole
    told: list[StudioError] = []
    session.trouble.connect(told.append)
    assert not strip._why.isHidden()
    strip._why.click()
    assert told[0].what == "Sweeps need Optuna"


def test_stop_at_the_run_says_so_at_the_study_and_is_said_once(
    session: Session, jobs: Any, runs: list[Run], events_of: Callable[[Run], list[Event]], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    session.studying.start("compare_choices", {}, "Comparing")
    handle = jobs.last("compare_choices")
    told: list[str] = []
    for word in ("stop", "pause"):
        monkeypatch.setattr(handle, word, lambda *_, word=word: told.append(word))
    handle.events.emit([step(runs[0], 1), *events_of(runs[0])])
    begun(session, runs[0], qtbot)
    session.live.pause()
    handle.events.emit([step(runs[0], 1, "done"), step(runs[1], 2), *events_of(runs[1])])
    begun(session, runs[1], qtbot)
    assert session.live.state == "paused", "it had ended as it was paused: the next one waits"
    session.live.stop()
    session.studying.stop()
    assert (session.studying.state, session.live.state) == ("stopping", "stopping")
    assert told == ["pause", "pause", "stop"]


def test_what_comes_while_a_long_past_is_read_waits_in_order(
    session: Session, jobs: Any, runs: list[Run], events_of: Callable[[Run], list[Event]], qtbot: QtBot
) -> None:
    first, second = runs
    said = events_of(second)
    told_again = [event.replace(at=1e12) for event in said if not isinstance(event, RunStarted)]
    second.write_text("events.jsonl", "".join(event.to_line() for event in [*said, *told_again]))
    session.studying.start("resume_study", {"name": "s"}, "Comparing")
    handle = jobs.last("resume_study")
    seen: list[tuple[str, str]] = []
    session.trained.changed.connect(lambda: seen.append((session.trained.run, session.trained.state)))
    first.write_json("summary.json", {})
    handle.events.emit([step(first, 1), *events_of(first), step(first, 1, "done"), step(second, 2)])
    handle.done.emit({"study": "s", "state": "unfinished"})
    assert session.studying.active
    qtbot.waitUntil(lambda: not session.studying.active)
    states = list(dict.fromkeys(seen))
    assert [state for run, state in states if run == str(first.path)] == ["starting", "running", "done"]
    assert [state for run, state in states if run == str(second.path)] == ["starting", "stopped"]
    assert len(session.trained.history.epochs) == 1, "of what the file says, what was said before the study came to the run"
    assert session.studying.document["state"] == "unfinished"


def test_a_run_that_is_gone_does_not_hold_the_study_up(session: Session, jobs: Any, runs: list[Run], tmp_path: Path, qtbot: QtBot) -> None:
    session.studying.start("resume_study", {"name": "s"}, "Comparing")
    gone = Run(tmp_path / "gone")
    jobs.last("resume_study").events.emit([step(gone, 1), step(gone, 1, "failed", why="It is gone"), step(runs[0], 2)])
    begun(session, runs[0], qtbot)
    assert session.studying.step is not None
    assert session.studying.step.index == 2
