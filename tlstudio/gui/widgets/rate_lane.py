"""The learning rate as a lane on the time axis of a plot, never smoothed: what was used, and faint what is planned."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from tlstudio.gui import theme
from tlstudio.gui.series import Floats, thin
from tlstudio.gui.widgets.parts import colour

HEIGHT = 28
_NONE = np.empty(0)


def rate_text(rate: float) -> str:
    """0.00125, 0.0000079: three figures, two where they stand far behind the point; never a power of ten where people can do without."""
    if 1e-8 <= abs(rate) < 1e-4:
        return np.format_float_positional(float(f"{rate:.2g}"), trim="-")
    return f"{rate:.3g}"


class RateLane(QWidget):
    """One group of parameters. left, right: what the plot below it leaves free, in pixels at text scale 1."""

    def __init__(self, left: int, right: int, word: str) -> None:
        super().__init__()
        self._left, self._right, self._word = left, right, word
        self._used: tuple[Floats, Floats] = (_NONE, _NONE)
        self._planned: tuple[Floats, Floats] = (_NONE, _NONE)
        self._epochs = 1
        self._instead = ""
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the card behind it need not be painted for each drawing
        self._fit()

    def show_rates(self, used: tuple[Floats, Floats], planned: tuple[Floats, Floats], epochs: int, instead: str = "") -> None:
        """used, planned: (places in epochs, rates; NaN while this group rests). instead: what is said where it has no rate at any time."""
        self._used, self._planned, self._epochs, self._instead = used, planned, max(1, epochs), instead
        now = self._now()[1]
        said = self.tr("none now, it is frozen") if math.isnan(now) else rate_text(now)
        text = instead or self.tr("Learning rate, %1: %2").replace("%1", self._word).replace("%2", said)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour("surface"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(8.5))
        painter.setPen(colour("muted"))
        left = theme.px(self._left)
        side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(0, 0, left - 6, self.height()), side, self.tr("rate"))
        width = self.width() - left - theme.px(self._right)
        if self._instead:
            room = width + theme.px(self._right)
            text = painter.fontMetrics().elidedText(self._instead, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(left, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            painter.end()
            return
        top = float(np.fmax.reduce(np.r_[self._used[1], self._planned[1], np.nan]))
        if not top > 0 or width < 8:
            painter.end()
            return
        now, rate = self._now()
        after = self._planned[0] >= now
        parts = ((self._planned[0][after], self._planned[1][after], 90), (*self._used, 255))
        drawn: list[QPolygonF] = []
        for x, rates, alpha in parts:
            if len(x) > 1:
                tone = QColor(colour("muted"))
                tone.setAlpha(alpha)
                painter.setPen(QPen(tone, 1.75))
                places, values = thin(x, rates, 0, self._epochs, max(2, width // 4))
                known = np.isfinite(values)
                points = [self._point(a, b, left, width, top) for a, b in zip(places[known], values[known], strict=True)]
                drawn.append(QPolygonF(points))
                painter.drawPolyline(drawn[-1])
        if math.isfinite(rate):
            self._say(painter, now, rate, left, width, top, drawn)
        painter.end()

    def _point(self, x: float, rate: float, left: int, width: int, top: float) -> QPointF:
        return QPointF(left + width * x / self._epochs, 5 + (self.height() - 10) * (1 - rate / top))

    def _now(self) -> tuple[float, float]:
        """Where the run is, in epochs, and the rate there; NaN while this group rests. Before a run the first rate that is planned."""
        if len(self._used[0]):
            return float(self._used[0][-1]), float(self._used[1][-1])
        known = np.flatnonzero(np.isfinite(self._planned[1]))
        return 0.0, float(self._planned[1][known[0]]) if len(known) else math.nan

    def _say(self, painter: QPainter, now: float, rate: float, left: int, width: int, top: float, drawn: Sequence[QPolygonF]) -> None:
        """The rate of now, as near to the end of what was used as the lines leave room for it."""
        text = f"{self._word} {rate_text(rate) if rate > top / 1000 else '≈ 0'}"  # at a stage's end; its figures stand in the tooltip
        if not len(self._used[0]):  # it begins where this group's first stage does
            known = np.flatnonzero(np.isfinite(self._planned[1]))
            now = float(self._planned[0][known[0]])
        end = self._point(now, rate, left, width, top)
        long = painter.fontMetrics().horizontalAdvance(text)
        x = min(end.x() + 8, left + width - long)
        high = painter.fontMetrics().height()
        up, down = 0.0, float(self.height() - high)
        wanted = QRectF(x, up if end.y() > self.height() * 0.4 else down, long + 2, high)
        box = _clear(wanted, (wanted.y(), down if wanted.y() == up else up), float(left), max(float(left), x, left + width - long), drawn)
        veil = QColor(colour("surface"))  # the planned line may pass under it
        veil.setAlpha(190)
        painter.fillRect(box, veil)
        painter.setPen(colour("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))
        self.update()


def _clear(wanted: QRectF, tops: Sequence[float], low: float, high: float, drawn: Sequence[QPolygonF]) -> QRectF:
    """The box, moved no farther than it must so that no line passes through it; tops, low, high: where it may stand.

    Where lines are everywhere it stands where the fewest are.
    """
    columns = np.arange(low, high + wanted.width() + 1, 2.0)
    crossed = []
    for top in tops:
        hit = np.zeros(len(columns), dtype=bool)
        for line in drawn:
            if len(points := [(point.x(), point.y()) for point in line.toList()]):
                x, y = np.array(points).T
                at = np.interp(columns, x, y, left=np.nan, right=np.nan)
                hit |= (at > top - 2) & (at < top + wanted.height() + 2)  # lines have a width
        crossed.append(np.r_[0, np.cumsum(hit)])
    found: list[tuple[int, float, QRectF]] = []
    for x in (wanted.x(), *np.arange(low, high + 0.5, 4.0)):
        first, last = np.searchsorted(columns, (x - 3, x + wanted.width() + 3))
        for top, sums in zip(tops, crossed, strict=True):
            box = QRectF(float(x), top, wanted.width(), wanted.height())
            found.append((int(sums[last] - sums[first]), abs(x - wanted.x()) + (top != tops[0]), box))
    return min(found, key=lambda each: each[:2])[2]
