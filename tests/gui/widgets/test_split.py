"""The split bar and its card: dragged, moved with keys, fixed where the data brings its split."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from tlstudio.gui.loading import Loading
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.split_bar import SplitBar
from tlstudio.gui.widgets.split_card import SplitCard


@pytest.fixture
def bar(qtbot: QtBot) -> SplitBar:
    made = SplitBar()
    qtbot.addWidget(made)
    made.resize(200, 32)
    made.show()
    return made


def test_a_border_is_dragged(bar: SplitBar, qtbot: QtBot) -> None:
    handle = bar.handles[0]
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(bar.moved) as moved:
        qtbot.mouseMove(handle, QPoint(handle.width() // 2 - 40, 10))
    val, test = moved.args
    assert test == 0.1
    assert val == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize(
    ("which", "key", "val", "test"),
    [
        (0, Qt.Key.Key_Left, 0.21, 0.1),
        (0, Qt.Key.Key_PageUp, 0.15, 0.1),
        (0, Qt.Key.Key_Home, 0.8, 0.1),  # a tenth has to be left to learn from
        (0, Qt.Key.Key_End, 0.0, 0.1),
        (1, Qt.Key.Key_Right, 0.21, 0.09),
        (1, Qt.Key.Key_Home, 0.0, 0.3),
        (1, Qt.Key.Key_End, 0.3, 0.0),
    ],
)
def test_keys_move_a_border(bar: SplitBar, qtbot: QtBot, which: int, key: Qt.Key, val: float, test: float) -> None:
    qtbot.keyClick(bar.handles[which], key)
    assert (bar.val, bar.test) == pytest.approx((val, test))


def test_borders_of_empty_parts_stand_side_by_side(bar: SplitBar) -> None:
    bar.show_shares(0.0, 0.0)
    left, right = (handle.geometry() for handle in bar.handles)
    assert left.right() < right.left() + 1
    assert right.right() < bar.width()


def _shown(session: Session, document: dict[str, Any], **changes: Any) -> None:
    session.data = Loading("ready", "", {**document, **changes})
    session.data_changed.emit()


def _sentence(card: SplitCard) -> str:
    found = card.findChild(QLabel, "splitSentence")
    assert isinstance(found, QLabel)
    return found.text()


def test_the_recipe_follows_a_moved_border_in_one_step(session: Session, qtbot: QtBot, data_document: dict[str, Any]) -> None:
    card = SplitCard(session)
    qtbot.addWidget(card)
    card.show()
    _shown(session, data_document)
    for _ in range(5):
        qtbot.keyClick(card.bar.handles[0], Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: session.recipe.data.val_share == 0.25)
    assert session.recipe.data.test_share == 0.1
    session.undo.undo()
    assert session.recipe.data.val_share == 0.2
    assert card.bar.val == 0.2


def test_counts_are_about_while_moved_and_exact_when_scanned(session: Session, qtbot: QtBot, data_document: dict[str, Any]) -> None:
    card = SplitCard(session)
    qtbot.addWidget(card)
    card.show()
    _shown(session, data_document)
    qtbot.keyClick(card.bar.handles[0], Qt.Key.Key_PageDown)
    texts = {label.text() for label in card.findChildren(QLabel)}
    assert {"≈ 65", "≈ 25", "≈ 10"} <= texts
    qtbot.waitUntil(lambda: session.recipe.data.val_share == 0.25)
    _shown(session, data_document, splits={"train": 64, "val": 26, "test": 10})
    texts = {label.text() for label in card.findChildren(QLabel)}
    assert {"64", "26", "10"} <= texts


def test_a_split_that_came_with_the_data_is_not_edited(session: Session, qtbot: QtBot, data_document: dict[str, Any]) -> None:
    card = SplitCard(session)
    qtbot.addWidget(card)
    card.show()
    _shown(session, data_document, split_source="folders", carved=[], splits={"train": 60, "val": 40, "test": 0})
    assert not any(handle.isVisible() for handle in card.bar.handles)
    assert card.bar.val == pytest.approx(0.4)
    assert "folders" in _sentence(card)
    assert "no test" in _sentence(card)


def test_only_a_missing_validation_split_is_carved(session: Session, qtbot: QtBot, data_document: dict[str, Any]) -> None:
    card = SplitCard(session)
    qtbot.addWidget(card)
    card.show()
    _shown(session, data_document, split_source="folders", carved=["val"], splits={"train": 64, "val": 16, "test": 20})
    assert [handle.isVisible() for handle in card.bar.handles] == [True, False]
    qtbot.keyClick(card.bar.handles[0], Qt.Key.Key_PageDown)  # 5 of 100 more
    qtbot.waitUntil(lambda: session.recipe.data.val_share != 0.2)
    assert session.recipe.data.val_share == pytest.approx(0.21 / 0.8, abs=0.001)
    assert session.recipe.data.test_share == 0.1


def test_reroll_takes_another_seed(session: Session, qtbot: QtBot, data_document: dict[str, Any]) -> None:
    card = SplitCard(session)
    qtbot.addWidget(card)
    _shown(session, data_document)
    reroll = next(button for button in card.findChildren(QPushButton) if button.text() == "Reroll")
    qtbot.mouseClick(reroll, Qt.MouseButton.LeftButton)
    assert session.recipe.data.split_seed == 8
