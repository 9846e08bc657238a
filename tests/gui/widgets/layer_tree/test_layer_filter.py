"""Which rows a filter shows."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tlstudio.gui.ticks import State, Ticks
from tlstudio.gui.widgets.layer_tree import LayerModel
from tlstudio.gui.widgets.layer_tree.layer_filter import found, meant


@pytest.fixture
def model(qtbot: QtBot, layers_document: dict[str, Any]) -> LayerModel:
    made = LayerModel()
    made.load(layers_document["rows"], Ticks(layers_document["rows"]))
    return made


def paths(model: LayerModel, rows: set[int]) -> set[str]:
    return {model.ticks.paths[row] for row in rows}


def test_by_name_with_what_the_matches_lie_in(model: LayerModel) -> None:
    said = found(model, "conv")
    assert paths(model, said.matches) == {"stem", "blocks.0.conv", "blocks.1.conv"}, "stem is a Conv2d"
    assert paths(model, said.openings) == {"", "blocks", "blocks.0", "blocks.1"}
    assert paths(model, said.hidden) == {"bn", "pool", "head"}


def test_by_type_keeps_what_is_inside(model: LayerModel) -> None:
    said = found(model, "batchnorm")
    assert paths(model, said.matches) == {"bn"}
    assert paths(model, said.hidden) == {"stem", "blocks", "pool", "head"}


def test_with_a_dot_whole_paths(model: LayerModel) -> None:
    assert paths(model, found(model, "blocks.1").matches) == {"blocks.1", "blocks.1.conv", "blocks.1.conv.weight"}
    assert paths(model, found(model, "1.conv").matches) == {"blocks.1.conv", "blocks.1.conv.weight"}


def test_nothing_found_hides_all_and_no_words_hide_nothing(model: LayerModel) -> None:
    assert paths(model, found(model, "transformer").hidden) == {"stem", "bn", "blocks", "pool", "head"}
    assert found(model, "") == (set(), set(), set())


def test_every_word_has_to_fit_and_a_state_is_a_word(model: LayerModel) -> None:
    model.show_ticks(model.ticks.mask(["stem", "blocks.0"]), "eval")
    assert paths(model, found(model, "frozen conv2d").matches) == {"stem", "blocks.0.conv"}
    assert paths(model, found(model, "learns head").matches) == {"head"}
    assert paths(model, found(model, "partly").matches) == {"blocks"}
    assert meant("head learn") == {State.LEARNS}
    assert not meant("head fro"), "too little to be sure"
