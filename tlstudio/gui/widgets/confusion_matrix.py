"""What was called what: rows are the truth, columns the prediction; over 30 classes the worst pairs, as a list."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from tlstudio.gui.widgets.confusion_cells import ConfusionCells
from tlstudio.gui.widgets.worst_pairs import WorstPairs

MOST = 30  # classes that a matrix can show


class ConfusionMatrix(QStackedWidget):
    """objectName confusionMatrix."""

    cell_chosen = Signal(int, int)
    """The user asks for the images of (truth, prediction)."""

    def __init__(self, *, pixels: bool = False) -> None:
        """pixels: these are counted, not images."""
        super().__init__()
        self.setObjectName("confusionMatrix")
        self.setAccessibleName(self.tr("Confusion matrix"))
        self.cells, self.pairs = ConfusionCells(pixels=pixels), WorstPairs(pixels=pixels)
        for view in (self.cells, self.pairs):
            self.addWidget(view)
            view.chosen.connect(self.cell_chosen)
        self.setFocusProxy(self.cells)

    @property
    def as_list(self) -> bool:
        return self.currentWidget() is self.pairs

    def show_counts(self, counts: list[list[int]], names: list[str]) -> None:
        """counts: (C, C) images or pixels, rows the truth; names: C classes."""
        table: NDArray[np.int64] = np.asarray(counts, np.int64).reshape(len(names), len(names))
        view = self.pairs if len(names) > MOST else self.cells
        view.show_counts(table, names)
        self.setCurrentWidget(view)
        self.setFocusProxy(view)
