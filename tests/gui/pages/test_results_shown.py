"""The results page opened at a picture, in a presentation, and with masks in the usual window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.pages.conftest import standing
from tests.gui.pages.measured import document, row
from tlstudio.gui import theme
from tlstudio.gui.pages.results import ResultsPage
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.picture_view import PictureView
from tlstudio.gui.widgets.result_heading import ResultHeading


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> Iterator[ResultsPage]:
    yield from standing(ResultsPage(session))


def test_it_can_be_opened_at_a_picture(page: ResultsPage, session: Session, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    session.show_result("/runs/a", "/p/1.jpg")
    jobs.last("evaluate").done.emit(document(tmp_path, "/runs/a"))
    qtbot.waitUntil(lambda: not page.busy)
    dialog = page.findChild(object, "pictureDialog")
    assert dialog.isVisible()
    assert dialog.picture.path == "/p/1.jpg"
    session.show_result("/runs/a", "/elsewhere/2.jpg")  # it is known, and the images lay elsewhere then; it was told right
    assert dialog.picture.path == "/p/2.jpg"
    dialog.close()
    session.result_changed.emit()
    assert not dialog.isVisible(), "it is opened once"
    with qtbot.waitSignal(session.trouble) as told:
        session.show_result("/runs/a", "/p/9.jpg")
    assert "9.jpg" in told.args[0].what


def test_it_can_be_opened_at_a_picture_with_its_mask(
    page: ResultsPage, session: Session, jobs: Any, qtbot: QtBot, judged_masks: dict[str, Any], scenes: dict[str, Any]
) -> None:
    session.show_result("/runs/a", f"{scenes['root']}/images/5.png")
    jobs.last("evaluate").done.emit(judged_masks)
    qtbot.waitUntil(lambda: not page.busy)
    large = page.findChild(PictureView)
    assert large._pictures[large.at].path.endswith("5.png")
    large.close()


def test_in_a_presentation_nothing_is_cut_that_is_said_of_the_run(
    page: ResultsPage, jobs: Any, qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    page.resize(1280, 760)
    page.entered()
    jobs.last("runs").done.emit([row("/runs/a", title="Generated leaves", strategy="last-block")])
    jobs.last("evaluate").done.emit(document(tmp_path, "/runs/a"))
    qtbot.waitUntil(lambda: not page.busy)
    page.present(True)
    theme.apply(qapp, theme.LIGHT, 1.6)
    heading = page.findChild(ResultHeading)

    def nothing_is_cut() -> None:
        shown = [one for one in heading.findChildren(ElidedLabel) if one.isVisible()]
        assert [one.whole for one in shown if one.text() != one.whole] == []
        assert {"Generated leaves, last block", "measured on Validation, 4 images"} <= {one.whole for one in shown}

    qtbot.wait(30)
    qtbot.waitUntil(nothing_is_cut)
    assert not page.findChild(QPushButton, "replayRun").isVisible()
    assert not page.findChild(QComboBox, "resultRun").isVisible()
    page.present(False)
    theme.apply(qapp, theme.LIGHT)
    assert page.findChild(QComboBox, "resultRun").isVisible()
    assert page.findChild(QPushButton, "replayRun").isVisible()


def test_in_a_small_window_the_way_to_the_overlay_and_the_classes_are_in_sight(
    page: ResultsPage, jobs: Any, qtbot: QtBot, judged_masks: dict[str, Any]
) -> None:
    page.resize(840, 604)  # what a window of 1024 x 700 leaves
    judged_masks["per_class"] = judged_masks["per_class"] * 2
    page.entered()
    jobs.last("runs").done.emit([row("/runs/a", task="segmentation", val_accuracy=None, val_mean_iou=0.61)])
    jobs.last("evaluate").done.emit(judged_masks)
    qtbot.waitUntil(lambda: not page.busy)
    seen, heading = page.findChild(QScrollArea).viewport(), page.findChild(ResultHeading)

    def in_sight_and_not_cut() -> None:
        for name in ("openInOverlay", "perClassTable"):
            part = page.findChild(QWidget, name)
            assert seen.rect().contains(QRect(part.mapTo(seen, QPoint(0, 0)), part.size())), name
        assert heading._epoch.text() in (heading._epoch.whole, "Best: epoch 10 of 20")
        assert heading._proof.text() in (heading._proof.whole, "247 frozen tensors unmoved")

    qtbot.waitUntil(in_sight_and_not_cut)


def test_the_tab_key_goes_through_the_cards_before_one_tries_a_picture(page: ResultsPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    page.entered()
    jobs.last("runs").done.emit([row("/runs/a")])
    jobs.last("evaluate").done.emit(document(tmp_path, "/runs/a"))
    qtbot.waitUntil(lambda: not page.busy)
    order, at = [], page.findChild(QComboBox, "resultRun")
    for _ in range(400):
        order.append(at.objectName())
        at = at.nextInFocusChain()
    stops = [name for name in order if name in ("resultRun", "trainThisLonger", "perClassTable", "stackedBars", "tryItDrop")]
    assert stops[:5] == ["resultRun", "trainThisLonger", "perClassTable", "stackedBars", "tryItDrop"]
    table = page.findChild(QWidget, "perClassTable")
    table.setFocus(Qt.FocusReason.TabFocusReason)
    assert table.selectionModel().hasSelection(), "one sees where one is"


def test_masks_fit_into_the_usual_window(page: ResultsPage, jobs: Any, qtbot: QtBot, judged_masks: dict[str, Any]) -> None:
    judged_masks["per_class"] = judged_masks["per_class"] * 2  # six classes, as the sample has
    page.entered()
    jobs.last("runs").done.emit([row("/runs/a", task="segmentation", val_accuracy=None, val_mean_iou=0.61)])
    jobs.last("evaluate").done.emit(judged_masks)
    qtbot.waitUntil(lambda: not page.busy)
    qtbot.wait(30)
    area = page.findChild(QScrollArea)
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() == 0)
