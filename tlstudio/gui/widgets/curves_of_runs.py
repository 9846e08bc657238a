"""The card under the table of runs: the curves of those that are ticked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QStackedWidget

from tlstudio.gui import metric
from tlstudio.gui.metric import MASKS
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.line_style import LineStyle
from tlstudio.gui.widgets.parts import card, column, header, label
from tlstudio.gui.widgets.runs_model import tasks_of

if TYPE_CHECKING:
    from tlstudio.gui.widgets.compare_curves import CompareCurves


class CurvesOfRuns(QFrame):
    """Builds the plot when it is first shown: pyqtgraph is slow to import."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[Row, LineStyle]] = []
        self._plot: CompareCurves | None = None
        self._unit = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self._unit.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._hint = label("", "muted", wrap=True, align=Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._hint)
        self._title = label(metric.validation_word([]), "section")
        inner = card(column(header(self._title, (self._unit, 1000)), (self._stack, 1), spacing=4))
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
        tasks = tasks_of(drawn)
        self._title.setText(metric.validation_word(sorted(tasks)))
        if len(tasks) > 1:
            self._unit.show_text(self.tr("Runs of different tasks: mean IoU and accuracy, each in %, cannot be compared with each other"))
            return
        counts = {row.get("val_n") for row in drawn}
        n = next(iter(counts)) if len(counts) == 1 else None
        if MASKS in tasks:
            self._unit.show_text(self.tr("%, on %1 images").replace("%1", f"{n:,}") if n else self.tr("%, on validation images"))
        else:
            whole = self.tr("% of %1 images").replace("%1", f"{n:,}") if n else self.tr("% of validation images")
            self._unit.show_text(whole if drawn else "")
