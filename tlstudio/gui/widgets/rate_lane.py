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
_APART = 3.0  # pixels between two points of a line that does not leap
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
        self._painted: tuple[list[Floats], str] = [], ""
        self._ready: tuple[int, list[Floats]] = -1, []
        """The lines as they were worked out last, for that width."""
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # the card behind it need not be painted for each drawing
        self._fit()

    def show_rates(self, used: tuple[Floats, Floats], planned: tuple[Floats, Floats], epochs: int, instead: str = "") -> None:
        """used, planned: (places in epochs, rates; NaN while this group rests). instead: what is said where it has no rate at any time."""
        self._used, self._planned, self._epochs, self._instead = used, planned, max(1, epochs), instead
        now = self._now()[1]
        said = self.tr("none now, it is frozen") if math.isnan(now) else rate_text(now)
        text = instead or self.tr("Learning rate, %1: %2").replace("%1", self._word).replace("%2", said)
        if text != self.toolTip():
            self.setToolTip(text)
            self.setAccessibleName(text)
        before, lines = self._painted, self._lines()
        self._ready = self.width(), lines
        alike = len(lines) == len(before[0]) and all(
            one.shape == other.shape and np.allclose(one, other, 0, 0.3) for one, other in zip(lines, before[0], strict=True)
        )
        if not alike or text != before[1]:  # of a long run, many steps are less than a pixel
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), colour("surface"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(8.5))
        painter.setPen(colour("muted"))
        left, width = self._room()
        side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(0, 0, left - 6, self.height()), side, self.tr("rate"))
        lines = self._ready[1] if self._ready[0] == self.width() else self._lines()
        self._painted = lines, self.toolTip()
        if self._instead:
            room = width + theme.px(self._right)
            text = painter.fontMetrics().elidedText(self._instead, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(left, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        for points, alpha in zip(lines, (90, 255), strict=False):
            tone = QColor(colour("muted"))
            tone.setAlpha(alpha)
            painter.setPen(QPen(tone, 1.75))
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points.tolist()]))
        now, rate = self._now()
        if lines and math.isfinite(rate):
            self._say(painter, now, rate, left, width, self._top(), [line for line in lines if len(line)])
        painter.end()

    def _room(self) -> tuple[int, int]:
        """Where the lines begin, and how wide they may be."""
        left = theme.px(self._left)
        return left, self.width() - left - theme.px(self._right)

    def _top(self) -> float:
        """The highest rate that there is; NaN without any."""
        return float(np.fmax.reduce(np.concatenate((self._used[1], self._planned[1], [np.nan]))))

    def _lines(self) -> list[Floats]:
        """What is planned from here on and what was used, in pixels, (N, 2) each; none at all where there is no rate or no room."""
        (left, width), top, (now, _) = self._room(), self._top(), self._now()
        if self._instead or not top > 0 or width < 8:
            return []
        after = self._planned[0] >= now
        out = []
        for x, rates in ((self._planned[0][after], self._planned[1][after]), self._used):
            places, values = thin(x, rates, 0, self._epochs, max(2, width // 2)) if len(x) > 1 else (_NONE, _NONE)
            known = np.isfinite(values)
            across = left + width * places[known] / self._epochs
            out.append(_turns(np.stack([across, 5 + (self.height() - 10) * (1 - values[known] / top)], 1)))
        return out

    def _point(self, x: float, rate: float, left: int, width: int, top: float) -> QPointF:
        return QPointF(left + width * x / self._epochs, 5 + (self.height() - 10) * (1 - rate / top))

    def _now(self) -> tuple[float, float]:
        """Where the run is, in epochs, and the rate there; NaN while this group rests. Before a run the first rate that is planned."""
        if len(self._used[0]):
            return float(self._used[0][-1]), float(self._used[1][-1])
        known = np.flatnonzero(np.isfinite(self._planned[1]))
        return 0.0, float(self._planned[1][known[0]]) if len(known) else math.nan

    def _say(self, painter: QPainter, now: float, rate: float, left: int, width: int, top: float, drawn: Sequence[Floats]) -> None:
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
        self._ready = -1, []
        self.update()


def _turns(points: Floats) -> Floats:
    """A line (N, 2) in pixels without the points that it passes anyway: a schedule has thousands, and few of them are seen."""
    if len(points) < 3:
        return points
    column = np.floor(points[:, 0] / _APART)
    level = np.abs(np.diff(points[:, 1], prepend=-np.inf))
    kept = (column != np.concatenate(([-1], column[:-1]))) | (level > 0.5)
    kept[:-1] |= kept[1:] & (level[1:] > 0.5)  # where it leaps it stood still before
    kept[-1] = True
    points = points[kept]
    flat = np.zeros(len(points), dtype=bool)
    if len(points) > 2:
        (dx, dy), (ex, ey) = (points[1:-1] - points[:-2]).T, (points[2:] - points[1:-1]).T
        flat[1:-1] = (np.abs(dy) < 1e-6) & (np.abs(ey) < 1e-6) & (dx >= 0) & (ex >= 0)
    return points[~flat]


def _clear(wanted: QRectF, tops: Sequence[float], low: float, high: float, drawn: Sequence[Floats]) -> QRectF:
    """The box, moved no farther than it must so that no line (N, 2) passes through it; tops, low, high: where it may stand.

    Where lines are everywhere it stands where the fewest are.
    """
    columns = np.arange(low, high + wanted.width() + 1, 2.0)
    lefts = np.r_[wanted.x(), np.arange(low, high + 0.5, 4.0)]
    first, last = np.searchsorted(columns, lefts - 3), np.searchsorted(columns, lefts + wanted.width() + 3)
    lines = [np.interp(columns, line[:, 0], line[:, 1], left=np.nan, right=np.nan) for line in drawn]
    crossed, far = [], []
    for top in tops:
        hit = np.zeros(len(columns), dtype=bool)
        for at in lines:
            hit |= (at > top - 2) & (at < top + wanted.height() + 2)  # lines have a width
        sums = np.r_[0, np.cumsum(hit)]
        crossed.append(sums[last] - sums[first])
        far.append(np.abs(lefts - wanted.x()) + (top != tops[0]))
    best = int(np.lexsort((np.stack(far, 1).ravel(), np.stack(crossed, 1).ravel()))[0])
    return QRectF(float(lefts[best // len(tops)]), tops[best % len(tops)], wanted.width(), wanted.height())
