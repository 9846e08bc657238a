"""The cards of judged masks, and the table of their classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tlstudio.gui import mask_results
from tlstudio.gui.measurements import Measurement
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.class_names import ClassNames
from tlstudio.gui.widgets.confusion_matrix import ConfusionMatrix
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.mask_cards import MaskCards
from tlstudio.gui.widgets.picture_view import PictureView


@pytest.fixture
def cards(session: Session, qtbot: QtBot, judged_masks: dict[str, Any]) -> MaskCards:
    made = MaskCards()
    qtbot.addWidget(made)
    made.resize(736, 620)
    made.show()
    made.show_measurement(Measurement(judged_masks, masks=mask_results.read(Path(judged_masks["masks"]))), "validation")
    return made


def _texts(cards: MaskCards) -> str:
    return "\n".join([one.text() for one in cards.findChildren(QLabel)] + [one.whole for one in cards.findChildren(ElidedLabel)])


def test_the_figure_says_on_what_and_what_guessing_gets(cards: MaskCards) -> None:
    assert cards.iou.value.text() == "0.612"
    said = _texts(cards)
    assert "validation, 6 images" in said
    assert "Always saying leaf would get 0.153" in said
    assert cards.iou.figures["pixel_accuracy"].text() == "0.900"
    model = cards.iou.table.model()
    assert [model.data(model.index(1, column)) for column in range(7)] == ["leaf", "0.875", "0.900", "0.900", "0.900", "–", "45.8%"]


def test_cells_say_shares_of_the_truths_pixels(cards: MaskCards) -> None:
    model = cards.matrix.cells.model()
    assert model.data(model.index(0, 0)) == "3.84 k"
    assert "background called leaf: 384 pixels, 9.1% of its own" in model.data(model.index(0, 1), Qt.ItemDataRole.ToolTipRole)


def test_the_worst_pictures_of_all_and_of_a_class(cards: MaskCards, qtbot: QtBot) -> None:
    worst = cards.worst
    assert worst.order[0] == 0
    assert worst.tiles[0].picture.over == mask_results.read(Path(worst._said.folder)).images[0].prediction
    worst.kinds.buttons["truth"].click()
    assert worst.tiles[0].picture.over is not None
    assert Path(worst.tiles[0].picture.over.path).parent.name == "masks"
    cards.matrix.cell_chosen.emit(2, 1)
    assert worst.order == [0, 1]
    assert worst.classes.currentText() == "stem"
    worst.tiles[1].picture.clicked.emit()
    large = cards.findChild(PictureView)
    assert large.at == 1
    large.over.click()  # without its mask
    assert large._canvas._mask is None
    large.close()
    with qtbot.waitSignal(cards.overlay_asked):
        cards.iou.overlay.click()


def test_many_classes_are_pairs_of_pixels(session: Session, qtbot: QtBot) -> None:
    matrix = ConfusionMatrix(pixels=True)
    qtbot.addWidget(matrix)
    counts = [[1000 if i == j else 3 * (j == i + 1) for j in range(40)] for i in range(40)]
    matrix.show_counts(counts, [f"class {i}" for i in range(40)])
    assert matrix.as_list
    assert matrix.pairs.model().headerData(2, Qt.Orientation.Horizontal) == "pixels"


def test_names_of_classes_are_given_all_at_once_and_stay_unlike(scenes: dict[str, Any], session: Session, qtbot: QtBot) -> None:
    table = ClassNames()
    qtbot.addWidget(table)
    table.show_classes(scenes["classes"])
    given: list[Any] = []
    table.given.connect(given.append)
    table.item(1, 1).setText(" blade ")
    assert given == [("background", "blade", "stem")]
    table.item(2, 1).setText("background")
    table.item(2, 1).setText("")
    assert len(given) == 1
    assert table.item(2, 1).text() == "stem"
    assert not table.item(0, 2).flags() & Qt.ItemFlag.ItemIsEditable
