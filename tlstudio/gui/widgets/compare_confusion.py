"""Confusion matrices of two to four runs side by side, and what the second has more or fewer than the first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.confusion_cells import ConfusionCells
from tlstudio.gui.widgets.difference_cells import DifferenceCells, signed
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.line_style import LineStyle
from tlstudio.gui.widgets.parts import GAP, column, label, row
from tlstudio.gui.widgets.plain_table import PlainTable
from tlstudio.gui.words import percent
from tlstudio.run_rows.judged import Judged, Pair

LARGEST, SMALLEST = 20, 148  # classes that a matrix can show; least width of one
PAIRS = 200  # of classes that are listed where there are more


class KeyOfRun(QWidget):
    """A piece of the run's line, as in the table."""

    def __init__(self) -> None:
        super().__init__()
        self._style: LineStyle | None = None

    def show_style(self, style: LineStyle) -> None:
        self._style = style
        self.setFixedSize(theme.px(36), theme.px(14))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._style is not None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._style.paint_key(painter, self.rect().toRectF())
            painter.end()


class _Panel(QWidget):
    """One matrix under the name of its run."""

    def __init__(self, cells: ConfusionCells) -> None:
        super().__init__()
        self.cells, self.key = cells, KeyOfRun()
        self.name, self.figure = ElidedLabel("section"), label("", "small")
        self.setLayout(column(row(self.key, (self.name, 1), self.figure, spacing=6), (cells, 1), spacing=2))


class CompareConfusion(QScrollArea):
    """objectName compareConfusion. Over LARGEST classes a table of the cells that differ most."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("compareConfusion")
        self.setAccessibleName(self.tr("Confusion of the ticked runs side by side"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self._panels: list[_Panel] = []
        self._difference = _Panel(DifferenceCells())
        self._difference.key.hide()
        self._difference.name.show_text(self.tr("Second less first"))
        self._difference.figure.setToolTip(self.tr("Rows are the truth, columns the prediction; blue with a plus is more, orange fewer"))
        self._pairs = PlainTable("differencePairs", self.tr("Cells of the confusion that differ most"))
        self._line = row(self._difference, self._pairs, spacing=GAP)
        inside = QWidget()
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._line)
        inside.setLayout(self._column)
        self.setWidget(inside)

    def show_runs(
        self, names: Sequence[str], styles: Sequence[LineStyle], runs: Sequence[Judged], found: Pair, chosen: tuple[int, int]
    ) -> None:
        """chosen: which of the runs are the first and the second; found: that pair on the images of both."""
        first, second = runs[chosen[0]], runs[chosen[1]]
        n = len(first.classes)
        a, b = (_confusion(one, at, n) for one, at in ((first, found.first), (second, found.second)))
        as_list = n > LARGEST
        self._pairs.setVisible(as_list)
        self._difference.setVisible(not as_list)
        if as_list:
            for panel in self._panels:
                panel.hide()
            self._list(first.classes, a, b)
            return
        while len(self._panels) < len(runs):
            self._panels.append(_Panel(ConfusionCells()))
            self._line.insertWidget(len(self._panels) - 1, self._panels[-1], 1)
        for i, panel in enumerate(self._panels):
            panel.setVisible(i < len(runs))
            if i < len(runs):
                panel.key.show_style(styles[i])
                panel.name.show_text(names[i])
                panel.figure.setText(percent(float(np.mean(runs[i].scores)) if len(runs[i].scores) else None))
                panel.cells.show_counts(runs[i].confusion, runs[i].classes)
        cells = self._difference.cells
        assert isinstance(cells, DifferenceCells)
        self._difference.name.show_text(self.tr("Second less first") if len(runs) == 2 else f"{names[chosen[1]]} − {names[chosen[0]]}")
        cells.show_difference(a, b, first.classes)
        self._line.setStretchFactor(self._difference, 1)
        self._fit()

    def _list(self, names: list[str], first: NDArray[np.int64], second: NDArray[np.int64]) -> None:
        gap = second - first
        order = np.argsort(-np.abs(gap), axis=None, kind="stable")[:PAIRS]
        rows = []
        for flat in order.tolist():
            truth, said = divmod(flat, len(names))
            if gap[truth, said]:
                rows.append(
                    [names[truth], names[said], f"{first[truth, said]:,}", f"{second[truth, said]:,}", signed(int(gap[truth, said]))]
                )
        self._pairs.show_rows([self.tr("is"), self.tr("called"), self.tr(">first"), self.tr(">second"), self.tr(">difference")], rows)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and getattr(self, "_panels", None):
            self._fit()

    def _fit(self) -> None:
        for panel in (*self._panels, self._difference):
            panel.setMinimumSize(theme.px(SMALLEST), theme.px(160))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)


def _confusion(run: Judged, at: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """(n, n) of those images only, rows the truth."""
    return np.bincount(run.truth[at] * n + run.said[at], minlength=n * n).reshape(n, n)
