"""Validation accuracy, or mean IoU, of the compared runs over their epochs, each line named at its end.

Import this only where it is about to be shown: pyqtgraph takes a third of a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QFontMetricsF

from tlstudio.gui import theme
from tlstudio.gui.metric import MASKS
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.line_ends import End
from tlstudio.gui.widgets.line_style import LineStyle
from tlstudio.gui.widgets.plot import Plot
from tlstudio.gui.widgets.runs_model import names_of, tasks_of
from tlstudio.gui.words import percent

NAME_LENGTH = 32  # characters of a run's title at the end of its line


class CompareCurves(Plot):
    """objectName compareCurves. The numbers stand in the runs table."""

    def __init__(self) -> None:
        self._curves: list[tuple[Any, LineStyle]] = []
        self._rows: list[tuple[Row, LineStyle]] = []
        self._last, self._room = 1, 0.0
        tr = QCoreApplication.translate
        super().__init__(
            "compareCurves",
            tr("CompareCurves", "epoch"),
            lambda value: f"{100 * value:.0f}",
            tr("CompareCurves", "Validation accuracy of the compared runs over their epochs"),
        )

        self.getPlotItem().vb.sigResized.connect(lambda: self._fit())

    def show_rows(self, rows: Sequence[tuple[Row, LineStyle]]) -> None:
        """rows: runs with a curve, and how each is drawn."""
        self._rows = [(row, style) for row, style in rows if row.get("curve")]
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and self._curves:
            self._draw()

    def _draw(self) -> None:
        for item, _ in self._curves:
            self.removeItem(item)
        self._curves = []
        ends: list[tuple[str, float, str]] = []
        lowest, last = 1.0, 1
        mixed = len(tasks_of(row for row, _ in self._rows)) > 1
        for (row, style), name in zip(self._rows, names_of([row for row, _ in self._rows]), strict=True):
            y = [math.nan if v is None else v for v in row["curve"]]
            x = list(range(1, len(y) + 1))
            item = self.plot(
                x, y, pen=style.pen(), antialias=True, connect="finite",
                symbol=style.symbol if len(y) <= 60 else None, symbolSize=6, symbolPen=None, symbolBrush=style.colour,
            )  # fmt: skip
            self._curves.append((item, style))
            known = [v for v in y if not math.isnan(v)]
            if known:
                lowest, last = min(lowest, *known), max(last, len(y))
                name = name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH // 2] + "…" + name[-NAME_LENGTH // 2 + 1 :]
                figure = f"IoU {percent(known[-1])}" if mixed and row.get("task") == MASKS else percent(known[-1])
                ends.append((f"{name} {figure}", known[-1], style.text.name()))
        bottom = max(0.0, min(0.9, math.floor(lowest * 10 - 0.2) / 10))
        step = next(step for step in (0.02, 0.05, 0.1, 0.2) if 1 - bottom <= 6 * step + 1e-6)
        ticks = [round(1 - i * step, 2) for i in range(int((1 - bottom) / step + 1e-6) + 1)]
        self.set_y(min(bottom, ticks[-1]), 1.0 + 0.02 * (1 - bottom), sorted(ticks))
        self._last = last
        metrics = QFontMetricsF(theme.font(9, bold=True))
        self._room = max((metrics.horizontalAdvance(text) for text, _, _ in ends), default=0.0) + 24
        self._fit()
        # All words stand right of the longest line, where no line runs through them.
        self.set_ends([End(text, float(last), y, role) for text, y, role in ends])

    def _fit(self) -> None:
        """The longest line ends where the words at the line ends need to begin."""
        width = self.getPlotItem().vb.width()
        share = min(0.6, self._room / width) if width > 0 else 0.0
        self.set_x(0.0, self._last / (1 - share))
        # Where the words stand there are no epochs.
        self.getAxis("bottom").setTicks([[(tick, f"{tick:,.0f}") for tick in self._x_ticks if tick <= self._last]])
