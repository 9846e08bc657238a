"""Accuracy with its interval, class by class, and probability bars."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tlstudio.gui import theme
from tlstudio.gui.widgets.accuracy_card import AccuracyCard
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.interval_bar import IntervalBar
from tlstudio.gui.widgets.per_class_table import PerClassTable
from tlstudio.gui.widgets.probability_bars import ProbabilityBars

ROWS = [
    {"name": "b " + "x" * 80, "precision": 0.5, "recall": 1.0, "f1": 2 / 3, "n": 3},
    {"name": "a", "precision": None, "recall": 0.0, "f1": 0.0, "n": 1200},
]


def test_the_card_says_how_good_how_sure_and_on_what(qtbot: QtBot) -> None:
    card = AccuracyCard()
    qtbot.addWidget(card)
    document = {
        "n": 153, "metrics": {"accuracy": 145 / 153, "accuracy_interval": [0.9, 0.973], "loss": 0.13}, "confusion": [[66, 4], [4, 79]],
        "per_class": ROWS, "baseline": {"label": "bees", "accuracy": 83 / 153},
    }  # fmt: skip
    card.show_document(document, "validation")
    said = [label.text() for label in card.findChildren(type(card.value))] + [e.whole for e in card.findChildren(ElidedLabel)]
    assert {"0.948", "145 of 153 right", "95%  0.90 to 0.97", "validation, 153 images"} <= set(said)
    assert "always" in card.bar.accessibleName().lower()
    assert "bees" in card.bar.accessibleName()


def test_the_axis_begins_below_everything_shown(qtbot: QtBot) -> None:
    bar = IntervalBar()
    qtbot.addWidget(bar)
    bar.resize(200, 40)
    bar.show_share(0.95, 0.9, 0.97, ("bees", 0.54))
    assert bar.start == 0.5
    assert bar.x_of(0.5) < bar.x_of(0.95) < bar.x_of(1) < 200
    bar.show_share(0.95, 0.9, 0.97, ("bees", 0.1))
    assert bar.start == 0.0
    assert not bar.grab().isNull()


def test_classes_can_be_sorted_and_what_is_undefined_says_so(qtbot: QtBot) -> None:
    table = PerClassTable()
    qtbot.addWidget(table)
    table.show_rows(ROWS)
    model = table.model()
    assert model.index(0, 0).data() == ROWS[0]["name"]
    assert model.index(1, 1).data() == "–"
    assert model.index(1, 4).data() == "1,200"
    table.sortByColumn(4, Qt.SortOrder.DescendingOrder)
    assert model.index(0, 0).data() == "a"
    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert model.index(0, 0).data() == ROWS[0]["name"]


def test_bars_are_ranked_and_the_rest_is_summed(qtbot: QtBot) -> None:
    bars = ProbabilityBars(3)
    qtbot.addWidget(bars)
    bars.show_values([("a", 0.1), ("b", 0.6), ("c", 0.2), ("d", 0.1)])
    assert [(bar.name, round(bar.value, 3)) for bar in bars.bars] == [("b", 0.6), ("c", 0.2), ("2 others together", 0.2)]
    bars.show_values([("a", 0.1), ("b", 0.9)])
    assert [bar.isHidden() for bar in bars.bars] == [False, False, True]


def test_a_long_name_is_cut_and_whole_in_the_tooltip(qtbot: QtBot) -> None:
    line = ElidedLabel()
    qtbot.addWidget(line)
    line.setFont(theme.font())
    line.resize(80, 20)
    line.show_text("n" * 80)
    assert len(line.text()) < 40
    assert line.toolTip() == "n" * 80
