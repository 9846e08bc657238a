"""What the window draws of a run that goes back, or goes on: nothing that is gone, and one best that all agree on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tlstudio.event_log import EventLog
from tlstudio.events import CheckpointWritten, EpochEnded, Event, MasksKept, Note, RunEnded, RunStarted, Watched, WentBack
from tlstudio.gui.history import RunHistory
from tlstudio.gui.widgets.epoch_table import EpochModel
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

Stream = Callable[..., list[Event]]


def _looked(said: list[Event]) -> list[Event]:
    """With pictures after each epoch."""
    out: list[Event] = []
    for event in said:
        out.append(event)
        if isinstance(event, EpochEnded):
            out.append(MasksKept(epoch=event.epoch, folder=f"/m/{event.epoch}"))
            out.append(Watched(epoch=event.epoch, paths=[], truth=[], labels=[], probabilities=[]))
    return out


@pytest.mark.parametrize(("best", "star"), [(None, 2), (2, 2), (1, 1), (0, None)])
def test_what_is_drawn_live_is_what_the_recorded_run_shows(tmp_path: Path, run_events: Stream, best: int | None, star: int | None) -> None:
    said = [*_looked(run_events(6.5)), WentBack(epochs=3, steps=2, sentence="", best=best)]
    run, live = Run.create(Recipe(), tmp_path / "run"), RunHistory(said)
    log = EventLog(run)
    for event in [*said, CheckpointWritten(epoch=3, step=2, best=False)]:
        log.write(event)
    log.close()
    recorded = RunHistory(run.history())
    for history in (live, recorded):
        assert [epoch.epoch for epoch in history.epochs] == [1, 2, 3]
        assert len(history.x) == 3 * 4 + 2
        assert [look.epoch for look in (history.masks, history.watched) if look is not None] == [3, 3]
        assert (history.best.epoch if history.best else None) == star
    assert live.checkpoint is not None
    assert (live.checkpoint.epoch, live.checkpoint.step) == (3, 2)
    assert list(live.x) == list(recorded.x)


def test_the_end_says_which_epoch_is_kept_and_the_table_marks_it(run_events: Stream) -> None:
    history, model = RunHistory(run_events(5)), EpochModel()
    model.follow(history)
    assert (history.best.epoch if history.best else None, model._best) == (5, 5)
    history.add(RunEnded(reason="completed", summary={"best_epoch": 4}))
    model.follow(history)
    assert (history.best.epoch if history.best else None, model._best) == (4, 4)
    history.add(RunEnded(reason="stopped", summary={"best_epoch": 9}))  # done before a kill, and not once more
    assert history.best is None


def test_a_resume_whose_best_weights_are_lost_shows_no_star(run_events: Stream) -> None:
    said = run_events(4)
    history = RunHistory(said)
    started = said[0]
    assert isinstance(started, RunStarted)
    history.add(started.replace(resumed_from=(4, 0), best=0))
    assert history.best is None
    assert len(history.epochs) == 4


def test_what_is_offered_before_the_first_step_stays_while_it_trains(run_events: Stream) -> None:
    begun, *said = run_events(2.5)
    assert isinstance(begun, RunStarted)
    offer, later = Note(message="Batches of 8 images would go 2.0 times as fast here."), Note(message="Compiled.")
    history = RunHistory([Note(message="Read."), begun, offer, *said, later])
    assert (history.outset, history.remarks) == ([offer], [later])
    full, lopsided = Note(level="bad", message="No checkpoint could be written."), Note(level="warn", message="One class for all.")
    for note in (full, lopsided, full, *said[-1:]):
        history.add(note)
    assert history.warnings == [lopsided, full], "each once, also while it goes on"
    history.add(CheckpointWritten(epoch=2, step=2, best=False))
    assert history.warnings == [lopsided]
    history.add(begun)  # it goes on, and says anew how
    assert history.outset == history.warnings == []
