"""One metric of the compared runs over epochs, steps or minutes, each line named at its end; smoothed bold, raw thin behind it.

Import this only where it is about to be shown: pyqtgraph takes a third of a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QColor, QFontMetricsF, QPen

from tlstudio.gui import theme
from tlstudio.gui.compared_lines import smoothed
from tlstudio.gui.series import Floats, round_ticks, thin
from tlstudio.gui.widgets.line_ends import End
from tlstudio.gui.widgets.line_style import LineStyle
from tlstudio.gui.widgets.plot import Plot

NAME_LENGTH = 32  # characters of a run's title at the end of its line
COLUMNS = 600  # of pixels that a line is drawn for
MARKED = 60  # points up to which each has its marker


@dataclass(frozen=True)
class Line:
    """x, y: (N,) raw. said: how its last value is written beside its name."""

    name: str
    style: LineStyle
    x: Floats
    y: Floats
    said: Callable[[float], str]


class CompareCurves(Plot):
    """objectName compareCurves. Its numbers as a table stand behind the button beside it."""

    def __init__(self) -> None:
        self._items: list[Any] = []
        self._shown: list[Line] = []
        self._share, self._smoothing = True, 0.0
        self._last, self._room = 1.0, 0.0
        tr = QCoreApplication.translate
        super().__init__(
            "compareCurves", tr("CompareCurves", "epoch"), self._word, tr("CompareCurves", "A metric of the compared runs over time")
        )
        self.getAxis("bottom").enableAutoSIPrefix(False)
        self.getPlotItem().vb.sigResized.connect(lambda: self._fit())

    def _word(self, value: float) -> str:
        return f"{100 * value:.0f}" if self._share else f"{value:.4g}"

    def show_lines(self, lines: Sequence[Line], *, axis: str, what: str, share: bool, smoothing: float = 0.0) -> None:
        """axis: word under the plot. what: for screen readers. share: values are fractions, shown as percents. smoothing: 0..0.99."""
        self._shown, self._share, self._smoothing = [line for line in lines if len(line.x)], share, smoothing
        if axis != self._x_label:
            self._x_label = axis
            self._restyle()
        self.setAccessibleName(what)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and self._items:
            self._draw()

    def _draw(self) -> None:
        for item in self._items:
            self.removeItem(item)
        self._items = []
        ends: list[tuple[str, float, str]] = []
        seen: list[Floats] = []
        last = 0.0
        for line in self._shown:
            bold = smoothed(line.y, self._smoothing)
            if self._smoothing > 0:
                self._add(line.x, line.y, _faint(line.style), None)
            self._add(line.x, bold, line.style.pen(), line.style)
            known = line.y[np.isfinite(line.y)]
            if not len(known):
                continue
            seen.append(bold[np.isfinite(bold)] if self._smoothing > 0 and not self._share else known)
            last = max(last, float(line.x[-1]))
            name = line.name if len(line.name) <= NAME_LENGTH else line.name[: NAME_LENGTH // 2] + "…" + line.name[1 - NAME_LENGTH // 2 :]
            end = float(bold[np.isfinite(bold)][-1])  # where the line ends; the number is the value itself
            ends.append((f"{name} {line.said(float(known[-1]))}", end, line.style.text.name()))
        self._last = last or 1.0
        self._set_y(np.concatenate(seen) if seen else np.zeros(1))
        metrics = QFontMetricsF(theme.font(9, bold=True))
        self._room = max((metrics.horizontalAdvance(text) for text, _, _ in ends), default=0.0) + 24
        self._fit()
        # All words stand right of the longest line, where no line runs through them.
        self.set_ends([End(text, self._last, y, role) for text, y, role in ends])

    def _add(self, x: Floats, y: Floats, pen: QPen, style: LineStyle | None) -> None:
        x, y = thin(x, y, float(x[0]), float(x[-1]), COLUMNS)
        marks: dict[str, Any] = {}
        if style is not None and len(x) <= MARKED:
            marks = {"symbol": style.symbol, "symbolSize": 6, "symbolPen": None, "symbolBrush": style.colour}
        self._items.append(self.plot(x, y, pen=pen, antialias=True, connect="finite", **marks))

    def _set_y(self, values: Floats) -> None:
        """Of shares up to 100 % and down to what is seen; of others from 0 on, without the few highest of the first steps."""
        if self._share:
            bottom = max(0.0, min(0.9, math.floor(float(values.min()) * 10 - 0.2) / 10))
            step = next(step for step in (0.02, 0.05, 0.1, 0.2) if 1 - bottom <= 6 * step + 1e-6)
            ticks = [round(1 - i * step, 2) for i in range(int((1 - bottom) / step + 1e-6) + 1)]
            self.set_y(min(bottom, ticks[-1]), 1.0 + 0.02 * (1 - bottom), sorted(ticks))
            return
        top = float(np.quantile(values, 0.99)) if len(values) > 200 else float(values.max())
        ticks = round_ticks(min(0.0, float(values.min())), max(top, 1e-9) * 1.05)
        self.set_y(ticks[0], ticks[-1], ticks)

    def _fit(self) -> None:
        """The longest line ends where the words at the line ends need to begin."""
        width = self.getPlotItem().vb.width()
        share = min(0.6, self._room / width) if width > 0 else 0.0
        self.set_x(0.0, self._last / (1 - share))
        ticks = self._x_ticks if self._last >= 4 else round_ticks(0.0, self._last)  # a run of half a minute
        # Where the words stand there is no time.
        self.getAxis("bottom").setTicks([[(tick, f"{tick:,.4g}") for tick in ticks if tick <= self._last * 1.001]])


def _faint(style: LineStyle) -> QPen:
    tone = QColor(style.colour)
    tone.setAlpha(90)
    out = QPen(tone, 1.0)
    out.setCosmetic(True)
    return out
