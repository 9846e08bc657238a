"""One tensor of a layer: its name, its mean and deviation to be copied, its histogram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.parts import column, label, row
from tlstudio.gui.widgets.weight_histogram import WeightHistogram, figure
from tlstudio.gui.words import percent

_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard


class WeightSpread(QWidget):
    """title: Weights, Bias, Running mean. told: {mean, std, min, max, zeros, n, histogram} of a `layer_detail` document."""

    def __init__(self, title: str, told: Mapping[str, Any]) -> None:
        super().__init__()
        name = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        name.show_text(title)
        self.numbers = label(
            self.tr("mean %1, sd %2").replace("%1", figure(told["mean"], 2)).replace("%2", figure(told["std"], 2)),
            "small",
        )
        self.numbers.setTextInteractionFlags(_SELECTABLE)
        self.numbers.setCursor(Qt.CursorShape.IBeamCursor)
        self.numbers.setToolTip(
            self.tr("%1 numbers from %2 to %3, mean %5, standard deviation %6; %4 of them are exactly 0")
            .replace("%1", f"{told['n']:,}")
            .replace("%2", figure(told["min"]))
            .replace("%3", figure(told["max"]))
            .replace("%4", percent(told["zeros"]))
            .replace("%5", figure(told["mean"], 6))
            .replace("%6", figure(told["std"], 6))
        )
        self.histogram = WeightHistogram()
        self.histogram.setAccessibleName(self.tr("Histogram: %1").replace("%1", title))
        self.histogram.show_histogram(told["histogram"])
        self.setLayout(column(row((name, 1), self.numbers, spacing=4), self.histogram, spacing=4))
