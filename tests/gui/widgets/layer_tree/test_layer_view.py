"""The layer tree by mouse and keys."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tlstudio.gui import theme
from tlstudio.gui.ticks import Ticks
from tlstudio.gui.widgets.layer_tree import LayerTree
from tlstudio.gui.widgets.layer_tree.layer_columns import (
    COUNT,
    INPUT,
    LAYER,
    MULT_ADDS,
    NORM,
    OUTPUT,
    PARAMS,
    RATE,
    SHARE,
    SIGNAL,
    STATE,
    TYPE,
)
from tlstudio.gui.widgets.layer_tree.layer_view import ALL

SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def tree(qtbot: QtBot, qapp: QApplication, layers_document: dict[str, Any]) -> LayerTree:
    theme.apply(qapp, theme.LIGHT)
    made = LayerTree()
    qtbot.addWidget(made)
    made.layers.load(layers_document["rows"], Ticks(layers_document["rows"]))
    made.resize(640, 500)
    made.fit_columns()
    made.show_depth(2)
    # what the page does with a wish
    mask = [made.layers.ticks.mask(())]

    def follow(rows: list[int], frozen: bool) -> None:
        mask[0] = made.layers.ticks.toggled(mask[0], rows, frozen)
        made.layers.show_ticks(mask[0], "eval")

    made.layers.ticked.connect(follow)
    made.show()
    return made


def frozen(tree: LayerTree) -> set[str]:
    return set(tree.layers.ticks.minimal(_mask(tree)))


def _mask(tree: LayerTree) -> Any:
    return tree.layers.states[tree.layers.ticks.leaves] == 2


def visible(tree: LayerTree) -> list[str]:
    out, index = [], tree.layers.index(0, 0)
    if tree.isRowHidden(0, index.parent()):
        index = tree.indexBelow(index)
    while index.isValid():
        out.append(tree.layers.ticks.paths[tree.layers.row(index)])
        index = tree.indexBelow(index)
    return out


def click(qtbot: QtBot, tree: LayerTree, path: str, *, box: bool = True, modifier: Qt.KeyboardModifier = NONE) -> None:
    rect = tree.visualRect(tree.layers.index_of(tree.layers.ticks.row_of[path]))
    where = QPoint(rect.left() + 11, rect.center().y()) if box else rect.center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, modifier, where)


def test_a_click_on_the_box_freezes_and_frees(qtbot: QtBot, tree: LayerTree) -> None:
    click(qtbot, tree, "stem")
    assert frozen(tree) == {"stem"}
    click(qtbot, tree, "stem")
    assert frozen(tree) == set()


def test_a_click_beside_the_box_only_looks(qtbot: QtBot, tree: LayerTree) -> None:
    with qtbot.waitSignal(tree.picked) as looked:
        click(qtbot, tree, "head", box=False)
    assert looked.args == [tree.layers.ticks.row_of["head"]]
    assert frozen(tree) == set()


def test_two_quick_clicks_on_a_box_are_two_ticks(qtbot: QtBot, tree: LayerTree) -> None:
    rect = tree.visualRect(tree.layers.index_of(tree.layers.ticks.row_of["blocks"]))
    where = QPoint(rect.left() + 11, rect.center().y())
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, NONE, where)
    qtbot.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, NONE, where)
    assert tree.isExpanded(tree.layers.index_of(tree.layers.ticks.row_of["blocks"])), "it did not fold"


def test_shift_click_toggles_all_rows_in_between(qtbot: QtBot, tree: LayerTree) -> None:
    click(qtbot, tree, "stem", box=False)
    click(qtbot, tree, "blocks.0", modifier=SHIFT)
    assert frozen(tree) == {"stem", "bn", "blocks"}, "blocks itself lies in the range"
    click(qtbot, tree, "bn", modifier=SHIFT)
    assert frozen(tree) == {"blocks"}


def test_space_toggles_what_is_selected(qtbot: QtBot, tree: LayerTree) -> None:
    tree.pick(tree.layers.ticks.row_of["stem"])
    qtbot.keyClick(tree, Qt.Key.Key_Space)
    assert frozen(tree) == {"stem"}
    qtbot.keyClick(tree, Qt.Key.Key_Down, SHIFT)
    qtbot.keyClick(tree, Qt.Key.Key_Space)
    assert frozen(tree) == {"stem", "bn"}
    qtbot.keyClick(tree, Qt.Key.Key_Space)
    assert frozen(tree) == set()


def test_arrows_open_and_close(qtbot: QtBot, tree: LayerTree) -> None:
    tree.pick(tree.layers.ticks.row_of["stem"])
    qtbot.keyClick(tree, Qt.Key.Key_Right)
    assert "stem.weight" in visible(tree)
    qtbot.keyClick(tree, Qt.Key.Key_Left)
    assert "stem.weight" not in visible(tree)


def test_depth(tree: LayerTree) -> None:
    tree.show_depth(1)
    assert visible(tree) == ["stem", "bn", "blocks", "pool", "head"]
    tree.show_depth(2)
    assert visible(tree) == ["stem", "bn", "blocks", "blocks.0", "blocks.1", "pool", "head"], "bn holds only weights of its own"
    tree.show_depth(3)
    assert "blocks.0.conv" in visible(tree)
    assert "blocks.0.conv.weight" not in visible(tree)
    tree.show_depth(ALL)
    assert len(visible(tree)) == len(tree.layers.rows) - 1


def test_a_filter_hides_and_gives_back(tree: LayerTree) -> None:
    before = visible(tree)
    assert tree.filter_rows("conv") == 3
    assert visible(tree) == ["stem", "blocks", "blocks.0", "blocks.0.conv", "blocks.1", "blocks.1.conv"]
    assert tree.filter_rows("BatchNorm") == 1
    assert visible(tree) == ["bn"]
    assert tree.filter_rows("nothing like it") == 0
    assert visible(tree) == []
    tree.filter_rows("")
    assert [path for path in visible(tree) if not path.endswith("conv")] == before


def test_with_a_filter_all_of_these_means_the_matches(qtbot: QtBot, tree: LayerTree) -> None:
    tree.filter_rows("blocks.1.conv")
    tree.pick(tree.layers.ticks.row_of["blocks.1.conv"])
    tree.selectAll()
    qtbot.keyClick(tree, Qt.Key.Key_Space)
    assert frozen(tree) == {"blocks.1"}, "not blocks, which only leads there"


def test_the_menu_freezes_and_copies(qtbot: QtBot, tree: LayerTree) -> None:
    row = tree.layers.ticks.row_of["blocks.1"]
    tree.pick(row)
    actions = {action.text(): action for action in tree.menu(row).actions()}
    assert not actions["Let learn"].isEnabled()
    actions["Freeze"].trigger()
    assert frozen(tree) == {"blocks.1"}
    actions["Copy path"].trigger()
    assert QGuiApplication.clipboard().text() == "blocks.1"
    actions["Expand all in it"].trigger()
    assert "blocks.1.conv.weight" in visible(tree)


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (640, {LAYER, TYPE, OUTPUT, PARAMS, SHARE, MULT_ADDS, RATE}),
        (420, {LAYER, OUTPUT, PARAMS, RATE}),
        (260, {LAYER, PARAMS}),
    ],
)
def test_columns_that_find_no_room_go_whole(qtbot: QtBot, tree: LayerTree, width: int, columns: set[int]) -> None:
    tree.resize(width, 400)
    assert {column for column in range(COUNT) if not tree.isColumnHidden(column)} == columns
    assert sum(tree.columnWidth(column) for column in columns) == tree.viewport().width()


@pytest.mark.parametrize(
    ("width", "gone"),
    [(760, set()), (640, {MULT_ADDS}), (600, {MULT_ADDS, SHARE}), (500, {MULT_ADDS, SHARE, TYPE}), (380, {MULT_ADDS, SHARE, TYPE, OUTPUT})],
)
def test_a_runs_signals_keep_their_room_while_others_go_in_their_order(tree: LayerTree, width: int, gone: set[int]) -> None:
    tree.head.signals = True
    tree.resize(width, 400)
    columns = {LAYER, TYPE, OUTPUT, PARAMS, SHARE, MULT_ADDS, RATE, SIGNAL} - gone
    assert {column for column in range(COUNT) if not tree.isColumnHidden(column)} == columns
    assert tree.columnWidth(SIGNAL) >= theme.px(88)
    assert sum(tree.columnWidth(column) for column in columns) == tree.viewport().width()
    fitting = tree.head.menu(tree).actions()[-1]
    assert fitting.toolTip().endswith("Mult-adds, Share, Type, Output, Rate, Params")


def test_columns_that_were_chosen_are_all_there_and_the_tree_scrolls(tree: LayerTree) -> None:
    tree.resize(300, 400)
    tree.head.choose([STATE, NORM, INPUT, TYPE])
    assert [column for column in range(COUNT) if not tree.isColumnHidden(column)] == [LAYER, TYPE, INPUT, STATE, NORM]
    assert tree.horizontalScrollBar().maximum() > 0
    tree.head.choose(None)
    assert tree.horizontalScrollBar().maximum() == 0


def test_params_has_room_for_the_largest_count(tree: LayerTree) -> None:
    tree.head.show_most(1_013_000_000)
    tree.head.fit(640)
    assert tree.columnWidth(PARAMS) > tree.head.fontMetrics().horizontalAdvance("1,013,000,000")


def test_the_menu_leads_to_the_layer_that_shares_the_weights(tree: LayerTree, layers_document: dict[str, Any]) -> None:
    rows = [dict(row) for row in layers_document["rows"]]
    shared = {"blocks.1.conv": "blocks.0.conv", "blocks.1.conv.weight": "blocks.0.conv.weight"}
    for row in rows:
        row["shared_with"] = shared.get(row["path"])
    tree.layers.load(rows, Ticks(rows))
    at = tree.layers.ticks.row_of
    for here, there in (("blocks.0.conv", "blocks.1.conv"), ("blocks.1.conv", "blocks.0.conv")):
        jump = next(action for action in tree.menu(at[here]).actions() if action.text().startswith("Go to"))
        jump.trigger()
        assert tree.layers.row(tree.currentIndex()) == at[there]
    assert not any(action.text().startswith("Go to") for action in tree.menu(at["head"]).actions())


def test_it_paints_in_every_state_and_theme(qtbot: QtBot, qapp: QApplication, tree: LayerTree) -> None:
    tree.layers.ticked.emit([tree.layers.ticks.row_of["blocks.0"]], True)
    light = tree.grab().toImage()
    theme.apply(qapp, theme.DARK)
    dark = tree.grab().toImage()
    assert light.pixelColor(600, 400) != dark.pixelColor(600, 400)
    theme.apply(qapp, theme.LIGHT, 2.0)
    assert tree.visualRect(tree.layers.index(0, 0)).height() == 48
