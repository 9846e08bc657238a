"""The middle of the model page: sizes, filter, presets, rates of layers, where the network ends, the tree as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import InputError
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.layer_pane import LayerPane
from tlstudio.gui.widgets.parts import column

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def document(layers_document: dict[str, Any]) -> dict[str, Any]:
    blocks = [
        {"title": "stem", "path": "", "frozen": []},
        {"title": "blocks.0", "path": "blocks.0", "frozen": ["stem", "bn"]},
        {"title": "blocks.1", "path": "blocks.1", "frozen": ["stem", "bn", "blocks.0"]},
    ]
    totals = layers_document["totals"] | {"trainable": 210, "input_mb": 0.5, "forward_backward_mb": 12.25, "params_mb": 0.84}
    for row in layers_document["rows"]:
        row["flops"], row["receptive_field"] = 2 * row["mult_adds"], 7 if row["path"] == "stem" else None
    return {**layers_document, "title": "Net", "input": [1, 3, 224, 224], "blocks": blocks, "totals": totals}


@pytest.fixture
def pane(
    qtbot: QtBot, session: Session, jobs: Any, document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LayerPane]:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    made, room = LayerPane(session), QWidget()
    room.setLayout(column(made))
    qtbot.addWidget(room)
    room.resize(700, 640)
    room.show()
    session.inspect()
    jobs.last("inspect").done.emit(document)
    yield made
    room.close()


def row(pane: LayerPane, path: str) -> int:
    return pane.ticks.row_of[path]


def ticked(pane: LayerPane) -> tuple[str, ...]:
    return pane.ticks.minimal(pane.frozen)


# sizes


def test_another_size_is_worked_out_and_can_be_undone(qtbot: QtBot, pane: LayerPane, session: Session, jobs: Any) -> None:
    pane.head.size_.selectAll()
    qtbot.keyClicks(pane.head.size_, "160")
    qtbot.keyClick(pane.head.size_, Qt.Key.Key_Return)
    assert session.recipe.data.image_size == 160
    assert jobs.last("inspect").args["input_size"] == 160
    assert pane._stack.currentWidget() is pane.tree, "the old tree stays meanwhile"
    qtbot.keyClick(pane.head.size_, Qt.Key.Key_Up)
    assert session.recipe.data.image_size == 192
    session.undo.undo()
    assert session.recipe.data.image_size == 0
    assert pane.head.size_.text() == "224"


def test_the_latest_size_wins(pane: LayerPane, session: Session, jobs: Any, document: dict[str, Any]) -> None:
    pane.head.size_.given.emit(96)
    first = jobs.last("inspect")
    pane.head.size_.given.emit(128)
    jobs.last("inspect").done.emit({**document, "input": [1, 3, 128, 128]})
    first.done.emit({**document, "input": [1, 3, 96, 96]})
    assert pane.document["input"][-1] == 128


def test_a_batch_is_only_looked_at(pane: LayerPane, session: Session, jobs: Any, document: dict[str, Any]) -> None:
    before = session.recipe
    pane.head.batch.given.emit(8)
    assert jobs.last("inspect").args["batch"] == 8
    jobs.last("inspect").done.emit({**document, "input": [8, 3, 224, 224]})
    assert session.recipe == before
    assert pane.cost.mult_adds.caption.text() == "mult-adds for 8 images"


def test_a_size_that_cannot_be_is_told_over_the_tree(pane: LayerPane, session: Session, jobs: Any) -> None:
    pane.head.size_.given.emit(8)
    jobs.last("inspect").failed.emit(InputError("It cannot take 8 pixels", "its layers do not fit", "Take 224"))
    assert pane._stack.currentWidget() is pane.tree
    assert pane.trouble.text.text() == "It cannot take 8 pixels. Its layers do not fit. Take 224."
    assert pane.trouble.button.text() == "Back to 224 px"
    pane.trouble.button.click()
    assert session.recipe.data.image_size == 0
    jobs.last("inspect").done.emit(pane.document)
    assert pane.trouble.isHidden()


def test_totals_are_torchinfos(pane: LayerPane) -> None:
    assert pane.cost.totals.whole == "210 parameters in all; input 0.50 MB, forward and backward 12.25 MB, parameters 0.84 MB"
    assert "Learn: 22" in pane.cost.totals.toolTip()


# filter


def test_by_state_and_it_follows_the_ticks(pane: LayerPane) -> None:
    pane.filter.setText("learns")
    assert {pane.ticks.paths[i] for i in pane.tree.layers.matches} == {"head", "head.weight", "head.bias"}
    pane.tree.layers.ticked.emit([row(pane, "stem")], False)
    assert row(pane, "stem") in pane.tree.layers.matches
    pane.filter.setText("frozen conv")
    assert {pane.ticks.paths[i] for i in pane.tree.layers.matches} == {"blocks.0.conv", "blocks.1.conv"}


def test_enter_goes_from_match_to_match(qtbot: QtBot, pane: LayerPane) -> None:
    def here() -> str:
        return pane.ticks.paths[pane.tree.layers.row(pane.tree.currentIndex())]

    qtbot.waitUntil(pane.isActiveWindow)
    pane.filter.setFocus()
    qtbot.keyClicks(pane.filter, "conv")
    seen = []
    for key, modifier in ((Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier)):
        qtbot.keyClick(pane.filter, key, modifier)
        seen.append((here(), pane.head.matches.text()))
    assert seen == [("blocks.0.conv", "2 of 3"), ("blocks.1.conv", "3 of 3")], "stem, the first, was looked at already"
    qtbot.keyClick(pane.filter, Qt.Key.Key_Return)
    assert here() == "stem", "round again"
    qtbot.keyClick(pane.filter, Qt.Key.Key_Return, SHIFT)
    assert here() == "blocks.1.conv"
    qtbot.keyClick(pane.filter, Qt.Key.Key_Escape)
    assert (pane.filter.text(), pane.head.matches.text()) == ("", "")


# what learns


def test_last_blocks_by_slider_is_one_step(pane: LayerPane, session: Session) -> None:
    last = pane.presets.last
    assert "0" not in last.number.text(), "head only is no number of blocks"
    for value in (2, 3, 2):
        last.slider.setValue(value)
    assert (session.recipe.frozen.strategy, session.recipe.frozen.paths) == ("custom", ("bn", "stem"))
    assert session.recipe.optimizer == session.recipe.with_strategy("last-block").optimizer, "with the rates that suit it"
    assert last.number.text() == "2"
    assert last.slider.toolTip() == "Last 2 blocks: blocks.0 and what comes after it learn"
    assert last.button.isChecked()
    session.undo.undo()
    assert session.recipe.frozen.strategy == "head"
    assert not session.undo.canUndo()


def test_last_blocks_that_a_preset_has_too_are_that_preset(pane: LayerPane, session: Session) -> None:
    last = pane.presets.last
    last.slider.setValue(2)
    last.slider.setValue(1)
    assert (session.recipe.frozen.strategy, session.recipe.frozen.paths) == ("last-block", ())
    assert not last.button.isChecked()
    last.slider.setValue(3)
    assert session.recipe.frozen.strategy == "full"
    session.choose_strategy("head")
    last.button.click()
    assert session.recipe.frozen.strategy == "full", "the word takes the number that stands there"


def test_by_pattern_with_a_live_count(qtbot: QtBot, pane: LayerPane, session: Session) -> None:
    session.choose_strategy("full")
    pane.presets.pattern.click()
    ask = pane.choice.pattern
    assert not ask.freeze.isEnabled()
    qtbot.keyClicks(ask.field, "Conv2d bn")
    assert ask.said.text() == "4 layers match, 188 parameters"
    ask.field.setText("nothing_like_it")
    assert (ask.said.text(), ask.freeze.isEnabled()) == ("No layer matches", False)
    ask.field.setText("/(/")
    assert "not a regular expression" in ask.said.text()
    ask.field.setText("*.conv")
    ask.freeze.click()
    assert ticked(pane) == ("blocks",)
    pane.presets.pattern.click()
    ask.field.setText("blocks.1.conv")
    ask.free.click()
    assert ticked(pane) == ("blocks.0",)
    session.undo.undo()
    session.undo.undo()
    assert ticked(pane) == ()


# how fast


def test_a_rate_of_its_own(qtbot: QtBot, pane: LayerPane, session: Session) -> None:
    session.choose_strategy("full")
    at, layers = row(pane, "blocks.1"), pane.tree.layers
    base = session.recipe.optimizer.backbone_lr / session.recipe.optimizer.lr
    assert layers.rate(at) == f"×\u2009{base:.2g}"
    actions = {action.text(): action for action in pane.tree.menu(at).actions()}
    actions["Learning rate of this layer…"].trigger()
    pane.choice.rate.buttons[0.5].click()
    assert session.recipe.optimizer.multipliers == {"blocks.1": 0.5}
    assert layers.rate(at) == f"×\u2009{base / 2:.2g}"
    assert layers.rate(row(pane, "blocks")) == f"≤\u2009{base:.2g}"
    pane.tree.rate_wanted.emit([at])
    pane.choice.rate.field.setValue(3)
    qtbot.keyClick(pane.choice.rate.field.lineEdit(), Qt.Key.Key_Return)
    assert session.recipe.optimizer.multipliers == {"blocks.1": 3.0}
    pane.tree.rate_wanted.emit([at])
    pane.choice.rate.remove.click()
    assert session.recipe.optimizer.multipliers == {}
    session.undo.undo()
    assert session.recipe.optimizer.multipliers != {}


def test_one_rate_for_several_layers_and_escape_changes_nothing(qtbot: QtBot, pane: LayerPane, session: Session) -> None:
    rows, ask = [row(pane, path) for path in ("stem", "pool", "head")], pane.choice.rate
    pane.tree.rate_wanted.emit(rows)
    assert ask._title.text() == "Learning rate of stem and 1 more", "pool has nothing to learn"
    before = session.recipe
    qtbot.keyClick(ask.field, Qt.Key.Key_Escape)
    assert not ask.isVisible()
    assert session.recipe == before
    pane.tree.rate_wanted.emit(rows)
    ask.buttons[2.0].click()
    assert session.recipe.optimizer.multipliers == {"stem": 2.0, "head": 2.0}
    pane.presets.pattern.click()
    qtbot.keyClick(pane.choice.pattern.field, Qt.Key.Key_Escape)
    assert not pane.choice.pattern.isVisible()


def test_a_frozen_layer_has_no_rate(pane: LayerPane, session: Session) -> None:
    assert pane.tree.layers.rate(row(pane, "stem")) == "–"
    assert pane.tree.layers.rate(row(pane, "head")) == "×\u20091"
    session.edit({"frozen.batchnorm": "train"}, "bn")
    assert pane.tree.layers.rate(row(pane, "bn")) != "–", "it learns under that policy"


# where the network ends


def cut_document(document: dict[str, Any]) -> dict[str, Any]:
    """Of the network that ends at blocks.0."""
    kept = [said for said in document["rows"] if not said["path"].startswith(("blocks.1", "head", "pool"))]
    head = [{**said, "path": f"new_{said['path']}"} for said in document["rows"] if said["path"].startswith("head")]
    presets = {"head": ["stem", "bn", "blocks"], "last-block": ["stem", "bn"], "full": [], "scratch": []}
    return {**document, "rows": kept + head, "head_path": "new_head", "presets": presets, "blocks": document["blocks"][:2]}


def test_cut_and_back_and_ticks_that_are_gone_go_in_the_same_step(
    pane: LayerPane, session: Session, jobs: Any, document: dict[str, Any]
) -> None:
    session.edit({"frozen.strategy": "custom", "frozen.paths": ("stem", "blocks.1")}, "by hand")
    session.edit({"optimizer.multipliers": {"blocks.1.conv": 0.5, "stem": 2.0}}, "by hand too")
    before = session.recipe
    actions = {action.text(): action for action in pane.tree.menu(row(pane, "blocks.0")).actions()}
    actions["Use features from here"].trigger()
    assert session.recipe.model.cut == "blocks.0"
    assert jobs.last("inspect").args["cut"] == "blocks.0"
    assert pane.ending.text.text() == "The network ends at blocks.0"
    jobs.last("inspect").done.emit(cut_document(document))
    assert session.recipe.frozen.paths == ("stem",)
    assert session.recipe.optimizer.multipliers == {"stem": 2.0}
    assert not pane.problem
    session.undo.undo()
    assert session.recipe == before, "the cut and what it took with it are one step"
    jobs.last("inspect").done.emit(document)
    session.undo.redo()
    jobs.last("inspect").done.emit(cut_document(document))
    assert session.recipe.frozen.paths == ("stem",)
    pane.ending.button.click()
    assert session.recipe.model.cut == ""
    assert "cut" not in jobs.last("inspect").args
    assert pane.ending.isHidden()


def test_a_network_that_makes_masks_keeps_its_end(pane: LayerPane, session: Session, jobs: Any, document: dict[str, Any]) -> None:
    session.inspect()
    jobs.last("inspect").done.emit({**document, "task": "segmentation"})
    actions = {action.text(): action for action in pane.tree.menu(row(pane, "blocks.0")).actions()}
    assert not actions["Use features from here"].isEnabled()


def test_an_end_that_cannot_be_offers_the_whole_network(pane: LayerPane, session: Session, jobs: Any) -> None:
    pane.choice.cut("blocks.0.conv")
    jobs.last("inspect").failed.emit(InputError("Features cannot be taken there"))
    pane.trouble.button.click()
    assert session.recipe.model.cut == ""


def test_another_model_forgets_what_was_said_of_layers(pane: LayerPane, session: Session) -> None:
    session.edit({"model.cut": "blocks.0", "optimizer.multipliers": {"stem": 2.0}}, "by hand")
    session.choose_model("resnet18")
    assert (session.recipe.model.cut, session.recipe.optimizer.multipliers) == ("", {})


def test_a_rate_of_a_layer_that_is_not_there_is_told(pane: LayerPane, session: Session) -> None:
    session.edit({"optimizer.multipliers": {"layer9": 2.0}}, "from a file")
    assert "layer9" in pane.problem


# columns and files


def test_chosen_columns_are_kept(qtbot: QtBot, pane: LayerPane, session: Session) -> None:
    shown = [action.text() for action in pane.tree.head.menu(pane).actions() if action.isChecked()]
    assert shown == ["Layer", "Type", "Output", "Params", "Share", "Mult-adds", "Rate"]
    for word in ("Receptive field", "BatchNorm", "Type"):
        next(action for action in pane.tree.head.menu(pane).actions() if action.text() == word).trigger()
    again = LayerPane(session)
    qtbot.addWidget(again)
    assert again.tree.head.keys() == "layer,output,params,share,mult_adds,receptive_field,rate,batchnorm"
    again.tree.head.choose(None)
    assert session.settings.value("model/columns") == ""


@pytest.mark.parametrize(("form", "ending"), [("text", ".txt"), ("csv", ".csv"), ("json", ".json")])
def test_the_tree_as_a_file(pane: LayerPane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, ending: str) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(tmp_path / "tree"), ""))
    pane.save(form)
    said = (tmp_path / f"tree{ending}").read_text(encoding="utf-8")
    assert "BatchNorm2d" in said
    if form == "json":
        learns = {entry["path"]: entry["trainable"] for entry in json.loads(said)["rows"]}
        assert (learns["stem"], learns["head"]) == (False, True), "as it is ticked now"


def test_a_place_that_cannot_be_written_is_told(
    qtbot: QtBot, pane: LayerPane, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(tmp_path / "no" / "tree.csv"), ""))
    with qtbot.waitSignal(session.trouble) as told:
        pane.save("csv")
    assert "cannot be written" in told.args[0].what


@pytest.mark.parametrize(("width", "height"), [(400, 600), (626, 660), (880, 400)])
def test_every_part_has_its_room(qtbot: QtBot, pane: LayerPane, width: int, height: int) -> None:
    pane.window().resize(width, height)
    assert pane.width() == width, "it can be made that small"
    bar = pane.presets
    parts = [*bar.buttons.values(), bar.last.button, bar.pattern, bar.invert, pane.head.size_, pane.head.batch, pane.filter]
    qtbot.waitUntil(lambda: all(part.isVisible() and part.mapTo(pane, part.rect().bottomRight()).x() < width for part in parts))
    qtbot.waitUntil(lambda: all(button.width() >= button.sizeHint().width() for button in bar.buttons.values()))
    for part in parts:
        assert part.toolTip(), part.objectName()
        assert part.accessibleName(), part.objectName()
