"""What the rows of the tree say of a run: signals of layers and of what they lie in, locks of what is frozen."""

from __future__ import annotations

import math
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tlstudio.events import FrozenProof, Signals
from tlstudio.gui import theme
from tlstudio.gui.layer_signals import LayerSignals
from tlstudio.gui.ticks import Ticks
from tlstudio.gui.widgets.layer_tree import LayerModel, LayerTree
from tlstudio.gui.widgets.layer_tree.layer_columns import SIGNAL
from tlstudio.gui.widgets.layer_tree.row_signals import CLOSED, DEAD, OPEN, UPDATE, number
from tlstudio.gui.widgets.layer_tree.signal_paint import heat, ink, share_of

FINE = FrozenProof(ok=True, tensors=7, before="a", after="a", epoch=3)


def told(looks: int = 3) -> LayerSignals:
    out = LayerSignals()
    for i in range(looks):
        gradient: list[float | None] = [3.0 + i, 4.0, 0.5]
        layers = ["bn", "blocks.1.conv", "head"]
        out.add(
            Signals(epoch=1, step=i, layers=layers, gradient=gradient, update=[0.1, 0.2, 0.3], drift=[None] * 3, dead=[0.25, None, 0]), i
        )
    return out


@pytest.fixture
def model(qtbot: QtBot, layers_document: dict[str, Any]) -> LayerModel:
    made = LayerModel()
    made.load(layers_document["rows"], Ticks(layers_document["rows"]))
    made.show_ticks(made.ticks.mask(["stem", "blocks.0"]), "eval")
    return made


def said(model: LayerModel, path: str) -> str:
    return str(model.index_of(model.ticks.row_of[path]).siblingAtColumn(SIGNAL).data())


def lock(model: LayerModel, path: str) -> str:
    return model.lock(model.ticks.row_of[path])


def test_without_a_run_there_is_nothing_to_say(model: LayerModel) -> None:
    assert not model.signals.there
    assert {said(model, path) for path in ("stem", "bn", "blocks", "head")} == {"–"}


def test_gradients_of_what_holds_layers_are_the_norm_over_them_other_signals_the_largest(model: LayerModel) -> None:
    model.show_signals(told(1), None)
    row_of, signals = model.ticks.row_of, model.signals
    assert (said(model, "bn"), said(model, "blocks"), said(model, "blocks.1.conv"), said(model, "stem")) == ("3", "4", "4", "–")
    assert signals.latest(row_of[""]) == pytest.approx(math.sqrt(9 + 16 + 0.25))
    assert signals.latest(row_of[""], UPDATE) == pytest.approx(0.3)
    assert signals.latest(row_of["head"], "drift") is None
    assert said(model, "blocks.1.conv.weight") == "–", "a layer's weights have no signal of their own"
    signals.choose(DEAD, False)
    assert (said(model, "bn"), said(model, "head"), said(model, "blocks")) == ("25%", "0%", "–")
    signals.choose("", False)
    assert said(model, "bn") == "–"


def test_new_signals_draw_one_column_anew_and_nothing_where_nothing_is_new(qtbot: QtBot, model: LayerModel) -> None:
    changed: list[tuple[QModelIndex, QModelIndex]] = []
    model.dataChanged.connect(lambda a, b: changed.append((a, b)))
    signals = told()
    model.show_signals(signals, FINE)
    model.show_signals(signals, FINE)
    assert [(a.column(), b.column(), a.row(), b.row()) for a, b in changed] == [(SIGNAL, SIGNAL, 0, 4)]
    signals.add(Signals(epoch=1, step=9, layers=["bn"], gradient=[7.0], update=[None], drift=[None], dead=[None]), 9)
    model.show_signals(signals, FINE)
    assert len(changed) == 2
    x, y = model.signals.series(model.ticks.row_of["bn"])
    assert (x.tolist(), y.tolist()) == ([0, 1, 2, 9], [3, 4, 5, 7])
    assert said(model, "head") == "–", "it does not learn any more"


