"""What is called what: cells up to thirty classes, then the worst pairs."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tlstudio.gui.widgets.confusion_matrix import ConfusionMatrix


def test_a_cell_is_chosen_by_click_and_by_keys(qtbot: QtBot) -> None:
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(400, 300)
    matrix.show_counts([[66, 4], [5, 79]], ["ants", "bees"])
    matrix.show()
    cells = matrix.cells
    assert not matrix.as_list
    assert cells.model().index(1, 0).data() == "5"
    assert "bees called ants: 5 images" in cells.model().index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    chosen: list[tuple[int, int]] = []
    matrix.cell_chosen.connect(lambda truth, said: chosen.append((truth, said)))
    middle = cells.visualRect(cells.model().index(0, 1)).center()
    QTest.mouseClick(cells.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    cells.setFocus()
    QTest.keyClick(cells, Qt.Key.Key_Down)
    QTest.keyClick(cells, Qt.Key.Key_Return)
    assert chosen == [(0, 1), (1, 1)]
    assert not matrix.grab().isNull()


def test_many_classes_become_the_worst_pairs(qtbot: QtBot) -> None:
    n = 1000
    counts = np.diag(np.full(n, 10))
    counts[3, 4] = 7
    counts[900, 1] = 9
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.show_counts(counts.tolist(), [f"class {i}" for i in range(n)])
    assert matrix.as_list
    model = matrix.pairs.model()
    assert model.rowCount() == 2
    assert [model.index(0, c).data() for c in range(4)] == ["class 900", "class 1", "9", "47.4%"]
    chosen: list[tuple[int, int]] = []
    matrix.cell_chosen.connect(lambda truth, said: chosen.append((truth, said)))
    matrix.pairs.activated.emit(model.index(1, 0))
    assert chosen == [(3, 4)]


def test_narrow_columns_write_their_names_upwards(qtbot: QtBot) -> None:
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(330, 240)
    matrix.show()
    matrix.show_counts(np.eye(12, dtype=int).tolist(), [f"a rather long name {i}" for i in range(12)])
    assert matrix.cells.columnWidth(0) < 40
    assert matrix.cells.horizontalHeader().height() > 40
    assert not matrix.grab().isNull()


def test_a_smaller_matrix_takes_the_place_of_a_larger_one(qtbot: QtBot) -> None:
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(400, 300)
    matrix.show()
    for n in (5, 2, 29, 3):
        matrix.show_counts(np.eye(n, dtype=int).tolist(), [f"class {i}" for i in range(n)])
        model = matrix.cells.model()
        assert (model.rowCount(), model.columnCount()) == (n, n)
        assert model.headerData(n, Qt.Orientation.Horizontal) is None
