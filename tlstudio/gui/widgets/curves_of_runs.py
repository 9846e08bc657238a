"""The card under the table of runs: the curves of those that are ticked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QStackedWidget

from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.line_style import LineStyle
from tlstudio.gui.widgets.parts import card, column, header, label

if TYPE_CHECKING:
    from tlstudio.gui.widgets.compare_curves import CompareCurves


class CurvesOfRuns(QFrame):
    """Builds the plot when it is first shown: pyqtgraph is slow to import."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[Row, LineStyle]] = []
        self._plot: CompareCurves | None = None
        self._unit = label("", "small")
        self._hint = label("", "muted", wrap=True, align=Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._hint)
        inner = card(column(header(self.tr("Validation accuracy"), self._unit), (self._stack, 1), spacing=4))
        self.setLayout(column(inner, spacing=0))

    def show_rows(self, rows: Sequence[tuple[Row, LineStyle]]) -> None:
        self._rows = list(rows)
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def _draw(self) -> None:
        drawn = [row for row, _ in self._rows if row.get("curve")]
        if self.isVisible() and self._plot is None and drawn:
            from tlstudio.gui.widgets.compare_curves import CompareCurves

            self._plot = CompareCurves()
            self._stack.addWidget(self._plot)
        if self._plot is not None:
            self._plot.show_rows(self._rows)
        if drawn or not self._rows:
            self._hint.setText(self.tr("Tick runs above to lay their curves over each other"))
        else:
            self._hint.setText(self.tr("None of the ticked runs has finished an epoch yet"))
        self._stack.setCurrentIndex(1 if drawn and self._plot is not None else 0)
        counts = {row.get("val_n") for row in drawn}
        n = next(iter(counts)) if len(counts) == 1 else None
        self._unit.setText(self.tr("% of %1 images").replace("%1", f"{n:,}") if n else self.tr("% of validation images") if drawn else "")
