"""The most wrong pictures, all images stacked, and one picture large."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tlstudio.gui import theme
from tlstudio.gui.predictions import Predictions
from tlstudio.gui.widgets.column_image import classes_of_pixels, columns, paint_columns
from tlstudio.gui.widgets.most_wrong import MostWrong
from tlstudio.gui.widgets.picture_dialog import PictureDialog
from tlstudio.gui.widgets.stacked_bars import StackedBars


def made(n: int, classes: int, seed: int = 1) -> Predictions:
    dice = np.random.default_rng(seed)
    p = dice.dirichlet(np.full(classes, 0.4), n).astype(np.float32)
    truth = dice.integers(0, classes, n)
    loss = -np.log(p[np.arange(n), truth] + 1e-9)
    return Predictions([f"class {i}" for i in range(classes)], [f"/nowhere/{i}.jpg" for i in range(n)], truth, p, loss)


@pytest.fixture
def files(tmp_path: Path) -> Predictions:
    paths = []
    for i in range(6):
        Image.new("RGB", (40 + i, 30), (200, 20 * i, 0)).save(tmp_path / f"{i}.png")
        paths.append(str(tmp_path / f"{i}.png"))
    p = np.asarray([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6], [0.1, 0.9], [0.05, 0.95]], np.float32)
    truth = np.asarray([0, 0, 0, 0, 0, 0])
    return Predictions(["ants", "bees"], paths, truth, p, np.ones(6, np.float32))


def test_four_mistakes_at_a_time_the_surest_first(qtbot: QtBot, files: Predictions) -> None:
    gallery = MostWrong()
    qtbot.addWidget(gallery)
    gallery.resize(700, 260)
    gallery.show()
    gallery.show_predictions(files)
    assert gallery.objectName() == "topLossesGallery"
    assert gallery.order == [5, 4, 1, 2, 3]
    assert [tile.isVisible() for tile in gallery.tiles] == [True] * 4
    opened: list[int] = []
    gallery.opened.connect(opened.append)
    QTest.mouseClick(gallery.tiles[2].picture, Qt.MouseButton.LeftButton)
    gallery.turn(1)
    assert [tile.isVisible() for tile in gallery.tiles] == [True, False, False, False]
    gallery.tiles[0].picture.setFocus()
    QTest.keyClick(gallery.tiles[0].picture, Qt.Key.Key_Return)
    assert opened == [2, 4]
    gallery.turn(1)  # there is nothing behind the last
    assert gallery.first == 4


def test_where_nothing_is_wrong_the_least_sure_are_shown(qtbot: QtBot, files: Predictions) -> None:
    right = Predictions(files.classes, files.paths, files.said, files.probabilities, files.loss)
    gallery = MostWrong()
    qtbot.addWidget(gallery)
    gallery.show_predictions(right)
    assert gallery.order[0] == 3
    gallery.show_predictions(Predictions(["a", "b"], [], files.truth[:0], files.probabilities[:0], files.loss[:0]))
    assert gallery.order == []


def test_the_dialog_walks_with_arrows(qtbot: QtBot, files: Predictions) -> None:
    dialog = PictureDialog()
    qtbot.addWidget(dialog)
    dialog.show_from(files, [5, 4, 1], 0)
    assert dialog.picture.path == files.paths[5]
    QTest.keyClick(dialog, Qt.Key.Key_Right)
    QTest.keyClick(dialog, Qt.Key.Key_Right)
    QTest.keyClick(dialog, Qt.Key.Key_Right)
    assert dialog.picture.path == files.paths[1]
    QTest.keyClick(dialog, Qt.Key.Key_Home)
    assert dialog.place == 0
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_columns_show_the_probabilities_with_the_truth_at_the_bottom() -> None:
    shares = np.asarray([[0.25, 0.5, 0.25], [0.0, 0.0, 1.0]], np.float32)
    pixels = classes_of_pixels(shares, np.asarray([1, 2]), 8)
    assert pixels[:, 0].tolist() == [2, 2, 0, 0, 1, 1, 1, 1]  # top line first
    assert pixels[:, 1].tolist() == [2] * 8


def test_more_images_than_pixels_are_averaged() -> None:
    said = made(1000, 3)
    shares, truth = columns(said, said.by_truth, 10)
    assert truth.tolist() == said.truth[said.by_truth[::100]].tolist()
    assert shares[0] == pytest.approx(said.probabilities[said.by_truth[:100]].mean(0), abs=1e-5)
    assert shares.sum(1) == pytest.approx(np.ones(10), abs=1e-4)


def test_fewer_images_than_pixels_repeat() -> None:
    said = made(3, 2)
    shares, _ = columns(said, said.by_truth, 9)
    assert shares.tolist() == said.probabilities[said.by_truth].repeat(3, axis=0).tolist()


def test_ten_thousand_columns_of_a_hundred_classes_are_quick(qapp: QApplication) -> None:
    said = made(10_000, 100)
    began = time.thread_time()
    image = paint_columns(said, said.by_truth, 1400, 300, 2.0)
    assert (image.width(), image.height()) == (1400, 300)
    assert time.thread_time() - began < 2.0


def test_from_the_eighth_class_on_a_hatch_tells_them_apart(qapp: QApplication) -> None:
    theme.apply(qapp, theme.LIGHT)
    one = np.zeros((1, 9), np.float32)
    plain, hatched = one.copy(), one.copy()
    plain[0, 1], hatched[0, 8] = 1.0, 1.0  # the same colour
    colours = []
    for p, truth in ((plain, 1), (hatched, 8)):
        said = Predictions([str(i) for i in range(9)], ["/a"], np.asarray([truth]), p, np.zeros(1, np.float32))
        image = paint_columns(said, said.by_truth, 20, 20, 1.0)
        colours.append({image.pixel(x, y) for x in range(20) for y in range(20)})
    assert len(colours[0]) == 1
    assert len(colours[1]) == 2
    assert colours[0] < colours[1]


def test_of_a_thousand_classes_the_truth_alone_is_drawn(qapp: QApplication) -> None:
    said = made(50, 1000)
    said.probabilities[:] = 0
    said.probabilities[np.arange(50), said.truth] = 0.5
    image = paint_columns(said, said.by_truth, 50, 20, 1.0)
    assert len({image.pixel(x, y) for x in range(50) for y in range(20)}) == 2
    assert image.pixel(3, 5) != image.pixel(3, 15)
    few = paint_columns(said, said.by_truth, 5, 20, 1.0)  # ten images a column, of other truths: still the mean of their truths'
    assert [few.pixel(x, 15) for x in range(5)] == [image.pixel(3, 15)] * 5


def test_hover_click_and_keys_lead_to_an_image(qtbot: QtBot) -> None:
    said = made(50, 4)
    bars = StackedBars()
    qtbot.addWidget(bars)
    bars.resize(430, 200)
    bars.show()
    bars.show_predictions(said)
    assert bars.order == said.by_truth.tolist()
    assert bars.place_at(0) == -1
    assert bars.place_at(429) == 49
    words = bars.words_of(7)
    image = bars.order[7]
    assert said.paths[image] in words
    assert f"is {said.classes[said.truth[image]]}" in words
    opened: list[int] = []
    bars.opened.connect(opened.append)
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPointF(429, 60).toPoint())
    bars.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(bars, key)
    assert opened == [49, 1]
    assert not bars.grab().isNull()
