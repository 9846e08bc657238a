"""The overlay page, driven by its widgets' names: what opens, every mode and key, the strip, the panel, errors, jobs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QObject, QPoint, QSettings, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QMessageBox, QPushButton, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from tests.masked import COLOURS, NAMES, evaluated, plain, prediction, truth
from tlstudio.errors import Cancelled, InputError, StudioError
from tlstudio.events import MasksKept, Progress
from tlstudio.gui.history import RunHistory
from tlstudio.gui.jobs import EngineWorker, JobHandle
from tlstudio.gui.overlay.film_strip import PAST
from tlstudio.gui.overlay.keys import guide
from tlstudio.gui.overlay.viewer import Viewer
from tlstudio.gui.pages.overlay import OverlayPage
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.guide_sheet import GuideSheet
from tlstudio.gui.widgets.state_panel import StatePanel
from tlstudio.recipe import Recipe


@pytest.fixture
def page(qtbot: QtBot, session: Session) -> Iterator[OverlayPage]:
    made = OverlayPage(session)
    made.resize(1096, 704)
    made.show()
    made.entered()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def opened(page: OverlayPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> OverlayPage:
    """The page with an evaluated run of four pictures."""
    page.show_run(str(tmp_path / "run"))
    jobs.last("overlay").done.emit(evaluated(tmp_path))
    settle(page, qtbot)
    return page


def settle(page: OverlayPage, qtbot: QtBot) -> None:
    """Until the picture is there, counted, and the epochs are known."""
    viewer = viewer_of(page)
    qtbot.waitUntil(lambda: not page.busy and (viewer.picture is None or viewer.picture.prediction is None or counted(viewer)))
    qtbot.waitUntil(lambda: viewer.collection is None or not viewer.collection.run or bool(viewer.past.places))
    QApplication.processEvents()


def counted(viewer: Viewer) -> bool:
    return viewer.counts.prediction is not None


def viewer_of(page: OverlayPage) -> Viewer:
    viewer = page.findChild(Viewer)
    assert viewer is not None
    return viewer


def child(page: QWidget, name: str, kind: type[Any] = QWidget) -> Any:
    found = page.findChild(kind, name)
    assert found is not None, name
    return found


def press(page: OverlayPage, key: Qt.Key) -> None:
    QTest.keyClick(viewer_of(page).panels.canvas, key)


def texts(page: QWidget) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


# opening


def test_building_the_page_is_cheap_and_reads_no_numpy(session: Session) -> None:
    seconds = list[float]()
    for _ in range(3):
        began = time.thread_time()
        made = OverlayPage(session)
        seconds.append(time.thread_time() - began)
        assert made.mark() == ("none", "Masks on images")
        made.deleteLater()
    assert min(seconds) < 0.1  # what else the machine does slows one of them down, not all


def test_empty_it_offers_a_folder_and_the_sample(page: OverlayPage, jobs: Any) -> None:
    assert "Look at images with their masks" in texts(page)
    child(page, "showOverlaySample", QPushButton).click()
    assert jobs.last("sample").args == {"task": "segmentation"}
    jobs.last("sample").done.emit({"path": "/samples/leaves", "task": "segmentation"})
    assert jobs.last("overlay").args == {"source": "/samples/leaves", "masks": ""}
    assert page.mark() == ("running", "Opening")


def test_the_run_that_results_look_at_opens_by_itself(page: OverlayPage, session: Session, jobs: Any) -> None:
    rows = [{"path": f"/runs/{name}", "name": name, "title": name, "task": task, "state": "finished"} for name, task in
            (("new", "classification"), ("masks", "segmentation"), ("old", "segmentation"))]  # fmt: skip
    jobs.last("runs").done.emit(rows)
    assert jobs.last("overlay").args == {"source": "/runs/masks", "split": "val"}
    jobs.last("overlay").failed.emit(Cancelled("Cancelled"))
    session.result_run = "/runs/old"
    session.result_changed.emit()
    assert jobs.last("overlay").args["source"] == "/runs/old"
    page.show_folder("/photos")
    session.result_run = "/runs/masks"
    session.result_changed.emit()
    assert jobs.last("overlay").args["source"] == "/photos"


def test_another_page_can_ask_for_masks(page: OverlayPage, session: Session, jobs: Any) -> None:
    session.show_masks("/runs/one", "test")
    assert jobs.last("overlay").args == {"source": "/runs/one", "split": "test"}
    session.show_masks("/runs/one/predictions/a")
    assert jobs.last("overlay").args == {"source": "/runs/one/predictions/a", "masks": ""}


def test_what_was_evaluated_already_does_not_wait_for_torch(page: OverlayPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    evaluated(tmp_path)
    asked: list[tuple[str, str]] = []

    def submit(self: EngineWorker, job: str, args: dict[str, Any]) -> JobHandle:
        asked.append((self.objectName(), args["split"]))
        return JobHandle(job, args)

    monkeypatch.setattr(EngineWorker, "submit", submit)
    page.show_run(str(tmp_path / "run"))
    page.show_run(str(tmp_path / "run"), "test")
    assert asked == [("librarian", "val"), ("inspector", "test")]


def test_a_run_that_has_not_predicted_yet_says_so(page: OverlayPage, jobs: Any, tmp_path: Path) -> None:
    page.show_run(str(tmp_path / "run"))
    assert "The model is being loaded" in texts(page)
    jobs.last("overlay").events.emit([Progress(phase="predict", done=1, total=20, overall=0.05)])
    assert "predicts these pictures for the first time" in texts(page)
    page.show_folder(str(tmp_path))
    assert "The model" not in texts(page)


def test_opening_tells_progress_can_be_cancelled_and_fail(page: OverlayPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    page.show_folder("/photos", "/masks")
    job = jobs.last("overlay")
    assert job.args == {"source": "/photos", "masks": "/masks"}
    job.events.emit([Progress(phase="scan", done=3, total=10, overall=0.3)])
    assert "3 of 10" in texts(page)
    child(page, "cancelOverlay", QPushButton).click()
    assert job.cancelled
    job.failed.emit(Cancelled("Cancelled"))
    assert "Look at images with their masks" in texts(page)
    page.show_folder("/photos")
    jobs.last("overlay").failed.emit(InputError("There is no picture in /photos", "", "Choose another folder"))
    assert "There is no picture in /photos" in texts(page)
    page.show_folder(str(tmp_path))
    jobs.last("overlay").done.emit(plain(tmp_path))
    settle(page, qtbot)
    assert page.mark() == ("ready", "3 photos")


def test_the_two_step_sheet(page: OverlayPage, jobs: Any, tmp_path: Path) -> None:
    child(page, "openOverlayFolder", QPushButton).click()
    button = child(page, "openOverlayButton", QPushButton)
    assert not button.isEnabled()
    child(page, "overlayPictures", QLineEdit).setText(str(tmp_path))
    child(page, "overlayMasks", QLineEdit).setText(str(tmp_path / "nowhere"))
    assert not button.isEnabled()
    (tmp_path / "nowhere").mkdir()
    child(page, "overlayMasks", QLineEdit).setText(str(tmp_path / "nowhere"))
    child(page, "overlayPictures", QLineEdit).setText(str(tmp_path) + "/")
    assert button.isEnabled()
    button.click()
    assert jobs.last("overlay").args == {"source": str(tmp_path), "masks": str(tmp_path / "nowhere")}


def test_folders_and_pictures_can_be_dropped(page: OverlayPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    def drop(*paths: Path) -> None:
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        buttons, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        page.dropEvent(QDropEvent(QPoint(9, 9).toPointF(), Qt.DropAction.CopyAction, mime, buttons, none))

    plain(tmp_path / "a")
    (tmp_path / "b").mkdir()
    drop(tmp_path / "a", tmp_path / "b")
    assert jobs.last("overlay").args == {"source": str(tmp_path / "a"), "masks": str(tmp_path / "b")}
    drop(tmp_path / "a" / "0.png", tmp_path / "a" / "1.png")
    settle(page, qtbot)
    assert page.mark() == ("ready", "2 photos")
    assert viewer_of(page).looking.look.mode == "image"
    assert child(page, "predictHere", QPushButton).isVisible()


# looking


def test_the_worst_picture_comes_first_and_the_arrows_go_on(opened: OverlayPage, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    assert viewer.panels.film.order == [3, 2, 1, 0]
    assert viewer.place == 3
    assert "1 of 4" in texts(opened)
    press(opened, Qt.Key.Key_Right)
    settle(opened, qtbot)
    assert viewer.place == 2
    child(opened, "nextPicture", QToolButton).click()
    child(opened, "nextPicture", QToolButton).click()
    settle(opened, qtbot)
    assert viewer.place == 0
    assert not child(opened, "nextPicture", QToolButton).isEnabled()
    press(opened, Qt.Key.Key_Left)
    assert viewer.place == 1


KEYS = {"i": "image", "p": "prediction", "g": "truth", "d": "difference", "c": "contour", "s": "swipe"}


@pytest.mark.parametrize(("letter", "mode"), KEYS.items())
def test_every_mode_has_its_key_and_its_segment(opened: OverlayPage, letter: str, mode: str) -> None:
    viewer = viewer_of(opened)
    viewer.looking.set_mode("truth" if mode != "truth" else "image")
    press(opened, getattr(Qt.Key, f"Key_{letter.upper()}"))
    segments = child(opened, "overlayMode")
    assert viewer.panels.canvas.look.mode == mode
    assert segments.buttons[mode].isChecked()
    viewer.looking.set_mode("image" if mode != "image" else "truth")
    segments.buttons[mode].click()
    assert viewer.panels.canvas.look.mode == mode


def test_modes_without_data_cannot_be_chosen_and_say_why(opened: OverlayPage) -> None:
    more = child(opened, "overlayMode").actions_
    assert more["confidence"].isEnabled()
    assert not more["entropy"].isEnabled()
    assert "kept no entropy" in more["entropy"].toolTip()


def test_a_mode_comes_back_with_the_next_picture_that_has_it(opened: OverlayPage, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    assert viewer.collection is not None
    entry = viewer.collection.entries[0]
    assert isinstance(entry, dict)
    entry["prediction"] = entry["confidence"] = None
    press(opened, Qt.Key.Key_D)
    viewer.open_picture(0)
    qtbot.waitUntil(lambda: viewer.looking.look.mode == "truth")
    viewer.open_picture(1)
    settle(opened, qtbot)
    assert viewer.looking.look.mode == "difference"


def test_side_by_side_shows_prediction_and_truth_linked(opened: OverlayPage) -> None:
    viewer = viewer_of(opened)
    child(opened, "overlayMode").actions_["side"].trigger()
    panels = viewer.panels
    assert panels.beside.isVisible()
    assert (panels.canvas.look.mode, panels.beside.look.mode) == ("prediction", "truth")
    panels.canvas.zoom_by(2.0)
    assert panels.beside.zoom == panels.canvas.zoom
    press(opened, Qt.Key.Key_P)
    assert not panels.beside.isVisible()


def test_opacity_by_slider_and_brackets(opened: OverlayPage, session: Session) -> None:
    look = viewer_of(opened).looking
    slider = child(opened, "opacitySlider", QSlider)
    slider.setValue(70)
    assert look.look.opacity == pytest.approx(0.7)
    press(opened, Qt.Key.Key_BracketLeft)
    assert slider.value() == 65
    press(opened, Qt.Key.Key_BracketRight)
    assert slider.value() == 70
    assert "70 %" in texts(opened)
    assert float(str(session.settings.value("overlay/opacity"))) == pytest.approx(0.7)


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self.n = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.n += event.type() == QEvent.Type.Paint
        return False


def test_while_an_opacity_is_dragged_only_the_picture_is_painted(opened: OverlayPage, qtbot: QtBot) -> None:
    panels = viewer_of(opened).panels
    still = [Paints(part.viewport()) for part in (panels.classes.list, panels.film.list)]

    def quiet() -> bool:
        before = [paints.n for paints in still]
        qtbot.wait(50)
        return [paints.n for paints in still] == before

    qtbot.waitUntil(quiet)  # their pictures are there
    for paints in still:
        paints.n = 0
    picture = Paints(panels.canvas)
    for value in (20, 40, 60):
        panels.classes.opacity.setValue(value)
        QApplication.processEvents()
    assert picture.n >= 3
    assert [paints.n for paints in still] == [0, 0]


def test_masks_off_and_space_held(opened: OverlayPage) -> None:
    canvas = viewer_of(opened).panels.canvas
    press(opened, Qt.Key.Key_M)
    assert not canvas.look.masks
    press(opened, Qt.Key.Key_M)
    assert canvas.look.masks
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    assert not canvas.look.masks
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert canvas.look.masks


def test_zoom_keys_and_buttons(opened: OverlayPage) -> None:
    canvas = viewer_of(opened).panels.canvas
    press(opened, Qt.Key.Key_0)
    fitted = canvas.zoom
    assert canvas.visible().width() >= 48
    press(opened, Qt.Key.Key_Plus)
    assert canvas.zoom > fitted
    press(opened, Qt.Key.Key_Minus)
    child(opened, "zoomExact", QToolButton).click()
    assert canvas.zoom == 1.0
    assert "100 %" in texts(opened)
    child(opened, "zoomIn", QToolButton).click()
    assert canvas.zoom == 1.25
    child(opened, "zoomFit", QToolButton).click()
    assert canvas.zoom == fitted


def test_number_keys_show_a_class_alone(opened: OverlayPage) -> None:
    looking = viewer_of(opened).looking
    press(opened, Qt.Key.Key_2)
    assert looking.look.solo == 1
    press(opened, Qt.Key.Key_2)
    assert looking.look.solo is None
    press(opened, Qt.Key.Key_9)
    assert looking.look.solo is None
    press(opened, Qt.Key.Key_1)
    press(opened, Qt.Key.Key_Escape)
    assert looking.look.solo is None


def test_keys_work_from_the_strip_and_the_classes_too(opened: OverlayPage) -> None:
    viewer = viewer_of(opened)
    for name in ("classList", "filmStrip"):
        QTest.keyClick(child(opened, name), Qt.Key.Key_G)
        assert viewer.looking.look.mode == "truth"
        QTest.keyClick(child(opened, name), Qt.Key.Key_P)
    place = viewer.place
    QTest.keyClick(child(opened, "classList"), Qt.Key.Key_Right)
    assert viewer.place != place


def test_the_difference_is_counted_in_pixels(opened: OverlayPage, qtbot: QtBot) -> None:
    """Picture 1, see test_reading."""
    viewer = viewer_of(opened)
    viewer.open_picture(1)
    settle(opened, qtbot)
    press(opened, Qt.Key.Key_D)
    assert "142 px" in texts(child(opened, "differenceLegend"))
    press(opened, Qt.Key.Key_3)
    assert texts(child(opened, "differenceLegend")).split("\n") == ["found", "0 px", "false alarm", "0 px", "missed", "48 px"]


def test_the_heat_map_has_its_scale(opened: OverlayPage) -> None:
    viewer_of(opened).looking.set_mode("confidence")
    assert child(opened, "heatLegend").isVisible()
    assert "a guess" in texts(child(opened, "heatLegend"))


def test_what_lies_under_the_pointer(opened: OverlayPage, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    viewer.open_picture(1)
    settle(opened, qtbot)
    viewer.panels.canvas.hovered.emit(QPoint(5, 21))
    status = child(opened, "overlayStatus").text()
    assert status == "x 5  y 21 · Prediction road 0.80 · Truth car · wrong · run / 1.png   48 × 32"
    viewer.panels.canvas.hovered.emit(QPoint(47, 0))
    assert "Truth nothing said" in child(opened, "overlayStatus").text()
    assert "wrong" not in child(opened, "overlayStatus").text()
    viewer.panels.canvas.hovered.emit(None)
    assert child(opened, "overlayStatus").text() == "run / 1.png   48 × 32"


# classes


def at(page: OverlayPage, label: int, zone: str) -> QPoint:
    """A point of the class list that belongs to a class and one of its zones."""
    classes = child(page, "classList")
    box = classes.visualRect(classes.lines.index(label))
    found = (QPoint(x, box.center().y()) for x in range(box.width()))
    return next(point for point in found if classes.zone(point) == (label, zone))


def click(page: OverlayPage, label: int, zone: str) -> None:
    viewport = child(page, "classList").viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at(page, label, zone))


def test_eye_and_cross_hairs_hide_and_single_out(opened: OverlayPage) -> None:
    looking = viewer_of(opened).looking
    click(opened, 1, "eye")
    assert [one.visible for one in looking.look.classes] == [True, False, True]
    click(opened, 2, "solo")
    assert looking.look.solo == 2
    click(opened, 0, "eye")
    assert looking.look.solo is None
    assert looking.look.classes[0].visible
    child(opened, "showAllClasses", QToolButton).click()
    assert all(one.visible for one in looking.look.classes)
    child(opened, "showAllClasses", QToolButton).click()
    assert not any(one.visible for one in looking.look.classes)


def test_classes_by_keyboard(opened: OverlayPage) -> None:
    looking, classes = viewer_of(opened).looking, child(opened, "classList")
    classes.setCurrentIndex(classes.lines.index(1))
    QTest.keyClick(classes, Qt.Key.Key_Return)
    assert not looking.look.classes[1].visible
    QTest.keyClick(classes, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert looking.look.solo == 1


def test_shares_and_ious_stand_beside_the_names(opened: OverlayPage, qtbot: QtBot) -> None:
    viewer, lines = viewer_of(opened), child(opened, "classList").lines
    viewer.open_picture(1)
    settle(opened, qtbot)
    said = [lines.data(lines.index(i), Qt.ItemDataRole.AccessibleTextRole) for i in range(3)]
    assert said == ["sky, share 56.2 %, IoU 0.89, seen", "road, share 43.8 %, IoU 0.81, seen", "car, share –, IoU 0.00, seen"]
    assert child(opened, "pictureIou").text() == "0.57"
    press(opened, Qt.Key.Key_G)
    assert "share 3.2 %" in lines.data(lines.index(2), Qt.ItemDataRole.AccessibleTextRole)


def test_a_click_on_the_colour_chooses_another_which_is_remembered(opened: OverlayPage, session: Session) -> None:
    looking = viewer_of(opened).looking
    click(opened, 2, "colour")
    dialog = opened.findChild(QWidget, "classColour")
    assert dialog is not None
    dialog.colorSelected.emit(QColor("#123456"))  # type: ignore[attr-defined]
    dialog.close()
    assert looking.look.classes[2].colour.name() == "#123456"
    assert looking.palette == "own"
    looking.set_palette("okabe-ito")
    assert looking.look.classes[2].colour.name() == "#009e73"
    again = QSettings(session.settings.fileName(), QSettings.Format.IniFormat)
    session.settings.sync()
    assert "123456" in str(again.value("overlay/own_colours"))


def test_a_class_has_an_opacity_of_its_own(opened: OverlayPage) -> None:
    child(opened, "classList").menu_wanted.emit(1, QPoint(5, 5))
    menu = opened.findChild(QWidget, "classMenu")
    assert menu is not None
    child(menu, "classOpacity", QSlider).setValue(30)
    assert viewer_of(opened).looking.look.classes[1].opacity == pytest.approx(0.3)
    menu.close()


def test_many_classes_can_be_filtered_and_scroll(page: OverlayPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    document = evaluated(tmp_path)
    document["classes"] = [{"name": f"class {i}", "colour": [i, i, i]} for i in range(150)]
    for image in document["images"]:
        image["per_class"] = image["shares"] = []
    page.show_folder(str(tmp_path))
    jobs.last("overlay").done.emit(document)
    settle(page, qtbot)
    classes, field = child(page, "classList"), child(page, "classFilter", QLineEdit)
    assert field.isVisible()
    assert classes.verticalScrollBar().maximum() > 0
    field.setText("99")
    assert classes.lines.labels == [99]


# the strip


def test_the_strip_is_filtered_by_class(opened: OverlayPage) -> None:
    film = viewer_of(opened).panels.film
    film.filter_by(NAMES.index("car"))
    assert film.order == [3, 2, 1]
    assert "3 photos" in texts(opened)
    film.filter_by(PAST)
    assert film.order == [0]
    film.filter_by(-1)
    film.sort_by("name")
    assert film.order == [0, 1, 2, 3]


def test_masks_are_read_where_nobody_counted_the_classes(page: OverlayPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    document = evaluated(tmp_path)
    document["run"] = None
    for image in document["images"]:
        image |= {"prediction": None, "confidence": None, "iou": None, "per_class": [], "shares": []}
    page.show_folder(str(tmp_path))
    jobs.last("overlay").done.emit(document)
    film = viewer_of(page).panels.film
    film.filter_by(NAMES.index("car"))
    qtbot.waitUntil(lambda: film.order == [1, 2, 3])


def test_ten_thousand_pictures_open_at_once(page: OverlayPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    document = plain(tmp_path, 1)
    document["images"] = [{**document["images"][0], "iou": i / 10_000} for i in range(10_000)]
    page.show_folder(str(tmp_path))
    began = time.thread_time()
    jobs.last("overlay").done.emit(document)
    settle(page, qtbot)
    assert time.thread_time() - began < 2
    film = viewer_of(page).panels.film
    assert len(film.order) == 10_000
    viewer_of(page).open_picture(film.order[9_000])
    assert film.list.currentIndex().row() == 9_000


def test_through_the_epochs(opened: OverlayPage, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    assert not child(opened, "overlayTime").isVisible()
    viewer.open_picture(0)
    settle(opened, qtbot)
    slider = child(opened, "epochSlider", QSlider)
    assert child(opened, "overlayTime").isVisible()
    slider.setValue(0)
    qtbot.waitUntil(lambda: prediction_of(viewer)[0, 0] == 1)
    assert "epoch 1" in texts(opened)
    slider.setValue(1)
    qtbot.waitUntil(lambda: prediction_of(viewer)[0, 0] == 2)
    assert viewer.picture is not None
    assert viewer.picture.confidence is None
    slider.setValue(2)
    qtbot.waitUntil(lambda: prediction_of(viewer)[0, 0] == 0)
    viewer.panels.time.play_or_pause()
    assert viewer.panels.time.epoch == 1
    viewer.open_picture(1)
    qtbot.waitUntil(lambda: not child(opened, "overlayTime").isVisible())


def test_while_its_run_is_training_more_epochs_come(opened: OverlayPage, session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    viewer = viewer_of(opened)
    viewer.open_picture(0)
    settle(opened, qtbot)
    child(opened, "epochSlider", QSlider).setValue(1)
    shutil.copytree(tmp_path / "run" / "masks" / "epoch_0002", tmp_path / "run" / "masks" / "epoch_0003")
    said = RunHistory([MasksKept(epoch=3, folder=str(tmp_path / "run" / "masks" / "epoch_0003"))])
    session.live.start(Recipe(), JobHandle("train", {}), said, str(tmp_path / "run"))
    qtbot.waitUntil(lambda: viewer.past.epochs(0) == [1, 2, 3])
    assert viewer.panels.time.epoch == 2


def prediction_of(viewer: Viewer) -> Any:
    assert viewer.picture is not None
    return viewer.picture.prediction


# trouble


def break_(document: dict[str, Any], how: str) -> None:
    image = document["images"][3]
    if how == "missing":
        Path(image["path"]).unlink()
    else:
        from PIL import Image

        Image.new("L", (9, 9)).save(image["truth"])


@pytest.mark.parametrize(("how", "said"), [("missing", "not there"), ("size", "does not fit the picture")])
def test_a_broken_picture_is_a_sentence_and_the_next_one_opens(
    page: OverlayPage, jobs: Any, qtbot: QtBot, tmp_path: Path, how: str, said: str
) -> None:
    document = evaluated(tmp_path)
    break_(document, how)
    page.show_folder(str(tmp_path))
    jobs.last("overlay").done.emit(document)
    trouble = child(page, "overlayTrouble", StatePanel)
    qtbot.waitUntil(trouble.isVisible)
    assert said in texts(trouble)
    press(page, Qt.Key.Key_Right)
    settle(page, qtbot)
    assert not trouble.isVisible()
    assert viewer_of(page).place == 2


# jobs


def predict_with(page: OverlayPage, jobs: Any, open_: Callable[[], None]) -> Any:
    run = {"path": "/runs/m", "name": "m", "title": "Streets", "task": "segmentation", "state": "finished", "val_mean_iou": 0.5}
    page._list._done([run])
    open_()
    child(page, "predictFlips").setChecked(True)
    child(page, "beginPredict", QPushButton).click()
    return jobs.last("predict")


def test_masks_are_predicted_while_one_goes_on_looking(page: OverlayPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    page.show_pictures([image["path"] for image in plain(tmp_path)["images"]])
    settle(page, qtbot)
    job = predict_with(page, jobs, child(page, "predictHere", QPushButton).click)
    assert job.args == {"run": "/runs/m", "paths": [str(tmp_path / f"{i}.png") for i in range(3)], "flips": True}
    job.events.emit([Progress(phase="predict", done=1, total=3, overall=1 / 3)])
    notice = child(page, "overlayTask")
    assert notice.isVisible()
    assert "1 of 3" in texts(notice)
    child(page, "cancelTask", QPushButton).click()
    assert job.cancelled
    assert "Stopping" in texts(notice)
    job.failed.emit(Cancelled("Cancelled"))
    assert "Stopping" not in texts(notice)
    child(page, "resumeTask", QPushButton).click()
    assert "The model is being loaded" in texts(notice)
    child(page, "cancelTask", QPushButton).click()  # nothing has begun: it stops at once
    assert jobs.last("predict").cancelled
    child(page, "resumeTask", QPushButton).click()
    again = jobs.last("predict")
    assert again is not job
    assert again.args == job.args
    again.done.emit([{"path": "a", "mask": "/runs/m/predictions/x/0.png"}])
    assert jobs.last("overlay").args == {"source": "/runs/m/predictions/x", "masks": ""}
    assert not notice.isVisible()


def test_without_a_run_the_sheet_says_how_to_get_one(opened: OverlayPage, session: Session, qtbot: QtBot) -> None:
    child(opened, "predictMasks", QToolButton).click()
    sheet = child(opened, "predictSheet")
    assert "No run that makes masks" in texts(sheet)
    go = next(button for button in sheet.findChildren(QPushButton) if button.text() == "Go to Data")
    with qtbot.waitSignal(session.asked_for) as asked:
        go.click()
    assert asked.args == ["data"]


def test_a_prediction_that_brings_nothing_is_told(opened: OverlayPage, session: Session, jobs: Any, qtbot: QtBot) -> None:
    job = predict_with(opened, jobs, child(opened, "predictMasks", QToolButton).click)
    with qtbot.waitSignal(session.trouble) as trouble:
        job.done.emit([{"path": "a", "error": "The file is empty"}])
    assert "The file is empty" in str(trouble.args[0])


def test_masks_are_exported_as_they_are_seen(opened: OverlayPage, jobs: Any) -> None:
    viewer_of(opened).looking.toggle_solo(2)
    child(opened, "exportMasks", QToolButton).click()
    sheet = child(opened, "exportSheet")
    child(sheet, "export_composite").setChecked(True)
    child(sheet, "exportFolder", QLineEdit).setText("/out")
    child(sheet, "exportPictures").buttons["one"].click()
    child(sheet, "beginExport", QPushButton).click()
    args = jobs.last("export_masks").args
    assert (args["format"], args["out"], args["which"]) == ("composite", "/out", "prediction")
    assert [Path(path).name for path in args["paths"]] == ["3.png"]
    assert [one["visible"] for one in args["look"]["classes"]] == [False, False, True]
    jobs.last("export_masks").done.emit({"folder": "/out", "files": 1, "left_out": []})
    assert "1 file written into /out" in "\n".join(label.whole for label in sheet.findChildren(QLabel) if hasattr(label, "whole"))
    assert child(sheet, "showExport", QPushButton).isVisible()
    child(sheet, "beginExport", QPushButton).click()
    jobs.last("export_masks").failed.emit(StudioError("The disk is full", "", "Make room"))
    assert "The disk is full. Make room." in texts(sheet)


# correcting


def edit(page: OverlayPage) -> Any:
    """Begin to correct and paint a pixel sky at (0, 31)."""
    press(page, Qt.Key.Key_E)
    bar = child(page, "editBar")
    assert bar.isVisible()
    assert child(bar, "brushTool", QToolButton).isChecked()
    bar.set_label(0)
    canvas = viewer_of(page).panels.canvas
    child(bar, "brushRadius").setValue(1)
    for step in (canvas.tool.press, canvas.tool.release):
        step(0.5, 31.5)
    return bar


def test_a_corrected_mask_is_saved_beside_the_original(opened: OverlayPage, jobs: Any, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    bar = edit(opened)
    assert prediction_of(viewer)[31, 0] == 0
    child(bar, "editSave", QPushButton).click()
    qtbot.waitUntil(lambda: any(job.job == "correct_mask" for job in jobs))
    args = jobs.last("correct_mask").args
    assert Path(args["picture"]).name == "3.png"
    assert Path(args["beside"]).parent.name == "val"
    assert args["coding"]["classes"][2]["name"] == "car"
    from tlstudio.data import masks

    assert viewer.collection is not None
    assert masks.read(Path(args["labels"]), viewer.collection.own_coding)[31, 0] == 0
    jobs.last("correct_mask").done.emit({"mask": "/x/3.corrected.png"})
    assert viewer.collection.entries[3]["corrected"] == "/x/3.corrected.png"
    assert Path(viewer.collection.entries[3]["prediction"]).name == "3.png"
    assert not child(bar, "editSave", QPushButton).isEnabled()
    press(opened, Qt.Key.Key_E)
    assert not bar.isVisible()


def test_a_corrected_prediction_is_shown_as_such(page: OverlayPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    from tlstudio.data import masks

    document = evaluated(tmp_path)
    entry = document["images"][3]
    hand = tmp_path / "3.corrected.png"
    masks.write(hand, truth(3), masks.own(NAMES, COLOURS))
    entry.update(corrected=str(hand), corrected_iou=1.0)
    page.show_run(str(tmp_path / "run"))
    jobs.last("overlay").done.emit(document)
    settle(page, qtbot)
    viewer = viewer_of(page)
    switch, mean = child(page, "showCorrection", QCheckBox), child(page, "pictureIou", QLabel)
    assert viewer.place == 3
    assert switch.isVisible()
    assert switch.isChecked()
    assert np.array_equal(prediction_of(viewer), truth(3))
    qtbot.waitUntil(lambda: mean.text() == "1.00")
    viewer.panels.canvas.hovered.emit(QPoint(0, 0))
    assert "Corrected sky" in viewer.status.text()
    said = viewer.panels.film.list.film.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert f"Mean IoU {entry['iou']:.2f}" in said  # the run's own
    assert "Corrected by hand, mean IoU 1.00" in said
    switch.click()
    settle(page, qtbot)
    assert np.array_equal(prediction_of(viewer), prediction(3))
    qtbot.waitUntil(lambda: mean.text() == f"{entry['iou']:.2f}")
    switch.click()
    press(page, Qt.Key.Key_E)
    assert np.array_equal(prediction_of(viewer), truth(3))  # one goes on from what was corrected
    assert not switch.isEnabled()
    press(page, Qt.Key.Key_E)
    press(page, Qt.Key.Key_Right)
    settle(page, qtbot)
    assert not switch.isVisible()
    assert mean.isVisible()


def test_corrections_are_exported_where_one_wants_them(page: OverlayPage, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    document = evaluated(tmp_path)
    document["images"][1].update(corrected="/x/1.corrected.png", corrected_iou=None)
    page.show_run(str(tmp_path / "run"))
    jobs.last("overlay").done.emit(document)
    settle(page, qtbot)
    child(page, "exportMasks", QToolButton).click()
    sheet = child(page, "exportSheet")
    for ticked, name in ((True, "1.corrected.png"), (False, "1.png")):
        child(sheet, "exportCorrected", QCheckBox).setChecked(ticked)
        child(sheet, "beginExport", QPushButton).click()
        images = jobs.last("export_masks").args["source"]["images"]
        assert [Path(image["prediction"]).name for image in images] == ["0.png", name, "2.png", "3.png"]
        jobs.last("export_masks").done.emit({"folder": "/x", "files": 4, "left_out": []})


def test_masks_of_epochs_leave_the_figures_of_the_prediction_alone(opened: OverlayPage, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    viewer.open_picture(0)
    settle(opened, qtbot)
    mean, slider = child(opened, "pictureIou", QLabel), child(opened, "epochSlider", QSlider)
    own = mean.text()
    slider.setValue(0)
    qtbot.waitUntil(lambda: mean.text() != own)
    slider.setValue(2)
    settle(opened, qtbot)
    qtbot.waitUntil(lambda: mean.text() == own)


def test_one_begins_with_a_brush_whose_strokes_are_seen(opened: OverlayPage) -> None:
    viewer = viewer_of(opened)
    labels = prediction_of(viewer)
    viewer.looking.set_class(int(np.bincount(labels.ravel()).argmax()), visible=False)
    press(opened, Qt.Key.Key_E)
    bar = child(opened, "editBar")
    painted = bar.classes.currentIndex()
    assert bar.tool == "brush"
    assert viewer.looking.look.classes[painted].visible
    assert (labels == painted).any()
    assert viewer.panels.arrangement is not None
    assert viewer.panels.arrangement.insets[1] > bar.geometry().bottom()  # the bar lies beside the whole picture, not on it


def test_the_truth_is_corrected_where_one_looks_at_it(opened: OverlayPage, jobs: Any, qtbot: QtBot) -> None:
    press(opened, Qt.Key.Key_G)
    bar = edit(opened)
    child(bar, "editSave", QPushButton).click()
    qtbot.waitUntil(lambda: any(job.job == "correct_mask" for job in jobs))
    assert Path(jobs.last("correct_mask").args["beside"]).parent.name == "truth"


def test_what_is_not_saved_is_not_lost_unasked(opened: OverlayPage, qtbot: QtBot) -> None:
    viewer = viewer_of(opened)
    edit(opened)
    press(opened, Qt.Key.Key_Right)
    box = opened.findChild(QMessageBox, "editQuestion")
    assert box is not None
    assert viewer.place == 3
    next(button for button in box.buttons() if button.text() == "Do not save").click()
    qtbot.waitUntil(lambda: viewer.place == 2)
    settle(opened, qtbot)
    assert child(opened, "editBar").isVisible()
    press(opened, Qt.Key.Key_Left)
    settle(opened, qtbot)
    assert np.array_equal(prediction_of(viewer)[31, :3], [1, 1, 1])


@pytest.mark.parametrize("answer", ["Save", "Do not save", "Go on correcting"])
def test_the_window_is_not_closed_over_what_is_not_saved(opened: OverlayPage, jobs: Any, qtbot: QtBot, answer: str) -> None:
    edit(opened)
    assert not opened.close()
    box = opened.findChild(QMessageBox, "editQuestion")
    assert box is not None
    next(button for button in box.buttons() if button.text() == answer).click()
    if answer == "Save":
        qtbot.waitUntil(lambda: any(job.job == "correct_mask" for job in jobs))
        assert opened.isVisible()  # until it is written
        jobs.last("correct_mask").failed.emit(StudioError("The disk is full", "", ""))
        assert opened.isVisible()
        assert child(opened, "editSave", QPushButton).isEnabled()
        child(opened, "editSave", QPushButton).click()
        qtbot.waitUntil(lambda: sum(job.job == "correct_mask" for job in jobs) == 2)
        jobs.last("correct_mask").done.emit({"mask": "/x/3.corrected.png"})
        assert opened.close()
    assert opened.isVisible() is (answer == "Go on correcting")
    if answer == "Go on correcting":
        assert prediction_of(viewer_of(opened))[31, 0] == 0
        viewer_of(opened).panels.edit.discard_asked.emit()


def test_pictures_without_a_mask_cannot_be_corrected(page: OverlayPage, qtbot: QtBot, tmp_path: Path) -> None:
    page.show_pictures([image["path"] for image in plain(tmp_path)["images"]])
    settle(page, qtbot)
    press(page, Qt.Key.Key_E)
    assert not child(page, "editBar").isVisible()
    assert "no mask" in child(page, "editMask", QToolButton).toolTip()


# the sheet of keys


def test_f1_tells_every_key(page: OverlayPage) -> None:
    assert page.guide() == guide()
    for key in ("M", "[  ]", "I  P  G", "D  C  S", "1 – 9", "+  −  0", "E"):
        assert f"\n{key}\t" in guide()
    sheet = GuideSheet(page.word(), page.guide(), page)
    sheet.show()
    assert "compare: the picture without its masks" in texts(sheet).split("\n")
    sheet.close()
