"""The train page: what it shows in each state, and what its buttons do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton, QTableView, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Event, FrozenProof, MasksKept, Progress
from tlstudio.gui.loading import Loading
from tlstudio.gui.pages.train import TrainPage
from tlstudio.gui.session import Session

Stream = Callable[..., list[Event]]
Document = dict[str, Any]


@pytest.fixture
def page(session: Session, qtbot: QtBot) -> TrainPage:
    out = TrainPage(session)
    qtbot.addWidget(out)
    out.resize(1096, 704)
    out.show()
    return out


@pytest.fixture
def ready(page: TrainPage, session: Session, data_document: Document) -> TrainPage:
    session.recipe = session.recipe.set({"data.path": data_document["source"]})
    session.data = Loading("ready", "photos", data_document)
    session.data_changed.emit()
    return page


def _begin(session: Session, jobs: Any, said: list[Event]) -> Any:
    session.start()
    handle = jobs.last("train")
    if said:
        handle.events.emit(said)
    return handle


def _steps_drawn(page: TrainPage) -> int:
    x = page.live.curves.loss._raw.getData()[0]
    return 0 if x is None else len(x)


def test_it_says_what_it_needs_and_brings_it(page: TrainPage, jobs: Any) -> None:
    assert page.mark() == ("none", "Needs images")
    sample = next(button for button in page.findChildren(QPushButton) if button.text() == "Take the leaves sample")
    sample.click()
    assert jobs.last("open_sample")
    assert page.findChild(QWidget, "lossPlot") is None  # heavy things wait until they are wanted


def test_the_parts_stand_there_soon_after_the_start(page: TrainPage, qtbot: QtBot) -> None:
    page.prepare()
    qtbot.waitUntil(lambda: page.findChild(QWidget, "startButton") is not None, timeout=20_000)
    names = ["strategyCards", "optimizerForm", "startButton", "lossPlot", "metricPlot", "epochTable"]
    assert all(page.findChild(QWidget, name) is not None for name in names)
    assert page.mark() == ("none", "Needs images")


def test_ready_to_start(ready: TrainPage, session: Session) -> None:
    assert ready.mark() == ("ready", "Ready to start")
    assert ready.start.isEnabled()
    assert ready.start.text() == "Start"
    assert ready.start.property("kind") == "primary"
    assert (ready.start.width(), ready.start.height()) == (128, 40)
    assert not ready.see.isVisible()
    assert {check.level for check in ready.checklist.checks} == {"good"}
    assert "Press Start" in ready.live.curves._message.text()
    ready.basics.fold.click()
    assert ready.findChild(QWidget, "schedulePreview").isVisible()


def test_starting_gives_the_recipe_to_the_trainer(ready: TrainPage, session: Session, jobs: Any, qtbot: QtBot) -> None:
    qtbot.mouseClick(ready.start, Qt.MouseButton.LeftButton)
    assert jobs.last("train").args["recipe"]["data"]["path"] == "/photos/insects"
    assert ready.mark() == ("running", "Starting")
    assert not ready.start.isEnabled()
    assert ready.hint.text() == "Starting"


def test_what_stops_a_run_disables_start(ready: TrainPage, session: Session, data_document: Document, qtbot: QtBot) -> None:
    rate = ready.basics.findChild(QLineEdit, "optimizer.lr")
    rate.selectAll()
    qtbot.keyClicks(rate, "5000")
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    assert not ready.start.isEnabled()
    assert ready.checklist.checks[0].level == "bad"
    with qtbot.waitSignal(session.trouble):
        session.start()
    rate.selectAll()
    qtbot.keyClicks(rate, "0.5")
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    assert ready.start.isEnabled()
    session.data = Loading("ready", "photos", {**data_document, "splits": {"train": 80, "val": 0, "test": 0}})
    session.data_changed.emit()
    assert not ready.start.isEnabled()


def test_the_images_pass_the_backbone_once(ready: TrainPage, session: Session, jobs: Any, run_events: Stream, qtbot: QtBot) -> None:
    _begin(session, jobs, [*run_events(0), Progress(phase="features", done=12, total=32)])
    qtbot.waitUntil(lambda: "12 of 32" in ready.live.curves._message.text())


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


def test_leaks_are_left_out_by_their_button(
    ready: TrainPage, session: Session, data_document: Document, tmp_path: Path, qtbot: QtBot
) -> None:
    index = tmp_path / "index.jsonl"
    lines = [{"path": f"ants/{i}.jpg", "label": 0, "split": split, "width": 9, "height": 9} for i, split in enumerate(("train", "val"))]
    index.write_text("\n".join(json.dumps(line, separators=(",", ":")) for line in lines), encoding="utf-8")
    problems = [{"kind": "leak", "path": f"/photos/insects/ants/{i}.jpg", "message": "m", "level": "warn", "group": "g"} for i in range(2)]
    document = {**data_document, "problems": problems, "problem_counts": {"leak": 2}, "index": str(index)}
    session.data = Loading("ready", "photos", document)
    session.data_changed.emit()
    ready.findChild(QPushButton, "mend_leak").click()
    qtbot.waitUntil(lambda: session.recipe.data.exclude == ("ants/0.jpg",))  # the training copy; validation stays what it was
    assert re.search("leave out", session.undo.undoText())


def test_a_line_of_the_checklist_leads_to_its_page(ready: TrainPage, session: Session, data_document: Document, qtbot: QtBot) -> None:
    session.data = Loading("ready", "photos", {**data_document, "problem_counts": {"truncated": 2}})
    session.data_changed.emit()
    with qtbot.waitSignal(session.asked_for, check_params_cb=lambda key: key == "data"):
        ready.findChild(QPushButton, "mend_images").click()


@pytest.mark.parametrize(("width", "height"), [(1096, 704), (840, 604), (776, 544)])
def test_start_is_in_sight_in_every_window(ready: TrainPage, qtbot: QtBot, width: int, height: int) -> None:
    ready.resize(width, height)
    qtbot.wait(50)
    at = ready.start.mapTo(ready, ready.start.rect().bottomRight())
    assert at.y() < height
    assert at.x() < width


def test_what_a_run_will_take_stands_beside_start(
    ready: TrainPage, session: Session, jobs: Any, layers_document: Document, qtbot: QtBot
) -> None:
    assert ready.cost.isHidden()
    session.layers = Loading("ready", "efficientnet_lite0", layers_document)
    session.layers_changed.emit()
    assert ready.cost.isVisible()
    assert ready.hint.isHidden()
    qtbot.waitUntil(lambda: any(handle.job == "estimate" for handle in jobs))
    jobs.last("estimate").done.emit(
        {"epoch_seconds": 2.0, "once_seconds": 1.0, "step_seconds": 0.1, "peak_bytes": 5e8, "kept_bytes": 1e6, "features_kept": True,
         "device": "cpu", "steps": 3}
    )  # fmt: skip
    assert ready.cost._first.whole == "About 41 s, 500 MB"
    session.edit({"training.epochs": 10}, "a")
    assert ready.cost._first.whole == "About 21 s, 500 MB"
    session.start()
    assert ready.cost.isHidden()
    assert ready.hint.text() == "Starting"
    assert ready.advice.ask.isHidden()


def test_a_loss_that_does_not_fit_keeps_start_off_until_it_is_mended(ready: TrainPage, session: Session) -> None:
    session.edit({"loss.kind": "nll"}, "a")
    assert not ready.start.isEnabled()
    ready.findChild(QPushButton, "mend_loss").click()
    assert session.recipe.loss.kind == "cross_entropy"
    assert ready.start.isEnabled()


def test_unfolding_gives_the_settings_the_height_they_need(ready: TrainPage, qtbot: QtBot) -> None:
    ready.resize(600, 700)  # the halves stand one below the other
    qtbot.wait(20)
    before = ready._settings_area.minimumHeight()
    ready.basics.fold.click()
    qtbot.waitUntil(lambda: ready._settings_area.minimumHeight() > before + 300)


def test_everything_that_can_be_pressed_has_a_name_and_is_reached_by_keys(ready: TrainPage) -> None:
    ready.basics.fold.click()
    for button in ready.findChildren(QPushButton):
        assert button.text() or button.accessibleName()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    for name in ("lossPlot", "metricPlot", "epochTable", "strategyCards", "schedulePreview"):
        assert ready.findChild(QWidget, name).accessibleName()
    assert "Ctrl+Enter" in ready.guide()


def test_masks_form_while_it_trains(
    page: TrainPage, session: Session, jobs: Any, scenes: Document, judged_masks: Document, masks_run: Stream, qtbot: QtBot
) -> None:
    session.open_data(scenes["source"])
    jobs.last("scan").done.emit(scenes)
    assert page.findChild(QWidget, "askAdvice").isHidden()  # its rules are about classes of whole images
    strip = page.findChild(QWidget, "masksForming")
    assert not strip.isVisible()
    session.live.start(session.recipe, session.trainer.submit("train", {}))
    handle = jobs.last("train")
    handle.events.emit([*masks_run(), MasksKept(epoch=3, folder=judged_masks["masks"])])
    page.live.draw()
    assert strip.isVisible()
    qtbot.waitUntil(lambda: not strip.pictures[0].isHidden(), timeout=3000)
    assert strip.pictures[0].over is not None
    assert "IoU 0.12 after epoch 3" in strip.pictures[0].toolTip()
    asked: list[tuple[str, str]] = []
    session.masks_asked.connect(lambda place, split: asked.append((place, split)))
    strip.pictures[0].clicked.emit()
    assert asked == [(judged_masks["masks"], "")]
    curves = page.live.curves.accuracy
    assert curves._val.getData()[1].tolist() == pytest.approx([20, 30, 40])
    assert "validation's mean IoU 40.0%" in curves.said_at(3.0)
    table = page.live.table.model()
    assert [table.headerData(column, Qt.Orientation.Horizontal) for column in (4, 5)] == ["Mean IoU", "Pixel acc."]
    assert [table.data(table.index(0, column)) for column in (4, 5)] == ["0.400", "90.0%"]
