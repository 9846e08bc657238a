"""The train page while a run goes on, and when it has ended in one way or another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Event, FrozenProof, MasksKept, Progress
from tlstudio.gui.pages.train import TrainPage
from tlstudio.gui.session import Session

Stream = Callable[..., list[Event]]
Document = dict[str, Any]


def _begin(session: Session, jobs: Any, said: list[Event]) -> Any:
    session.start()
    handle = jobs.last("train")
    if said:
        handle.events.emit(said)
    return handle


def _steps_drawn(page: TrainPage) -> int:
    x = page.live.curves.loss._raw.getData()[0]
    return 0 if x is None else len(x)


def test_the_images_pass_the_backbone_once(ready: TrainPage, session: Session, jobs: Any, run_events: Stream, qtbot: QtBot) -> None:
    _begin(session, jobs, [*run_events(0), Progress(phase="features", done=12, total=32)])
    qtbot.waitUntil(lambda: "12 of 32" in ready.live.curves._message.text())


def test_the_first_seconds_are_told_in_words(ready: TrainPage, session: Session, jobs: Any, run_events: Stream) -> None:
    handle, said = _begin(session, jobs, []), list[str]()
    for event in (
        None,
        Progress(phase="scan", done=40, total=200, unit="files"),
        Progress(phase="network", done=0),
        Progress(phase="probe", done=0),
        Progress(phase="begin", done=0),
        *run_events(0),
        Progress(phase="train", done=0, total=4),
    ):
        if event is not None:
            handle.events.emit([event])
        ready.live.draw()
        said.append(ready.live.curves._message.text())
    assert list(dict.fromkeys(said)) == [
        "Starting",
        "Reading the images: 40 of 200",
        "Loading the network",
        "Trying what is fastest here",
        "Preparing the layers",
        "The first steps of epoch 1",
    ]
    assert ready.mark() == ("running", "Epoch 1 of 10")


def test_a_run_fills_table_and_plots(ready: TrainPage, session: Session, jobs: Any, run_events: Stream, qtbot: QtBot) -> None:
    table = ready.findChild(QTableView, "epochTable")
    _begin(session, jobs, run_events(3.5))
    qtbot.waitUntil(lambda: table.model().rowCount() == 3)
    qtbot.waitUntil(lambda: not ready.live.waiting)
    assert ready.mark() == ("running", "Epoch 4 of 10")
    assert ready.hint.text() == "Running: epoch 4 of 10"
    assert _steps_drawn(ready) == 14
    assert ready.live.curves._message.isHidden()
    session.live.pause()
    assert ready.mark() == ("running", "Paused in epoch 4 of 10")
    session.choose_strategy("full")  # counts for the next run
    assert ready.basics._tail.text() == "changes count for the next run"
    assert session.live.recipe is not None
    assert session.live.recipe.frozen.strategy == "head"


def test_a_finished_run_leads_to_its_results(
    ready: TrainPage, session: Session, jobs: Any, run_events: Stream, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = _begin(session, jobs, run_events(10, end="completed"))
    handle.done.emit({"run": "/runs/one", "seconds": 15.0})
    assert ready.mark() == ("ready", "Finished")
    assert ready.see.isVisible()
    assert ready.see.property("kind") == "primary"
    assert (ready.start.text(), ready.start.property("kind"), ready.start.isEnabled()) == ("Start again", "", True)
    qtbot.waitUntil(lambda: ready.live.proof.isVisible())
    with qtbot.waitSignal(session.asked_for, check_params_cb=lambda key: key == "results"):
        ready.see.click()
    assert session.result_run == "/runs/one"
    assert ready.live.of_run.isVisible()
    assert ready.live.of_run.whole.endswith("finished")
    session.choose_strategy("full")
    qtbot.waitUntil(lambda: ready.live.of_run.whole.endswith("finished (not what is chosen now)"))
    asked: list[str] = []
    monkeypatch.setattr(session, "replay", asked.append)
    ready.live.replay.click()
    assert asked == ["/runs/one"]


def test_a_stopped_run_keeps_its_best(ready: TrainPage, session: Session, jobs: Any, run_events: Stream) -> None:
    handle = _begin(session, jobs, run_events(4, end="stopped"))
    handle.done.emit({"run": "/runs/one"})
    assert ready.mark() == ("ready", "Stopped, best is kept")
    assert ready.see.isVisible()


def test_a_cancelled_start_is_no_failure(ready: TrainPage, session: Session, jobs: Any) -> None:
    _begin(session, jobs, []).failed.emit(Cancelled("Cancelled"))
    assert ready.mark()[0] == "ready"
    assert not ready.see.isVisible()
    assert ready.start.isEnabled()


def test_a_failure_is_told_in_its_place_with_what_helps(
    ready: TrainPage, session: Session, jobs: Any, run_events: Stream, qtbot: QtBot, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "recipe.toml").write_text(session.recipe.to_toml(), encoding="utf-8")
    handle = _begin(session, jobs, run_events(3.5, run=str(run)))
    handle.failed.emit(StudioError("The disk is full", "12 MB are left", "Make room"))
    failure = ready.live.failure
    qtbot.waitUntil(failure.isVisible)
    assert ready.mark() == ("problem", "Could not go on")
    assert "Epoch 3 is saved" in failure._saved.text()
    assert ready.start.text() == "Start again"
    qtbot.waitUntil(lambda: _steps_drawn(ready) == 14)  # the curves that were there
    failure.resume.click()
    qtbot.waitUntil(lambda: session.live.active)
    assert jobs.last("resume").args == {"run": str(run)}
    qtbot.waitUntil(lambda: not failure.isVisible())


def test_a_failure_before_the_first_checkpoint_offers_to_start_again(ready: TrainPage, session: Session, jobs: Any, qtbot: QtBot) -> None:
    _begin(session, jobs, []).failed.emit(StudioError("The weights could not be fetched"))
    qtbot.waitUntil(ready.live.failure.isVisible)
    assert ready.live.failure.resume.isHidden()
    n = len(jobs)
    ready.live.failure.again.click()
    assert len(jobs) == n + 1


def test_what_moved_although_frozen_is_red(ready: TrainPage, session: Session, jobs: Any, run_events: Stream, qtbot: QtBot) -> None:
    _begin(session, jobs, [*run_events(2), FrozenProof(ok=False, tensors=5, before="a", after="b", moved=["bn.running_mean"])])
    qtbot.waitUntil(ready.live.proof.isVisible)
    assert "bn.running_mean" in ready.live.proof._text.whole


def test_masks_form_while_it_trains(
    train_page: TrainPage, session: Session, jobs: Any, scenes: Document, judged_masks: Document, masks_run: Stream, qtbot: QtBot
) -> None:
    session.open_data(scenes["source"])
    jobs.last("scan").done.emit(scenes)
    assert train_page.findChild(QWidget, "askAdvice").isHidden()  # its rules are about classes of whole images
    strip = train_page.findChild(QWidget, "masksForming")
    assert not strip.isVisible()
    session.live.start(session.recipe, session.trainer.submit("train", {}))
    handle = jobs.last("train")
    handle.events.emit([*masks_run(), MasksKept(epoch=3, folder=judged_masks["masks"])])
    train_page.live.draw()
    assert strip.isVisible()
    qtbot.waitUntil(lambda: not strip.pictures[0].isHidden())
    assert strip.pictures[0].over is not None
    assert "IoU 0.12 after epoch 3" in strip.pictures[0].toolTip()
    asked: list[tuple[str, str]] = []
    session.masks_asked.connect(lambda place, split: asked.append((place, split)))
    strip.pictures[0].clicked.emit()
    assert asked == [(judged_masks["masks"], "")]
    curves = train_page.live.curves.accuracy
    assert curves._val.getData()[1].tolist() == pytest.approx([20, 30, 40])
    assert "validation's mean IoU 40.0%" in curves.said_at(3.0)
    table = train_page.live.table.model()
    assert [table.headerData(column, Qt.Orientation.Horizontal) for column in (4, 5)] == ["Mean IoU", "Pixel acc."]
    assert [table.data(table.index(0, column)) for column in (4, 5)] == ["0.400", "90.0%"]
