"""The results page: empty, busy, failing, full; the mark in the rail; what its choosers do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tests.gui.pages.conftest import standing
from tests.gui.pages.measured import document, row
from tlstudio.errors import Cancelled, InputError
from tlstudio.events import Progress
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.pages.results import ResultsPage
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.accuracy_card import AccuracyCard
from tlstudio.gui.widgets.confusion_matrix import ConfusionMatrix
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.most_wrong import MostWrong
from tlstudio.gui.widgets.stacked_bars import StackedBars
from tlstudio.gui.widgets.state_panel import StatePanel
from tlstudio.recipe import Recipe
from tlstudio.runs import Run


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> Iterator[ResultsPage]:
    yield from standing(ResultsPage(session))


def child(page: ResultsPage, kind: Any) -> Any:
    return page.findChild(kind)


def texts(page: ResultsPage) -> str:
    QApplication.processEvents()
    whole = [label.whole for label in page.findChildren(ElidedLabel) if label.isVisible()]
    return "\n".join(whole + [label.text() for label in page.findChildren(QLabel) if label.isVisible()])


def test_with_no_run_it_says_what_is_missing_and_brings_it(page: ResultsPage, session: Session, jobs: Any, qtbot: QtBot) -> None:
    page.entered()
    jobs.last("runs").done.emit([])
    assert "Results need a trained run" in texts(page)
    assert page.mark() == ("none", "Needs a trained run")
    train = next(b for b in page.findChildren(QPushButton) if b.text() == "Go to Train")
    with qtbot.waitSignal(session.asked_for) as asked:
        train.click()
    assert asked.args == ["train"]


def test_the_newest_run_is_measured_and_shown(page: ResultsPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    page.entered()
    jobs.last("runs").done.emit([row("/runs/b", state="unfinished"), row("/runs/a")])
    assert page.mark() == ("running", "Measuring")
    job = jobs.last("evaluate")
    assert job.args == {"run": "/runs/a", "split": "val"}
    job.events.emit([Progress(phase="evaluate", done=2, total=4, overall=0.5)])
    assert "2 of 4" in texts(page)
    assert page.busy
    job.done.emit(document(tmp_path, "/runs/a"))
    qtbot.waitUntil(lambda: not page.busy)
    assert page.mark() == ("ready", "0.750 on validation")
    said = texts(page)
    assert "3 of 4 right" in said
    assert "Best: epoch 10 of 20, kept because validation accuracy was highest" in said
    assert "247 frozen tensors: bit-identical before and after" in said
    assert child(page, AccuracyCard).isVisible()
    assert child(page, ConfusionMatrix).isVisible()
    assert child(page, MostWrong).order == [1]
    assert len(child(page, StackedBars).order) == 4
    for name in ("confusionMatrix", "perClassTable", "topLossesGallery", "tryItDrop"):
        assert page.findChild(object, name) is not None, name


def test_a_run_can_be_replayed_from_here(page: ResultsPage, session: Session, jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(session, "replay", asked.append)
    page.entered()
    jobs.last("runs").done.emit([row("/runs/a")])
    button = page.findChild(QPushButton, "replayRun")
    assert not button.isHidden()
    button.click()
    assert asked == ["/runs/a"]


def test_a_cell_and_a_mistake_open_their_pictures(page: ResultsPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    page.show_run("/runs/a")
    jobs.last("evaluate").done.emit(document(tmp_path, "/runs/a"))
    qtbot.waitUntil(lambda: not page.busy)
    child(page, ConfusionMatrix).cell_chosen.emit(1, 1)
    dialog = page.findChild(object, "pictureDialog")
    assert dialog.isVisible()
    assert dialog.picture.path == "/p/2.jpg"  # the less sure of the two
    child(page, ConfusionMatrix).cell_chosen.emit(1, 0)  # an empty cell: nothing happens
    assert dialog.picture.path == "/p/2.jpg"
    child(page, MostWrong).opened.emit(0)
    assert dialog.picture.path == "/p/1.jpg"
    dialog.close()


def test_each_split_is_measured_once(page: ResultsPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    page.entered()
    jobs.last("runs").done.emit([row("/runs/a", n_test=40)])
    splits = page.findChild(QComboBox, "resultSplit")
    assert [splits.itemText(i) for i in range(splits.count())] == ["Validation, 4 images", "Test, 40 images", "Training, 243 images"]
    jobs.last("evaluate").done.emit(document(tmp_path, "/runs/a"))
    qtbot.waitUntil(lambda: not page.busy)
    splits.activated.emit(1)
    jobs.last("evaluate").done.emit(document(tmp_path, "/runs/a", "test"))
    qtbot.waitUntil(lambda: not page.busy)
    assert page.mark() == ("ready", "0.750 on test")
    splits.activated.emit(0)
    assert not page.busy
    assert len([job for job in jobs if job.job == "evaluate"]) == 2


def test_a_run_without_test_images_offers_none(page: ResultsPage, jobs: Any) -> None:
    page.entered()
    jobs.last("runs").done.emit([row("/runs/a")])
    splits = page.findChild(QComboBox, "resultSplit")
    assert [splits.itemData(i) for i in range(splits.count())] == ["val", "train"]


def test_failure_cancel_and_measuring_again(page: ResultsPage, jobs: Any) -> None:
    page.show_run("/runs/a")
    jobs.last("evaluate").failed.emit(InputError("The images are not at /photos any more", "the folder was moved", "Bring it back"))
    assert "The images are not at /photos any more" in texts(page)

    def press(text: str) -> None:
        panel = child(page, StatePanel)
        next(b for b in panel.findChildren(QPushButton) if b.text() == text and b.isVisible()).click()

    press("Measure again")
    assert len(jobs) == 2
    press("Cancel")
    jobs.last("evaluate").failed.emit(Cancelled("Cancelled"))
    assert "Measuring was cancelled" in texts(page)
    press("Measure again")
    assert len(jobs) == 3


def test_a_run_that_ends_is_measured_before_anybody_looks(page: ResultsPage, session: Session, jobs: Any) -> None:
    session.result_run = "/runs/new"
    session.result_changed.emit()
    assert jobs.last("evaluate").args["run"] == "/runs/new"
    session.result_run = "/runs/newer"
    session.result_changed.emit()
    assert jobs.last("evaluate").args["run"] == "/runs/newer"


def test_the_proof_that_failed_says_so(page: ResultsPage, jobs: Any) -> None:
    page.entered()
    proof = {"ok": False, "tensors": 247, "before": "ab", "after": "cd"}
    jobs.last("runs").done.emit([row("/runs/a", frozen_proof=proof)])
    assert "have changed during training" in texts(page)


def test_a_run_of_stages_counts_all_its_epochs(page: ResultsPage, jobs: Any) -> None:
    run = Run.create(Recipe().with_strategy("last-block").set({"training.epochs": 3, "stages.head_epochs": 2}))
    page.entered()
    curve = [0.9, 0.96, 0.93, 0.94, 0.95]
    jobs.last("runs").done.emit([row(str(run.path), best_epoch=5, epochs=3, epochs_planned=5, curve=curve)])
    said = texts(page)
    assert "Best: epoch 5 of 5, kept because validation accuracy was highest after the head had learned alone (epochs 1 to 2)" in said
    assert "The head alone was at 96.0% in epoch 2, above the best of deeper learning (95.0%)" in said


def test_an_unfinished_run_that_is_looked_at_is_named(page: ResultsPage, jobs: Any) -> None:
    page.entered()
    page.show_run("/runs/b")
    jobs.last("runs").done.emit([row("/runs/a"), row("/runs/b", state="unfinished", title="Cut", frozen_proof=None)])
    assert page.findChild(QComboBox, "resultRun").currentText() == "Cut, head only, unfinished"
    assert "Best so far: epoch 10 of 20" in texts(page)
    page.show_run("/runs/a")
    assert page.findChild(QComboBox, "resultRun").count() == 1


@pytest.mark.parametrize("width", [592, 656, 840, 1096, 1900])
def test_it_fits_into_any_width(page: ResultsPage, jobs: Any, qtbot: QtBot, tmp_path: Path, width: int) -> None:
    page.show_run("/runs/a")
    jobs.last("evaluate").done.emit(document(tmp_path, "/runs/a"))
    qtbot.waitUntil(lambda: not page.busy)
    page.resize(width, 604)
    qtbot.wait(10)
    cards = (child(page, AccuracyCard), page.findChild(object, "tryItDrop"))
    qtbot.waitUntil(lambda: all(card.mapTo(page, card.rect().topRight()).x() <= width for card in cards))


def test_a_run_that_was_deleted_is_left(page: ResultsPage, jobs: Any, session: Session, home: Path) -> None:
    run, other = str(home / "runs" / "a"), str(home / "runs" / "b")
    page.entered()
    jobs.last("runs").done.emit([row(run), row(other)])
    assert jobs.last("evaluate").args["run"] == run
    session.runs_changed.emit()
    assert len([job for job in jobs if job.job == "evaluate"]) == 1
    jobs.last("runs").done.emit([row(other)])
    assert jobs.last("evaluate").args["run"] == other


def test_masks_are_judged_by_mean_iou(
    page: ResultsPage, session: Session, jobs: Any, qtbot: QtBot, judged_masks: dict[str, Any], tmp_path: Path
) -> None:
    page.entered()
    masks = {"task": "segmentation", "val_accuracy": None, "val_mean_iou": 0.61}
    jobs.last("runs").done.emit([row("/runs/a", **masks), row("/runs/b")])
    jobs.last("evaluate").done.emit(judged_masks)
    qtbot.waitUntil(lambda: not page.busy)
    assert page.mark() == ("ready", "Mean IoU 0.612")
    assert "kept because validation's mean IoU was highest" in texts(page)
    assert page.findChild(QLabel, "iouValue").isVisible()
    assert page.findChild(QLabel, "accuracyValue") is None
    asked: list[tuple[str, str]] = []
    session.masks_asked.connect(lambda run, split: asked.append((run, split)))
    page.findChild(QPushButton, "openInOverlay").click()
    assert asked == [("/runs/a", "val")]
    page.show_run("/runs/b")
    jobs.last("evaluate").done.emit(document(tmp_path, "/runs/b"))
    qtbot.waitUntil(lambda: not page.busy)
    assert child(page, AccuracyCard).isVisible()
    assert not page.findChild(QLabel, "iouValue").isVisible()


def test_while_another_run_trains_the_mark_says_whose_figure_it_is(page: ResultsPage, session: Session, jobs: Any) -> None:
    marks: list[tuple[str, str]] = []
    page.mark_changed.connect(lambda: marks.append(page.mark()))
    session.trained.start(Recipe(), JobHandle("train", {}))
    assert marks[-1] == ("none", "After this run")
    page.entered()
    jobs.last("runs").done.emit([row("/runs/a")])
    page._asked.cancel()
    jobs.last("evaluate").failed.emit(Cancelled("Cancelled"))
    assert page.mark() == ("", "Run before: 0.750")
    session.trained.run = "/runs/b"
    session.trained._failed(InputError("The disk is full"))
    assert marks[-1] == ("ready", "0.750 on validation")
