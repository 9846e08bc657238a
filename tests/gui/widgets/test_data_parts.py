"""The Data page's widgets, one by one: classes, sizes, problems, previews."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QDialog, QLabel, QPushButton, QTableWidget, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import InputError
from tlstudio.gui import theme
from tlstudio.gui.image_index import ImageIndex
from tlstudio.gui.picture_lists import ClassPictures
from tlstudio.gui.problem_kinds import ProblemLine
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.augment_preview import AugmentPreview
from tlstudio.gui.widgets.balance import Balance
from tlstudio.gui.widgets.card_rows import Arrangement, CardRows
from tlstudio.gui.widgets.class_strip import ClassStrip
from tlstudio.gui.widgets.gallery import Gallery
from tlstudio.gui.widgets.picture_view import Picture, PictureView
from tlstudio.gui.widgets.problems import ProblemsTable
from tlstudio.gui.widgets.resize_tiles import ResizeTiles
from tlstudio.gui.widgets.size_field import SizeField, size_advice
from tlstudio.gui.widgets.size_histogram import SizeHistogram


def _shown(qtbot: QtBot, widget: QWidget, width: int = 500, height: int = 300) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    widget.grab()  # paints it, whatever the platform


def _classes(*counts: int) -> list[dict[str, Any]]:
    return [{"name": f"class {i}", "count": n} for i, n in enumerate(counts)]


# classes


def test_few_classes_keep_their_order_and_many_are_sorted(session: Session, qtbot: QtBot) -> None:
    balance = Balance()
    balance.show_classes(_classes(3, 9, 5))
    _shown(qtbot, balance)
    assert [line.count for line in balance.lines] == [3, 9, 5]
    assert balance.balance() == "1 : 3, uneven"
    balance.show_classes(_classes(*range(1, 1001)))
    _shown(qtbot, balance)
    assert [line.count for line in balance.lines[:3]] == [1000, 999, 998]
    assert balance.lines[0].index == 999  # the colour stays the class's own


def test_a_class_without_images_has_no_ratio(session: Session, qtbot: QtBot) -> None:
    balance = Balance()
    qtbot.addWidget(balance)
    balance.show_classes(_classes(3, 0))
    assert "no images" in balance.balance()
    balance.show_classes(_classes(3))
    assert balance.balance() == ""


def test_a_bar_leads_to_its_class(session: Session, qtbot: QtBot) -> None:
    balance = Balance()
    balance.show_classes(_classes(3, 9))
    _shown(qtbot, balance)
    with qtbot.waitSignal(balance.class_chosen) as chosen:
        qtbot.mouseClick(balance.viewport(), Qt.MouseButton.LeftButton, pos=balance.visualRect(balance.model().index(1, 0)).center())
    assert chosen.args == [1]


def _pictures(folder: Path, n: int = 6, classes: int = 2) -> ImageIndex:
    lines: list[dict[str, object]] = []
    for i in range(n):
        Image.new("RGB", (40, 30), (40 * i % 256, 90, 90)).save(folder / f"{i}.png")
        split = ("train", "val", "test")[i // classes % 3]
        lines.append({"path": f"{i}.png", "label": i % classes, "split": split, "width": 40, "height": 30})
    return ImageIndex(folder, lines)


def test_the_strip_tells_which_picture_and_which_class(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    strip = ClassStrip()
    strip.show_classes(_classes(3, 3))
    strip.show_pictures(_pictures(tmp_path), frozenset({"1.png"}))
    _shown(qtbot, strip)
    box = strip.visualRect(strip.model().index(1, 0))
    with qtbot.waitSignal(strip.picture_chosen) as picture:
        qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=strip.tile(box, 2).center())
    assert picture.args == [1, 5]
    with qtbot.waitSignal(strip.class_chosen) as chosen:
        qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(box.right() - 6, box.top() + 8))
    assert chosen.args == [1]


def test_few_classes_fill_the_height_with_lines_of_pictures(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    strip = ClassStrip()
    strip.show_classes(_classes(60))
    _shown(qtbot, strip, 500, 300)
    assert strip.lines() == 3
    strip.show_classes(_classes(*[5] * 1000))
    _shown(qtbot, strip, 500, 300)
    assert strip.lines() == 1
    assert strip.verticalScrollBar().maximum() > 50_000


# galleries


def test_a_gallery_of_100000_makes_only_what_is_in_sight(session: Session, qtbot: QtBot) -> None:
    made: list[int] = []

    class Many:
        def __len__(self) -> int:
            return 100_000

        def __getitem__(self, at: int, /) -> Picture:
            made.append(at)
            return Picture(f"/gone/{at}.png")

    gallery = Gallery("all", lambda _: Many())
    _shown(qtbot, gallery, 600, 400)
    gallery.view.scrollToBottom()
    gallery.grab()
    assert 99_999 in made
    assert len(set(made)) < 300


def test_a_gallery_is_narrowed_to_a_split_and_opens_a_picture(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    pictures = _pictures(tmp_path)
    gallery = Gallery("bees", lambda split: ClassPictures(pictures, ["ants", "bees"], 1, split), choices={"": "All", "val": "Validation"})
    _shown(qtbot, gallery)
    assert gallery.view.model().rowCount() == 3
    next(b for b in gallery.findChildren(QWidget) if getattr(b, "text", lambda: "")() == "Validation").click()  # type: ignore[attr-defined]
    assert [gallery.view.model().index(i, 0).data() for i in range(gallery.view.model().rowCount())] == ["3.png"]
    gallery.view.open_large(gallery.view.model().index(0, 0))
    large = gallery.findChild(QDialog, "pictureView")
    assert isinstance(large, PictureView)
    texts = {label.text() for label in large.findChildren(QLabel)}
    assert {"bees", "Validation", "40 × 30", "1 of 1"} <= texts


def test_arrow_keys_go_through_the_pictures_and_stop_at_the_ends(session: Session, qtbot: QtBot) -> None:
    view = PictureView([Picture("/gone/a.png"), Picture("/gone/b.png", message="cut short")], 0)
    with qtbot.waitActive(view):
        _shown(qtbot, view)
        view.activateWindow()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert view.at == 1
    assert "cut short" in {label.text() for label in view.findChildren(QLabel)}
    qtbot.keyClick(view, Qt.Key.Key_Left)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.at == 0


# sizes


def test_the_histogram_has_its_numbers_as_a_table(session: Session, qtbot: QtBot) -> None:
    histogram = SizeHistogram()
    histogram.show_sizes({"edges": [100, 200, 300, 900], "counts": [1, 20, 3]}, 224)
    _shown(qtbot, histogram)
    assert histogram.rows() == [("100 – 199", 1), ("200 – 299", 20), ("300 +", 3)]
    qtbot.keyClick(histogram, Qt.Key.Key_Return)
    table = histogram.findChild(QTableWidget)
    assert isinstance(table, QTableWidget)
    assert table.item(1, 1).text() == "20"  # type: ignore[union-attr]


@pytest.mark.parametrize("sizes", [{}, {"edges": [64, 65], "counts": [7]}, {"edges": [1, 2, 90_000], "counts": [1, 100_000]}])
def test_odd_sizes_are_drawn(session: Session, qtbot: QtBot, sizes: dict[str, Any]) -> None:
    histogram = SizeHistogram()
    histogram.show_sizes(sizes, 224)
    _shown(qtbot, histogram, 240, 92)


# problems


def _lines(n: int) -> list[ProblemLine]:
    return [ProblemLine(f"kind{i}", "warn", f"Kind {i}", "What follows of it.", 3, (("/a", "m"),), "skip", ("a",)) for i in range(n)]


def test_each_problem_has_its_actions(session: Session, qtbot: QtBot) -> None:
    table = ProblemsTable()
    table.show_lines(_lines(40))
    _shown(qtbot, table)
    assert table.rowCount() == 40
    assert table.item(3, 2).text() == "Kind 3"  # type: ignore[union-attr]
    with qtbot.waitSignal(table.show_asked) as asked:
        table.cellWidget(3, 3).click()  # type: ignore[attr-defined]
    assert asked.args[0].kind == "kind3"
    with qtbot.waitSignal(table.remedy_asked):
        table.cellWidget(3, 4).click()  # type: ignore[attr-defined]


def test_buttons_have_room_for_their_words(session: Session, qtbot: QtBot) -> None:
    table = ProblemsTable()
    _shown(qtbot, table)
    table.show_lines(_lines(2))
    for column in (3, 4):
        button = table.cellWidget(0, column)
        assert button.width() >= button.sizeHint().width()


def test_a_long_sentence_makes_its_row_higher(session: Session, qtbot: QtBot) -> None:
    table = ProblemsTable()
    long = ProblemLine("imbalance", "warn", "Far from balanced", "many words " * 20, 0, ())
    table.show_lines([_lines(1)[0], long])
    _shown(qtbot, table, 400, 300)
    assert table.rowHeight(1) > table.rowHeight(0)


# previews


def _png(folder: Path, name: str) -> str:
    Image.new("RGB", (8, 8), (200, 10, 10)).save(folder / name)
    return str(folder / name)


def test_the_three_ways_are_drawn_by_the_engine_and_chosen(session: Session, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    card = ResizeTiles(session)
    _shown(qtbot, card)
    card.show_picture("/photos/a.jpg")
    qtbot.waitUntil(lambda: any(job.job == "previews" for job in jobs))
    assert jobs.last("previews").args["path"] == "/photos/a.jpg"
    jobs.last("previews").done.emit({"images": {mode: _png(tmp_path, f"{mode}.png") for mode in ("crop", "pad", "squash")}})
    qtbot.waitUntil(lambda: not card.job.busy)
    assert not card.tiles["pad"].picture.image.isNull()
    qtbot.mouseClick(card.tiles["pad"], Qt.MouseButton.LeftButton)
    assert session.recipe.data.resize == "pad"
    assert [mode for mode, tile in card.tiles.items() if tile.isChecked()] == ["pad"]
    assert not card.job.busy  # choosing draws nothing anew
    session.undo.undo()
    assert card.tiles["crop"].isChecked()


def test_previews_do_not_pile_up(session: Session, jobs: Any, qtbot: QtBot, tmp_path: Path) -> None:
    card = AugmentPreview(session)
    _shown(qtbot, card)
    card.show_picture("/photos/a.jpg")
    qtbot.waitUntil(lambda: len(jobs) == 1)
    for _ in range(5):
        card.reroll.click()
    qtbot.wait(250)
    assert len(jobs) == 1
    jobs[0].done.emit({"images": [_png(tmp_path, "old.png")] * 9})
    qtbot.waitUntil(lambda: len(jobs) == 2)
    assert jobs[1].args["seed"] == 5
    assert card.tiles[0].image.isNull()  # the old answer is not shown
    jobs[1].done.emit({"images": [_png(tmp_path, "new.png")] * 9})
    qtbot.waitUntil(lambda: not card.job.busy)
    assert isinstance(card.tiles[8].image, QImage)
    assert not card.tiles[8].image.isNull()


def test_a_preview_that_fails_says_why(session: Session, jobs: Any, qtbot: QtBot) -> None:
    card = AugmentPreview(session)
    _shown(qtbot, card)
    card.show_picture("/photos/a.jpg")
    qtbot.waitUntil(lambda: len(jobs) == 1)
    jobs[0].failed.emit(InputError("/photos/a.jpg: the file is not there"))
    qtbot.waitUntil(lambda: any("not there" in label.text() for label in card.findChildren(QLabel)))
    assert not card.job.busy


def test_augmentation_says_what_head_only_makes_of_it(session: Session, qtbot: QtBot) -> None:
    card = AugmentPreview(session)
    _shown(qtbot, card)
    assert "one plain view" in card.sentence(session.recipe)
    assert f"{session.recipe.augment.views} versions" in card.sentence(session.recipe)
    switch = card.findChild(QCheckBox, "augmentSwitch")
    assert isinstance(switch, QCheckBox)
    switch.click()
    assert session.recipe.augment.enabled
    assert card.sentence(session.recipe).startswith("On")
    session.choose_strategy("full")
    assert "epoch sees each image" in card.sentence(session.recipe)


def test_image_sizes_are_checked_against_the_model(session: Session, qtbot: QtBot) -> None:
    assert size_advice(0, 224, "Net") == ""
    assert size_advice(224, 224, "Net") == ""
    assert size_advice(256, 224, "Net") == ""
    assert "far less" in size_advice(96, 224, "Net")
    assert "multiple of 32" in size_advice(200, 224, "Net")
    assert "longer" in size_advice(1024, 224, "Net")
    assert "too little" in size_advice(16, 224, "Net")


def test_a_size_is_chosen_or_typed(session: Session, qtbot: QtBot) -> None:
    field = SizeField(session)
    _shown(qtbot, field)
    line = field.lineEdit()
    assert line is not None
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, "200 px")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert session.recipe.data.image_size == 200
    assert field.currentData() == 200
    line.selectAll()
    qtbot.keyClicks(line, "large")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert session.recipe.data.image_size == 200
    assert field.currentText().startswith("200")


# the rows of cards


def test_cards_stand_below_each_other_where_there_is_no_room(session: Session, qtbot: QtBot) -> None:
    cards: dict[str, QWidget] = {"a": QPushButton("a"), "b": QPushButton("b")}
    wide = Arrangement(400, ((("a", 100), ("b", 0)),))
    narrow = Arrangement(0, ((("a", 0),), (("b", 0),)))
    rows = CardRows(cards, (wide, narrow))
    _shown(qtbot, rows, 500, 200)
    assert rows.arrangement is wide
    assert cards["a"].width() == 100
    assert cards["a"].y() == cards["b"].y()
    rows.resize(300, 200)
    rows.grab()
    assert rows.arrangement is narrow
    qtbot.waitUntil(lambda: cards["a"].y() < cards["b"].y())
    assert cards["a"].width() == 300
    assert theme.scale() == 1.0
