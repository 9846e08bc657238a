"""The small parts of the model page: presets, cost, detail, BatchNorm, weights, the tree's other states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tlstudio.errors import InputError
from tlstudio.gui.session import Session
from tlstudio.gui.ticks import Ticks
from tlstudio.gui.widgets.batchnorm_choice import BatchNormChoice
from tlstudio.gui.widgets.cost_panel import CostPanel, share_words, weights_bytes
from tlstudio.gui.widgets.freeze_bar import FreezeBar
from tlstudio.gui.widgets.layer_detail import LayerDetail
from tlstudio.gui.widgets.layer_tree import LayerModel
from tlstudio.gui.widgets.tree_state import TreeState
from tlstudio.gui.widgets.weights_choice import WeightsChoice


def test_a_preset_is_asked_for_and_marked(qtbot: QtBot, session: Session) -> None:
    bar = FreezeBar()
    qtbot.addWidget(bar)
    bar.resize(640, 40)
    bar.show()
    assert [button.text() for button in bar.buttons.values()] == ["Head only", "Last block", "Gradual", "Everything", "From scratch"]
    with qtbot.waitSignal(bar.chosen) as chosen:
        bar.buttons["full"].click()
    assert chosen.args == ["full"]
    bar.show_strategy("last-block")
    assert [key for key, button in bar.buttons.items() if button.isChecked()] == ["last-block"]
    bar.show_strategy("custom")
    assert not any(button.isChecked() for button in bar.buttons.values())
    qtbot.waitUntil(bar._own.isVisible)
    with qtbot.waitSignal(bar.inverted):
        bar.invert.click()


@pytest.mark.parametrize("width", [640, 400])
def test_presets_are_never_cut(qtbot: QtBot, session: Session, width: int) -> None:
    room = QWidget()
    qtbot.addWidget(room)
    bar = FreezeBar()
    bar.setParent(room)
    bar.setGeometry(0, 0, width, 40)
    room.show()
    qtbot.waitUntil(lambda: all(button.width() >= button.sizeHint().width() for button in bar.buttons.values()))
    assert bar.width() == width


def test_cost_counts_and_names_the_problem(qtbot: QtBot, layers_document: dict[str, Any]) -> None:
    panel = CostPanel(QPushButton("Train"))
    qtbot.addWidget(panel)
    panel.show()
    panel.show_cost(layers_document, 22)
    assert panel.learns.accessibleName() == "22 of 210 (10.5%) parameters learn, 188 frozen"
    assert (panel.mult_adds.value.text(), panel.file.value.text()) == ("2.02 k", "880 B")
    assert not panel._problem_line.isVisible()
    panel.show_cost(layers_document, 0, "Nothing learns.")
    assert panel._problem_line.isVisible()
    assert panel._problem.text() == "Nothing learns."


def test_the_weights_file_counts_running_averages(layers_document: dict[str, Any]) -> None:
    assert weights_bytes(layers_document) == 4 * 210 + 2 * 4 * 4 + 8


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 10, "0%"),
        (10, 10, "100%"),
        (1, 3, "33.3%"),
        (1, 50, "2.00%"),
        (1, 5_000, "0.02%"),
        (64, 3_373_570, "0.0019%"),
        (0, 0, "0%"),
        (99_999, 100_000, ">\u200999.9%"),
    ],
)
def test_a_small_share_is_not_nothing(part: int, whole: int, words: str) -> None:
    assert share_words(part, whole) == words


def test_detail_of_a_layer_a_parameter_and_one_without_parameters(qtbot: QtBot, layers_document: dict[str, Any]) -> None:
    model = LayerModel()
    model.load(layers_document["rows"], Ticks(layers_document["rows"]))
    model.show_ticks(model.ticks.mask(["stem"]), "eval")
    detail = LayerDetail()
    qtbot.addWidget(detail)
    detail.resize(220, 300)
    detail.show()

    def said(path: str) -> dict[str, str]:
        detail.show_layer(model, model.ticks.row_of[path], layers_document)
        return {what.text(): value.whole for what, value in detail._words.values() if what.isVisible()}

    assert said("blocks.0.conv") == {
        "Path": "blocks.0.conv",
        "Type": "Conv2d",
        "Input": "3\u2009×\u20098\u2009×\u20098",
        "Output": "4\u2009×\u20098\u2009×\u20098",
        "Params": "30 (14.3%)",
        "Mult-adds": "300 (14.9%)",
    }
    assert detail._word.text() == "learns"
    assert said("stem.weight") == {"Path": "stem.weight", "Type": "Parameter", "Shape": "100", "Params": "100 (47.6%)"}
    assert detail._word.text() == "frozen"
    assert said("pool")["Params"] == "–"
    assert detail._word.text() == "nothing to learn"


def test_batchnorm_policy_says_what_it_does_and_can_be_undone(qtbot: QtBot, session: Session) -> None:
    choice = BatchNormChoice(session)
    qtbot.addWidget(choice)
    before = choice._line.text()
    choice.combo.setCurrentIndex(choice.combo.findData("train"))
    choice.combo.activated.emit(choice.combo.currentIndex())
    assert session.recipe.frozen.batchnorm == "train"
    assert choice._line.text() != before
    session.undo.undo()
    assert (choice.combo.currentData(), choice._line.text()) == ("eval", before)


def test_random_weights_and_from_scratch_follow_each_other(qtbot: QtBot, session: Session) -> None:
    choice = WeightsChoice(session)
    qtbot.addWidget(choice)

    def take(key: str) -> tuple[str, str]:
        choice.combo.activated.emit(choice.combo.findData(key))
        return session.recipe.model.weights, session.recipe.frozen.strategy

    assert take("random") == ("random", "head")
    assert take("pretrained") == ("pretrained", "head")
    session.choose_strategy("full")
    assert take("random") == ("random", "scratch")
    assert take("pretrained") == ("pretrained", "full")


def test_weights_from_a_file_of_ones_own(qtbot: QtBot, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choice = WeightsChoice(session)
    qtbot.addWidget(choice)
    choice.show()
    file = tmp_path / "mine.safetensors"
    file.write_bytes(b"")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (str(file), ""))
    session.edit({"model.weights": str(file)}, "as the sheet does")
    assert choice._file.whole == "mine.safetensors"
    file.unlink()
    choice.refresh()
    assert "not there" in choice._line.text()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: ("", ""))
    session.edit({"model.weights": "pretrained"}, "back")
    choice.combo.setCurrentIndex(choice.combo.findData("file"))
    choice.combo.activated.emit(choice.combo.currentIndex())
    assert (session.recipe.model.weights, choice.combo.currentData()) == ("pretrained", "pretrained")


def test_a_failure_is_sentences_with_try_again(qtbot: QtBot, session: Session, jobs: Any) -> None:
    state = TreeState(session)
    qtbot.addWidget(state)
    state.show()
    state.show_busy("ResNet-18")
    assert "ResNet-18" in state._what.text()
    assert not state.again.isVisible()
    state.show_failure(InputError("It cannot take 8 pixels", "its layers do not fit", "Take 224"))
    assert (state._what.text(), state._why.text()) == ("It cannot take 8 pixels.", "Its layers do not fit. Take 224.")
    assert not state.copy.isVisible(), "there are no details"
    qtbot.mouseClick(state.again, Qt.MouseButton.LeftButton)
    assert jobs.last("inspect").args["model"] == "efficientnet_lite0"
