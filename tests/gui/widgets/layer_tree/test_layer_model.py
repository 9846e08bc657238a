"""The layer tree's model: structure, words, ticks; large documents in slices."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from tlstudio.gui.ticks import State, Ticks
from tlstudio.gui.widgets.layer_tree import LayerModel
from tlstudio.gui.widgets.layer_tree.layer_columns import FIELD, INPUT, LAYER, MULT_ADDS, NORM, OUTPUT, PARAMS, SHARE, STATE, TYPE

CHECK = Qt.ItemDataRole.CheckStateRole


@pytest.fixture
def model(qtbot: QtBot, layers_document: dict[str, Any]) -> LayerModel:
    made = LayerModel()
    made.load(layers_document["rows"], Ticks(layers_document["rows"]))
    return made


def at(model: LayerModel, path: str, column: int = LAYER) -> QModelIndex:
    return model.index_of(model.ticks.row_of[path]).siblingAtColumn(column)


def test_modules_with_their_parameters_inside_without_the_root(model: LayerModel) -> None:
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert [model.index(i, 0).data() for i in range(model.rowCount())] == ["stem", "bn", "blocks", "pool", "head"]
    blocks = at(model, "blocks")
    assert [model.index(i, 0, blocks).data() for i in range(model.rowCount(blocks))] == ["blocks.0", "blocks.1"]
    assert at(model, "blocks.1.conv").parent() == at(model, "blocks.1")
    assert at(model, "blocks.1.conv.weight").data() == "weight"


def test_what_cells_say(model: LayerModel) -> None:
    assert [at(model, "stem", column).data() for column in (TYPE, OUTPUT, PARAMS, SHARE, MULT_ADDS)] == [
        "Conv2d", "4\u2009×\u20098\u2009×\u20098", "100", "47.62%", "1 k",
    ]  # fmt: skip
    assert [at(model, "pool", column).data() for column in (PARAMS, SHARE, MULT_ADDS)] == ["–", "", "–"]
    assert at(model, "head", OUTPUT).data() == "2"
    assert at(model, "bn.weight", OUTPUT).data() == "4"


def test_only_rows_with_parameters_have_a_box(model: LayerModel) -> None:
    assert at(model, "pool").data(CHECK) is None
    assert not at(model, "pool").flags() & Qt.ItemFlag.ItemIsUserCheckable
    assert at(model, "stem").data(CHECK) == Qt.CheckState.Unchecked
    assert at(model, "stem").flags() & Qt.ItemFlag.ItemIsUserCheckable


def test_ticks_are_shown_as_three_states(model: LayerModel) -> None:
    model.show_ticks(model.ticks.mask(["blocks.0"]), "eval")
    assert at(model, "blocks.0").data(CHECK) == Qt.CheckState.Checked
    assert at(model, "blocks").data(CHECK) == Qt.CheckState.PartiallyChecked
    assert at(model, "head").data(CHECK) == Qt.CheckState.Unchecked
    assert at(model, "blocks.0").data(Qt.ItemDataRole.AccessibleTextRole) == "blocks.0, frozen"


def test_a_change_is_told_to_views(qtbot: QtBot, model: LayerModel) -> None:
    with qtbot.waitSignal(model.dataChanged):
        model.show_ticks(model.ticks.mask(["stem"]), "eval")
    with qtbot.assertNotEmitted(model.dataChanged):
        model.show_ticks(model.ticks.mask(["stem"]), "eval")


def test_setting_a_tick_asks_and_changes_nothing_by_itself(qtbot: QtBot, model: LayerModel) -> None:
    with qtbot.waitSignal(model.ticked) as asked:
        assert model.setData(at(model, "stem"), Qt.CheckState.Checked, CHECK)
    assert asked.args == [[model.ticks.row_of["stem"]], True]
    assert at(model, "stem").data(CHECK) == Qt.CheckState.Unchecked
    assert not model.setData(at(model, "pool"), Qt.CheckState.Checked, CHECK)


def test_toggle_goes_the_way_of_the_last_row_and_passes_over_rows_without_parameters(qtbot: QtBot, model: LayerModel) -> None:
    rows = model.ticks.row_of
    model.show_ticks(model.ticks.mask(["stem", "blocks.0"]), "eval")
    with qtbot.waitSignal(model.ticked) as asked:
        model.toggle([rows["head"], rows["pool"], rows["stem"]])
    assert asked.args == [[rows["head"], rows["stem"]], False]
    with qtbot.waitSignal(model.ticked) as asked:
        model.toggle([rows["blocks"]])
    assert asked.args == [[rows["blocks"]], True], "mixed becomes frozen"
    with qtbot.assertNotEmitted(model.ticked):
        model.toggle([rows["pool"]])


def test_a_ticked_batchnorm_that_trains_shows_that_it_learns(model: LayerModel) -> None:
    row = model.ticks.row_of["bn"]
    model.show_ticks(model.ticks.mask(["stem", "bn"]), "train")
    assert (model.state(row), model.effect(row)) == (State.FROZEN, State.LEARNS)
    assert "learns" in model.tip(row)


@pytest.mark.parametrize(
    ("ticked", "policy", "said"),
    [
        (["bn"], "eval", "averages kept"),
        (["bn"], "adapt", "averages follow"),
        (["bn"], "train", "learns"),
        ([], "eval", "learns"),
        (["bn.weight"], "eval", "averages follow"),
    ],
)
def test_what_a_batchnorm_does_with_its_averages(model: LayerModel, ticked: list[str], policy: str, said: str) -> None:
    model.show_ticks(model.ticks.mask(ticked), policy)
    assert at(model, "bn", NORM).data() == said
    assert at(model, "stem", NORM).data() == ""


def test_state_input_and_receptive_field(model: LayerModel, layers_document: dict[str, Any]) -> None:
    model.show_ticks(model.ticks.mask(["blocks.0"]), "eval")
    assert [at(model, path, STATE).data() for path in ("blocks.0", "blocks", "head", "pool")] == ["frozen", "partly frozen", "learns", ""]
    assert at(model, "stem", INPUT).data() == "3\u2009×\u20098\u2009×\u20098"
    assert at(model, "stem", FIELD).data() == "–", "an older document does not know"
    rows = [{**row, "receptive_field": 43} for row in layers_document["rows"]]
    model.load(rows, Ticks(rows))
    assert at(model, "stem", FIELD).data() == "43 px"


def test_large_documents_come_in_slices(qtbot: QtBot) -> None:
    rows = [{"path": "", "type": "Net", "kind": "module", "own_params": 0, "params": 0}]
    for i in range(2_000):
        rows.append({"path": f"layer{i}", "type": "Linear", "kind": "module", "own_params": 0, "params": 5})
        rows.append({"path": f"layer{i}.weight", "type": "Parameter", "kind": "parameter", "own_params": 5, "params": 5})
    model = LayerModel()
    with qtbot.waitSignal(model.loaded):
        model.load(rows, Ticks(rows))
        assert model.rowCount() == 0, "not all at once"
    assert model.rowCount() == 2_000
    model.load(rows[:3], Ticks(rows[:3]))
    assert model.rowCount() == 1
