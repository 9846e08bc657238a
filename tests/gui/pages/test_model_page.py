"""The model page as it is used: pick a model, tick, presets, undo, filter, states, little room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import InputError
from tlstudio.gui import theme
from tlstudio.gui.loading import Loading
from tlstudio.gui.pages.model import ModelPage
from tlstudio.gui.session import Session
from tlstudio.gui.widgets import layer_pane

CHECK = Qt.ItemDataRole.CheckStateRole


@pytest.fixture
def page(qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelPage:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(layer_pane, "PATIENCE", 1)
    made = ModelPage(session)
    qtbot.addWidget(made)
    made.resize(1096, 704)
    made.show()
    return made


@pytest.fixture
def filled(page: ModelPage, session: Session, jobs: Any, layers_document: dict[str, Any]) -> ModelPage:
    session.data = Loading("ready", "/x", {"classes": [{"name": "ants", "count": 1}, {"name": "bees", "count": 1}]})
    session.inspect()
    jobs.last("inspect").done.emit(layers_document)
    return page


def tick(page: ModelPage, path: str, frozen: bool = True) -> None:
    model = page.layers.tree.layers
    state = Qt.CheckState.Checked if frozen else Qt.CheckState.Unchecked
    assert model.setData(model.index_of(model.ticks.row_of[path]), state, CHECK)


def ticked(page: ModelPage) -> tuple[str, ...]:
    pane = page.layers
    return pane.ticks.minimal(pane.frozen)


def test_names_that_outsiders_rely_on(filled: ModelPage) -> None:
    for name in ("layerTree", "layerFilter", "modelSearch", "modelTable", "freezePreset", "headForm", "costPanel"):
        widget = filled.findChild(QWidget, name)
        assert widget is not None, name
        assert widget.accessibleName(), name
    assert filled.objectName() == "modelPage"


def test_the_preset_is_ticked_and_its_cost_shown(filled: ModelPage) -> None:
    assert ticked(filled) == ("blocks", "bn", "stem")
    assert filled.layers.presets.buttons["head"].isChecked()
    assert filled.layers.cost.learns.value.text() == "22"
    assert filled.layers.head.facts.text() == "2 classes"
    assert (filled.layers.head.size_.text(), filled.layers.head.batch.text()) == ("224", "1")
    assert filled.side.width_.whole == "10 → 2, 22 params"
    assert filled.mark() == ("ready", "EfficientNet-Lite0")


def test_a_tick_makes_an_own_choice_with_the_fewest_paths(filled: ModelPage, session: Session) -> None:
    tick(filled, "blocks.1", False)
    assert (session.recipe.frozen.strategy, session.recipe.frozen.paths) == ("last-block", ())
    tick(filled, "bn.bias", False)
    assert (session.recipe.frozen.strategy, session.recipe.frozen.paths) == ("custom", ("blocks.0", "bn.weight", "stem"))
    assert filled.layers.cost.learns.value.text() == "76"
    tick(filled, "bn")
    assert session.recipe.frozen.strategy == "last-block", "the preset is known again"


def test_ticks_do_not_touch_rates_but_presets_do(filled: ModelPage, session: Session) -> None:
    session.edit({"optimizer.lr": 0.5}, "rate")
    tick(filled, "blocks", False)
    assert session.recipe.optimizer.lr == 0.5
    filled.layers.presets.buttons["full"].click()
    assert session.recipe.frozen.strategy == "full"
    assert session.recipe.optimizer.lr != 0.5


def test_undo_and_redo_without_limit(filled: ModelPage, session: Session) -> None:
    seen = [ticked(filled)]
    for path in ("stem", "bn", "blocks.0", "blocks.1"):
        tick(filled, path, False)
        seen.append(ticked(filled))
    filled.layers.presets.invert.click()
    filled.layers.presets.invert.click()
    assert ticked(filled) == seen[-1]
    session.undo.undo()
    session.undo.undo()
    for expected in reversed(seen[:-1]):
        session.undo.undo()
        assert ticked(filled) == expected
    assert session.recipe.frozen.strategy == "head"
    while session.undo.canRedo():
        session.undo.redo()
    assert ticked(filled) == seen[-1]


def test_invert_and_nothing_learns_is_a_problem(filled: ModelPage, session: Session) -> None:
    filled.layers.presets.invert.click()
    assert ticked(filled) == ("head",)
    tick(filled, "stem")
    tick(filled, "bn")
    tick(filled, "blocks")
    assert filled.layers.cost._problem.text() == "Nothing learns: untick at least the head (head)."
    assert filled.mark() == ("problem", "Nothing learns")
    tick(filled, "head", False)
    assert not filled.layers.problem


def test_batchnorm_that_trains_is_counted(filled: ModelPage, session: Session) -> None:
    session.edit({"frozen.batchnorm": "train"}, "bn")
    assert filled.layers.cost.learns.value.text() == "30"


def test_paths_of_another_head_are_named(filled: ModelPage, session: Session) -> None:
    session.edit({"frozen.strategy": "custom", "frozen.paths": ("stem", "head.1")}, "by hand")
    assert "head.1" in filled.layers.problem


def test_picking_a_model_asks_for_its_layers_and_the_old_tree_goes(
    qtbot: QtBot, filled: ModelPage, session: Session, jobs: Any, layers_document: dict[str, Any]
) -> None:
    filled.catalogue.chosen.emit("resnet18")
    assert session.recipe.model.name == "resnet18"
    assert jobs.last("inspect").args["model"] == "resnet18"
    tick(filled, "stem", False)
    assert session.recipe.frozen.strategy == "head", "ticks of the old tree no longer count"
    qtbot.waitUntil(lambda: filled.layers._stack.currentWidget() is filled.layers.state)
    assert filled.mark() == ("running", "Looking inside…")
    assert not filled.layers.notice.isHidden(), "its weights are not here"
    jobs.last("inspect").done.emit({**layers_document, "model": "resnet18"})
    assert filled.layers._stack.currentWidget() is filled.layers.tree
    assert filled.mark() == ("ready", "ResNet-18")


def test_another_head_keeps_the_tree_as_it_was_opened(
    qtbot: QtBot, filled: ModelPage, session: Session, jobs: Any, layers_document: dict[str, Any]
) -> None:
    tree = filled.layers.tree
    tree.expand(tree.layers.index_of(tree.layers.ticks.row_of["stem"]))
    tree.pick(tree.layers.ticks.row_of["blocks.1"])
    session.edit({"head.kind": "dropout_linear"}, "head")
    assert filled.layers._stack.currentWidget() is tree
    jobs.last("inspect").done.emit({**layers_document})
    assert "stem" in tree.expanded_paths()
    assert tree.layers.ticks.paths[tree.layers.row(tree.currentIndex())] == "blocks.1"


def test_a_model_that_cannot_be_looked_into(filled: ModelPage, session: Session, jobs: Any, layers_document: dict[str, Any]) -> None:
    filled.catalogue.chosen.emit("resnet18")
    jobs.last("inspect").failed.emit(InputError("It cannot take 8 pixels", "", "Take 224"))
    assert filled.layers._stack.currentWidget() is filled.layers.state
    assert filled.mark()[0] == "problem"
    assert not filled.layers.presets.isEnabled()
    assert not filled.side.layer.isVisible()
    filled.layers.state.again.click()
    jobs.last("inspect").done.emit({**layers_document, "model": "resnet18"})
    assert filled.layers._stack.currentWidget() is filled.layers.tree
    assert filled.layers.presets.isEnabled()


def test_without_data_the_published_head_is_shown(page: ModelPage, session: Session, jobs: Any, layers_document: dict[str, Any]) -> None:
    session.inspect()
    assert jobs.last("inspect").args["classes"] is None
    jobs.last("inspect").done.emit(layers_document)
    assert "until images are open" in page.layers.head.facts.toolTip()


def test_the_filter_counts_and_escape_clears(qtbot: QtBot, filled: ModelPage) -> None:
    field = filled.findChild(QLineEdit, "layerFilter")
    tree = filled.findChild(QTreeView, "layerTree")
    assert field is not None
    assert tree is not None
    field.setFocus()
    qtbot.keyClicks(field, "conv")
    assert filled.layers.head.matches.text() == "3 matches"
    assert filled.layers.head.matches.toolTip().startswith("3 of 17 rows match")
    assert tree.isRowHidden(3, tree.model().index(-1, -1))
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""
    assert not tree.isRowHidden(3, tree.model().index(-1, -1))


def test_the_selected_layer_is_told_beside(filled: ModelPage) -> None:
    tree = filled.layers.tree
    tree.pick(tree.layers.ticks.row_of["head"])
    assert filled.side.layer._path.whole == "head"
    assert filled.side.layer._word.text() == "learns"
    tick(filled, "head")
    assert filled.side.layer._word.text() == "frozen"


def test_stepping_through_layers_passes_parameters_over(filled: ModelPage) -> None:
    tree = filled.layers.tree
    tree.expand(tree.layers.index_of(tree.layers.ticks.row_of["stem"]))
    tree.pick(tree.layers.ticks.row_of["stem"])
    filled.side.step_wanted.emit(1)
    assert filled.side.layer._path.whole == "bn"
    filled.side.step_wanted.emit(-1)
    assert filled.side.layer._path.whole == "stem"
    filled.side.step_wanted.emit(-1)
    assert filled.side.layer._path.whole == "stem", "there is none above"


def test_the_way_on(qtbot: QtBot, filled: ModelPage, session: Session) -> None:
    with qtbot.waitSignal(session.asked_for) as asked:
        filled.layers.train.click()
    assert asked.args == ["train"]


def test_with_little_room_one_pane_at_a_time(qtbot: QtBot, qapp: QApplication, filled: ModelPage) -> None:
    panes = filled._panes
    assert all(pane.isVisible() for pane in panes.values())
    theme.apply(qapp, theme.LIGHT, 2.0)
    filled.resize(912, 608)
    assert [key for key, pane in panes.items() if pane.isVisible()] == ["layers"]
    filled._tabs.buttons["side"].click()
    assert [key for key, pane in panes.items() if pane.isVisible()] == ["side"]
    theme.apply(qapp, theme.LIGHT, 1.0)
    qtbot.waitUntil(lambda: all(pane.isVisible() for pane in panes.values()))


def test_the_guide_names_its_keys(page: ModelPage) -> None:
    for key in ("Space", "Shift+click", "Ctrl+F"):
        assert key in page.guide()
