"""The Data page in all its states, driven as a user drives it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QTableWidget, QWidget
from pytestqt.qtbot import QtBot

from tlstudio import places
from tlstudio.errors import InputError
from tlstudio.events import Progress
from tlstudio.gui import theme
from tlstudio.gui.pages.data import DataPage
from tlstudio.gui.session import Session


@pytest.fixture
def page(session: Session, qtbot: QtBot) -> DataPage:
    made = DataPage(session)
    qtbot.addWidget(made)
    made.resize(1096, 704)
    made.show()
    return made


@pytest.fixture
def photos(tmp_path: Path, data_document: dict[str, Any]) -> dict[str, Any]:
    """The document of 12 pictures of two classes, two of them copies across splits, one that cannot be read."""
    root, lines = tmp_path / "insects", []
    for i in range(12):
        name = ("ants", "bees")[i % 2]
        (root / name).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60 + 10 * (i > 5), 40), (20 * i, 80, 120)).save(root / name / f"{i}.png")
        split, width = ("val" if i > 8 else "train"), 60 + 10 * (i > 5)
        lines.append({"path": f"{name}/{i}.png", "label": i % 2, "split": split, "width": width, "height": 40})
    index = tmp_path / "index.jsonl"
    index.write_text("".join(json.dumps(line) + "\n" for line in lines))
    leak = {"kind": "leak", "message": "The same picture is in train and in val", "level": "bad", "group": "g"}
    return {
        **data_document,
        "classes": [{"name": "ants", "count": 6}, {"name": "bees", "count": 6}],
        "splits": {"train": 9, "val": 3, "test": 0},
        "problems": [
            {"kind": "unreadable", "path": str(root / "bees/x.jpg"), "message": "damaged", "level": "bad"},
            {**leak, "path": str(root / "ants/0.png")},
            {**leak, "path": str(root / "ants/10.png")},
        ],
        "source": str(root),
        "root": str(root),
        "images": 12,
        "files": 13,
        "sizes": {"edges": [40, 41], "counts": [12]},
        "index": str(index),
        "carved": ["val", "test"],
    }


def _open(page: DataPage, jobs: Any, document: dict[str, Any], qtbot: QtBot) -> None:
    page.session.open_data(document["source"])
    jobs.last("scan").done.emit(document)
    qtbot.waitUntil(lambda: len(page.cards.pictures) == document["images"])


def _texts(widget: QWidget) -> str:
    return "\n".join(str(getattr(label, "whole", label.text())) for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def _button(page: QWidget, text: str) -> QPushButton:
    return next(b for b in page.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(page))


def test_empty_says_what_can_be_opened(page: DataPage, session: Session, jobs: Any, qtbot: QtBot) -> None:
    assert page.mark() == ("none", "No images yet")
    assert "one sub-folder a class" in _texts(page)
    qtbot.mouseClick(_button(page, "Take the leaves sample"), Qt.MouseButton.LeftButton)
    assert jobs.last("open_sample").args["task"] == "classification"
    assert jobs.last("warm").args == {"engine": "trainer"}  # made ready while the images are read


def test_reading_shows_how_far_and_can_be_cancelled(page: DataPage, session: Session, jobs: Any, qtbot: QtBot) -> None:
    session.open_data("/photos/insects")
    assert page.busy
    progress = Progress(phase="scan", done=412, total=1200, unit="files", per_second=300.0, remaining=(2.0, 4.0))
    jobs.last("scan").events.emit([progress])
    assert page.mark() == ("running", "Reading 34%")
    said = _texts(page)
    assert "Reading 412 of 1,200 files" in said
    assert "300 files/s" in said
    assert "left" in said
    qtbot.mouseClick(_button(page, "Cancel"), Qt.MouseButton.LeftButton)
    assert "cancel" in jobs.last("scan")._said


def test_the_sample_is_drawn_and_said_to_be_generated(
    page: DataPage, session: Session, jobs: Any, photos: dict[str, Any], qtbot: QtBot
) -> None:
    session.open_sample()
    jobs.last("open_sample").events.emit([Progress(phase="sample", done=50, total=200)])
    assert page.mark() == ("running", "Drawing 25%")
    assert "Drawing 50 of 200 leaves" in _texts(page)
    jobs.last("open_sample").done.emit({**photos, "source": str(places.samples() / "leaves")})
    said = _texts(page)
    assert "generated pictures" in said
    assert "Generated leaves, drawn by this program" in said


def test_it_fits_into_the_usual_window(page: DataPage, jobs: Any, photos: dict[str, Any], qtbot: QtBot) -> None:
    page.resize(1096, 704)  # what a window of 1280 x 800 leaves
    _open(page, jobs, photos, qtbot)
    qtbot.waitUntil(lambda: page.cards.verticalScrollBar().maximum() == 0)


def test_failing_says_what_why_and_what_to_do(page: DataPage, session: Session, jobs: Any, qtbot: QtBot) -> None:
    session.open_data("/photos/all")
    jobs.last("scan").failed.emit(InputError("Nothing says which class each image is", "no sub-folders", "Add a table", details="the log"))
    assert page.mark()[0] == "problem"
    said = _texts(page)
    assert "Nothing says which class each image is" in said
    assert "No sub-folders" in said
    assert "Add a table" in said
    assert not any(b.text() == "Back to what was open" and b.isVisibleTo(page) for b in page.findChildren(QPushButton))
    qtbot.mouseClick(_button(page, "Copy details"), Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "/photos/all" in copied
    assert "the log" in copied


def test_after_a_failure_one_can_go_back(page: DataPage, session: Session, jobs: Any, photos: dict[str, Any], qtbot: QtBot) -> None:
    _open(page, jobs, photos, qtbot)
    session.open_data("/photos/all")
    jobs.last("scan").failed.emit(InputError("No images"))
    qtbot.mouseClick(_button(page, "Try again"), Qt.MouseButton.LeftButton)
    assert jobs.last("scan").args["path"] == "/photos/all"
    jobs.last("scan").failed.emit(InputError("No images"))
    qtbot.mouseClick(_button(page, "Back to what was open"), Qt.MouseButton.LeftButton)
    assert jobs.last("scan").args["path"] == photos["source"]
    jobs.last("scan").done.emit(photos)
    assert page.mark()[0] == "ready"


def test_ready_says_what_was_understood(page: DataPage, session: Session, jobs: Any, photos: dict[str, Any], qtbot: QtBot) -> None:
    _open(page, jobs, photos, qtbot)
    assert page.mark() == ("ready", "12 images, 2 classes")
    summary = page.findChild(QWidget, "datasetSummary")
    assert isinstance(summary, QWidget)
    said = _texts(summary)
    assert "13 photos, 2 classes" in said
    assert "12 usable, 1 MB" in said
    assert "one sub-folder a class, so: classification" in said
    for name in ("problemsTable", "classBalance", "augmentPreview"):
        assert page.findChild(QWidget, name) is not None
    asked: list[str] = []
    session.asked_for.connect(asked.append)
    qtbot.mouseClick(_button(page, "Choose a model"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(_button(page, "Go straight to training"), Qt.MouseButton.LeftButton)
    assert asked == ["model", "train"]


def test_a_single_class_is_marked_as_a_problem(page: DataPage, jobs: Any, photos: dict[str, Any], qtbot: QtBot) -> None:
    _open(page, jobs, {**photos, "classes": [{"name": "ants", "count": 12}]}, qtbot)
    assert page.mark()[0] == "problem"


def test_a_leak_is_mended_and_that_can_be_undone(page: DataPage, session: Session, jobs: Any, photos: dict[str, Any], qtbot: QtBot) -> None:
    _open(page, jobs, photos, qtbot)
    table = page.findChild(QTableWidget, "problemsTable")
    assert isinstance(table, QTableWidget)
    row = next(r for r, line in enumerate(page.cards.problems.lines) if line.kind == "leak")
    table.cellWidget(row, 4).click()  # type: ignore[attr-defined]
    assert session.recipe.data.exclude == ("ants/0.png",)  # the copy in train; the one in val stays
    assert jobs.last("scan").args["recipe"]["data"]["exclude"] == ["ants/0.png"]
    jobs.last("scan").done.emit(dict(photos))
    line = next(line for line in page.cards.problems.lines if line.kind == "leak")
    assert line.remedy == "use"
    assert "1 copy left out" in line.sentence
    session.undo.undo()
    assert session.recipe.data.exclude == ()


def test_show_opens_the_files_of_a_problem(page: DataPage, jobs: Any, photos: dict[str, Any], qtbot: QtBot) -> None:
    _open(page, jobs, photos, qtbot)
    row = next(r for r, line in enumerate(page.cards.problems.lines) if line.kind == "unreadable")
    page.cards.problems.cellWidget(row, 3).click()  # type: ignore[attr-defined]
    gallery = page.findChild(QWidget, "gallery")
    assert gallery is not None
    assert gallery.view.model().index(0, 0).data() == "x.jpg"  # type: ignore[attr-defined]
    gallery.close()


def test_a_class_opens_as_a_gallery(page: DataPage, jobs: Any, photos: dict[str, Any], qtbot: QtBot) -> None:
    _open(page, jobs, photos, qtbot)
    page.cards.strip.class_chosen.emit(1)
    gallery = page.findChild(QWidget, "gallery")
    assert gallery is not None
    assert gallery.view.model().rowCount() == 6  # type: ignore[attr-defined]
    gallery.close()


def test_previews_are_asked_for_the_open_pictures(page: DataPage, jobs: Any, photos: dict[str, Any], qtbot: QtBot) -> None:
    _open(page, jobs, photos, qtbot)
    qtbot.waitUntil(lambda: sum(job.job == "previews" for job in jobs) == 2)
    kinds = {job.args["kind"]: job.args["path"] for job in jobs if job.job == "previews"}
    assert set(kinds) == {"resize", "augment"}
    assert Path(kinds["resize"]).is_file()


def test_1000_classes_of_long_names_and_40_kinds_of_problems_fit(page: DataPage, jobs: Any, photos: dict[str, Any], qtbot: QtBot) -> None:
    classes = [{"name": f"{i:03} " + "name " * 15, "count": 5} for i in range(1000)]
    problems = [{"kind": f"kind{k}", "path": f"/a/{j}", "message": "m", "level": "warn"} for k in range(40) for j in range(5)]
    _open(page, jobs, {**photos, "classes": classes, "problems": problems}, qtbot)
    page.grab()
    assert page.minimumSizeHint().width() <= 840  # what a window of 1024 leaves
    assert page.cards.problems.rowCount() == 40


@pytest.mark.parametrize(("scale", "size"), [(1.0, (840, 604)), (2.0, (912, 664)), (1.0, (2400, 1400))])
def test_nothing_is_cut_at_any_size(
    page: DataPage, jobs: Any, photos: dict[str, Any], qtbot: QtBot, qapp: QApplication, scale: float, size: tuple[int, int]
) -> None:
    _open(page, jobs, photos, qtbot)
    theme.apply(qapp, theme.DARK, scale)
    try:
        page.resize(*size)
        qtbot.wait(50)
        page.grab()

        def nothing_is_cut() -> None:
            assert page.cards.horizontalScrollBar().maximum() == 0
            for button in page.findChildren(QPushButton):
                if button.isVisible():
                    assert button.width() >= button.sizeHint().width() - 1, button.text()
                    assert button.height() >= button.sizeHint().height() - 1, button.text()

        qtbot.waitUntil(nothing_is_cut)
    finally:
        theme.apply(qapp, theme.LIGHT)


# masks


@pytest.fixture
def masked(page: DataPage, session: Session, jobs: Any, scenes: dict[str, Any], qtbot: QtBot) -> DataPage:
    session.open_data(scenes["source"])
    jobs.last("scan").done.emit(scenes)
    qtbot.waitUntil(lambda: len(page.cards.pictures) == 6)
    return page


def test_masks_say_how_they_were_found_and_what_they_hold(masked: DataPage, jobs: Any) -> None:
    assert masked.mark() == ("ready", "6 images, 3 classes")
    assert "masks found: images + masks" in masked.summary._rest.text()
    assert [line.said for line in masked.cards.balance.lines] == ["45.8%", "45.8%", "8.3%"]
    assert "in 2 images" in masked.cards.balance.lines[2].tip
    assert [(line.name, line.count) for line in masked.cards.strip._classes.lines] == [("With their masks", 6)]
    masked.cards.resize_tiles.job._ask()
    asked = jobs.last("previews").args
    assert Path(asked["mask"]).is_file()
    assert [one["name"] for one in asked["coding"]["classes"]] == ["background", "leaf", "stem"]


def test_a_class_shows_all_pictures_with_it_alone(masked: DataPage) -> None:
    masked.cards.show_class(2)
    gallery = masked.findChild(QWidget, "gallery")
    pictures = gallery.view.pictures.pictures
    assert (len(pictures), gallery.windowTitle(), pictures[5].mask.solo) == (6, "stem", 2)
    assert dict(pictures[5].facts)["Mask"].endswith("5.png")
    gallery.close()


def test_how_masks_are_read_can_be_changed(masked: DataPage, session: Session, jobs: Any, scenes: dict[str, Any]) -> None:
    card = masked.findChild(QWidget, "masksCard")
    assert not card.isVisible()
    masked.findChild(QPushButton, "howMasks").click()
    assert card.isVisible()
    card.names.item(1, 1).setText("blade")
    assert session.recipe.data.class_names == ("background", "blade", "stem")
    masked.findChild(QPushButton, "namesAsFound").click()
    assert session.recipe.data.class_names == ()
    jobs.last("scan").done.emit(scenes)
    card.form.editors["data.layout"].given.emit("voc")
    jobs.last("scan").failed.emit(InputError("There is no folder JPEGImages", "", "Say another layout"))
    back = next(button for button in masked.failed.findChildren(QPushButton) if button.text() == "Back to what was open")
    assert back.isVisible()
    back.click()
    assert session.recipe.data.layout == "auto"
    assert session.data.state == "busy"


def test_a_class_can_be_left_out(masked: DataPage, session: Session, jobs: Any) -> None:
    masked.findChild(QPushButton, "howMasks").click()
    card, leave = masked.findChild(QWidget, "masksCard"), masked.findChild(QPushButton, "leaveOutClass")
    assert not leave.isVisible()
    card.names.item(0, 1).setText("ground")
    jobs.last("scan").done.emit(session.data.document)
    height, width = card.sizeHint().height(), card.minimumSizeHint().width()
    card.names.selectRow(2)
    assert leave.isVisible()
    assert card.sizeHint().height() == height  # the table stays where it is
    assert width <= 740  # that of the page in a window of 1024
    leave.click()
    assert session.recipe.data.ignore == (2, 255)
    assert session.recipe.data.class_names == ("background", "leaf")
    assert jobs.last("scan").args["recipe"]["data"]["ignore"] == [2, 255]


def test_masks_beside_classes_are_offered(page: DataPage, session: Session, jobs: Any, photos: dict[str, Any]) -> None:
    (Path(photos["root"]) / "masks").mkdir()
    session.open_data(photos["source"])
    jobs.last("scan").done.emit(photos)
    use = page.findChild(QPushButton, "useMasks")
    assert use.isVisible()
    use.click()
    assert session.recipe.data.task == "segmentation"
    assert jobs.last("scan").args["recipe"]["data"]["task"] == "segmentation"