def test_a_lock_is_closed_where_the_frozen_is_proven_and_open_where_it_moved(model: LayerModel) -> None:
    model.show_signals(told(), FINE)
    assert [lock(model, path) for path in ("stem", "stem.weight", "blocks.0", "blocks", "bn")] == [CLOSED, CLOSED, CLOSED, "", ""]
    assert "after epoch 3" in model.tip(model.ticks.row_of["stem"])
    assert said(model, "stem") == "unmoved"
    model.show_ticks(model.ticks.mask(["stem", "blocks.0", "bn"]), "eval")
    assert lock(model, "bn") == "", "it is ticked now, but it learned in the run"
    moved = FINE.replace(ok=False, moved=["blocks.0.conv.running_mean", "elsewhere.weight"])
    model.show_signals(told(), moved)
    assert [lock(model, path) for path in ("blocks.0.conv", "blocks.0", "blocks", "stem")] == [OPEN, OPEN, OPEN, CLOSED]
    assert "blocks.0.conv.running_mean" in model.tip(model.ticks.row_of["blocks"])
    assert said(model, "blocks.0") == "moved"


def test_what_was_said_of_other_layers_is_forgotten_with_them(model: LayerModel, layers_document: dict[str, Any]) -> None:
    signals = told()
    model.show_signals(signals, FINE)
    rows = [row for row in layers_document["rows"] if not row["path"].startswith("blocks")]
    model.load(rows, Ticks(rows))
    model.show_signals(signals, FINE)
    assert said(model, "bn") == "5"
    assert model.signals.latest(model.ticks.row_of[""]) == pytest.approx(math.sqrt(25 + 0.25))


def test_the_column_is_drawn_as_curves_locks_and_heat(qapp: QApplication, qtbot: QtBot, layers_document: dict[str, Any]) -> None:
    theme.apply(qapp, theme.LIGHT)
    tree = LayerTree()
    qtbot.addWidget(tree)
    tree.layers.load(layers_document["rows"], Ticks(layers_document["rows"]))
    tree.layers.show_ticks(tree.layers.ticks.mask(["stem"]), "eval")
    tree.resize(500, 300)
    tree.show()
    assert tree.isColumnHidden(SIGNAL)
    tree.layers.show_signals(told(30), FINE.replace(ok=False, moved=["stem.weight"]))
    tree.head.signals = True
    tree.fit_columns()
    assert not tree.isColumnHidden(SIGNAL)
    plain, looks = tree.layers.signals, []
    for signal, warm in (("gradient", False), ("gradient", True), ("dead", True), ("", False)):
        plain.choose(signal, warm)
        tree.viewport().update()
        looks.append(tree.grab().toImage())
    assert all(a != b for i, a in enumerate(looks) for b in looks[:i])
    menu = tree.head.menu(tree)
    assert "Signal" not in [action.text() for action in menu.actions()], "it is chosen over the tree"


def test_the_scale_of_heat_goes_by_powers_of_ten_and_its_numbers_can_be_read() -> None:
    assert share_of(0.1, (0.01, 1.0), "gradient") == pytest.approx(0.5)
    assert (share_of(0.0, (0.01, 1.0), "gradient"), share_of(5.0, (0.01, 1.0), "gradient"), share_of(0.3, (0, 1), DEAD)) == (0.0, 1.0, 0.3)

    def light(colour: QColor) -> float:
        parts = (colour.redF(), colour.greenF(), colour.blueF())
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lights = [light(heat(i / 20)) for i in range(21)]
    assert lights == sorted(lights)
    for i in range(21):
        paper, on_it = lights[i], light(ink(heat(i / 20)))
        assert (max(paper, on_it) + 0.05) / (min(paper, on_it) + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("value", "signal", "text"),
    [(0.0234, "gradient", "0.023"), (1.2e-5, "update", "1.2e-5"), (2e4, "gradient", "2.0e4"), (0.5, DEAD, "50%")],
)
def test_numbers(value: float, signal: str, text: str) -> None:
    assert number(value, signal) == text


def test_the_tooltip_says_what_the_signal_means(model: LayerModel) -> None:
    model.show_signals(told(), None)
    tip = model.index_of(model.ticks.row_of["bn"]).data(Qt.ItemDataRole.ToolTipRole)
    assert "Gradient: 5" in tip
    assert "Dead units: 25%" in tip
    assert "Falling slowly is usual" in tip
