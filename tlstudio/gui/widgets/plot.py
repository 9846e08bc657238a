"""A plot in the product's look: no frame, thin axes, hairlines at round numbers, words at the line ends instead of a legend.

Import this only where a plot is about to be shown: pyqtgraph takes half a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QFrame, QWidget

from tlstudio.gui import theme
from tlstudio.gui.series import round_ticks
from tlstudio.gui.widgets.parts import colour

AXIS = 40  # width of the y axis: what stands above the plot on the same x axis begins there
RIGHT = 12  # room for half a tick label at the end of the x axis


@dataclass(frozen=True)
class Stroke:
    """How a line is drawn. role: a colour by its role. faint: the raw values behind a bold line. points: a dot at each value."""

    role: str
    width: float = 2.25
    dash: bool = False
    faint: bool = False
    points: bool = False

    def pen(self) -> QPen:
        tone = QColor(colour(self.role))
        tone.setAlpha(100 if self.faint else 255)
        out: QPen = pg.mkPen(tone, width=self.width)
        if self.dash:
            out.setDashPattern([4, 3])
            out.setCapStyle(Qt.PenCapStyle.FlatCap)
        return out


@dataclass(frozen=True)
class End:
    """A word at a line's end, in the line's colour: the legend."""

    text: str
    x: float
    y: float
    role: str


class Plot(pg.PlotWidget):  # type: ignore[misc]
    """Lines over x; the owner sets ranges. Colours and text sizes follow the theme."""

    def __init__(self, name: str, x_label: str, said: Callable[[float], str], description: str) -> None:
        """name: objectName. said: how a value of the y axis is written. description: for screen readers."""
        super().__init__(background=None)
        self.setObjectName(name)
        self.setAccessibleName(description)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("background: transparent;")
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMouseEnabled(x=False, y=False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its numbers stand in a table, which has the focus
        self.getPlotItem().vb.setDefaultPadding(0)
        self._said = said
        self._x_label = x_label
        self._lines: list[tuple[Any, Stroke]] = []
        self._rules: list[Any] = []
        self._marks: list[tuple[Any, str]] = []
        self._ends: list[End] = []
        self._words: list[Any] = []
        self._note: End | None = None
        self._ticks: list[float] = []
        self._x_ticks: list[float] = []
        self._leader = self.plot([], [])
        self._built = True
        self.getPlotItem().vb.sigResized.connect(lambda: self._place_ends())
        self._restyle()

    def close(self) -> bool:
        return QWidget.close(self)  # pyqtgraph's own takes the scene apart, and the next change of style crashes

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), theme.px(110))  # pyqtgraph would ask for 640 by 480

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), theme.px(90))

    def line(self, stroke: Stroke) -> Any:
        """A new line; give it points with `setData(x, y)`."""
        dots = {"symbol": "o", "symbolSize": 5, "symbolPen": None} if stroke.points else {}
        item = self.plot([], [], antialias=True, connect="finite", **dots)
        self._lines.append((item, stroke))
        self._restyle_line(item, stroke)
        return item

    def upright(self, x: float, role: str) -> Any:
        """A dotted line over the whole height at x."""
        item = pg.InfiniteLine(x)
        self.addItem(item)
        self._marks.append((item, role))
        item.setPen(pg.mkPen(colour(role), width=1, style=Qt.PenStyle.DotLine))
        return item

    def remove_uprights(self) -> None:
        for item, _ in self._marks:
            self.removeItem(item)
        self._marks = []

    def set_x(self, low: float, high: float) -> None:
        """The range of the x axis, with a tick at round whole numbers."""
        self.setXRange(low, high, padding=0)
        many = max(2, int(self.getPlotItem().vb.width() / theme.px(48)))
        ticks = [tick for tick in round_ticks(low, high, many) if low <= tick <= high and tick == round(tick)]
        if ticks != self._x_ticks:
            self._x_ticks = ticks
            self.getAxis("bottom").setTicks([[(tick, f"{tick:,.0f}") for tick in ticks]])

    def set_y(self, low: float, high: float, ticks: Sequence[float]) -> None:
        """Range and ticks with their hairlines. (With pyqtgraph's own grid on, the labels at both ends of the axis vanish.)"""
        self.setYRange(low, high, padding=0)
        if list(ticks) != self._ticks:
            self._ticks = list(ticks)
            self._rule()

    def set_ends(self, ends: Sequence[End]) -> None:
        """The words at the line ends; they are kept apart and inside the plot."""
        if list(ends) != self._ends:
            self._ends = list(ends)
            self._place_ends()

    def set_note(self, text: str, x: float, y: float) -> None:
        """A word about one point (the best epoch), with a dotted line to it from the nearer empty edge of the plot; "" for none."""
        note = End(text, x, y, "good") if text else None
        if note != self._note:
            self._note = note
            self._place_ends()

    def _rule(self) -> None:
        for rule in self._rules:
            self.removeItem(rule)
        self.getAxis("left").setTicks([[(v, self._said(v)) for v in self._ticks]])
        self._rules = [pg.InfiniteLine(v, angle=0, pen=pg.mkPen(colour("line"), width=1)) for v in self._ticks]
        for rule in self._rules:
            rule.setZValue(-10)
            self.addItem(rule)

    def _place_ends(self) -> None:
        """Beside the ends where there is room, else where the plot is empty above or below them; never on one another."""
        for word in self._words:
            self.removeItem(word)
        self._words = []
        box = self.getPlotItem().vb
        (left, right), (bottom, top) = box.viewRange()
        width, height = box.width(), box.height()
        self._leader.setData([], [])
        if width < 2 or height < 2 or right <= left or top <= bottom:
            return
        per_x, per_y = (right - left) / width, (top - bottom) / height
        if self._note is not None:
            self._place_note(self._note, left, right, bottom, top, per_x, per_y)
        taken: float | None = None  # lower edge of the word above, in pixels from the top
        many = len(self._ends)
        last = max((end.x for end in self._ends), default=0.0)
        ordered = sorted(self._ends, key=lambda end: -end.y)
        words = [self._word(end) for end in ordered]
        widest = max((word.boundingRect().width() for word in words), default=0.0)
        tall = sum(word.boundingRect().height() * 0.82 for word in words)
        highest, lowest = ((top - (ordered[at].y if ordered else top)) / per_y for at in (0, -1))
        # lines that end in the upper half have the room below them, all others above
        edge = lowest + 8 if highest + lowest < height else highest - tall - 8
        for i, (end, word) in enumerate(zip(ordered, words, strict=True)):
            size = word.boundingRect()
            w, h = size.width(), size.height() * 0.82
            x, y = (last - left) / per_x, (top - end.y) / per_y
            beside = x + 6 + widest <= width
            x = x + 6 if beside else width - w
            if beside:
                y -= h / 2
            else:
                y = edge if taken is None else taken
            y = min(max(y, 0.0), height - h * (many - i))
            if taken is not None:
                y = max(y, taken)
            taken = y + h
            word.setPos(left + x * per_x, top - (y - size.height() * 0.09) * per_y)
            word.setZValue(20)
            self.addItem(word, ignoreBounds=True)
            self._words.append(word)

    def _word(self, end: End) -> Any:
        word = pg.TextItem(end.text, color=colour(end.role), fill=_veil())
        word.setFont(theme.font(9, bold=True))
        return word

    def _place_note(self, note: End, left: float, right: float, bottom: float, top: float, per_x: float, per_y: float) -> None:
        high = note.y > (top + bottom) / 2
        word = self._word(note)
        size = word.boundingRect()
        x = note.x + 4 * per_x
        if x + size.width() * per_x > right:
            x = max(left, note.x - (size.width() + 4) * per_x)
        word.setPos(x, bottom + (size.height() + 4) * per_y if high else top)
        word.setZValue(20)
        self.addItem(word, ignoreBounds=True)
        self._words.append(word)
        self._leader.setData([note.x, note.x], [bottom if high else top, note.y])
        self._leader.setPen(pg.mkPen(colour(note.role), width=1, style=Qt.PenStyle.DotLine))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # every change of parent brings such an event too, and a plot is not restyled for nothing
        if theme.restyles(event) and getattr(self, "_built", False) and self._look != _look():
            self._restyle()

    def _restyle(self) -> None:
        self._look = _look()
        item = self.getPlotItem()
        for name in ("left", "bottom"):
            axis = item.getAxis(name)
            axis.setTextPen(pg.mkPen(colour("muted")))
            axis.setTickFont(theme.font(9))
            axis.setStyle(tickLength=0, tickTextOffset=6, hideOverlappingLabels=False)
        item.getAxis("bottom").setPen(pg.mkPen(colour("line")))
        item.getAxis("left").setPen(pg.mkPen(None))
        item.getAxis("left").setTickPen(pg.mkPen(None))
        item.getAxis("left").setWidth(theme.px(AXIS))
        item.getAxis("bottom").setHeight(theme.px(44 if self._x_label else 24))
        if self._x_label:
            item.setLabel("bottom", self._x_label, color=colour("muted").name(), **{"font-size": f"{9 * theme.scale():.1f}pt"})
        item.layout.setContentsMargins(0, theme.px(8), theme.px(RIGHT), 0)
        for line, stroke in self._lines:
            self._restyle_line(line, stroke)
        for mark, role in self._marks:
            mark.setPen(pg.mkPen(colour(role), width=1, style=Qt.PenStyle.DotLine))
        self._rule()
        self._place_ends()

    def _restyle_line(self, line: Any, stroke: Stroke) -> None:
        line.setPen(stroke.pen())
        if stroke.points:
            line.setSymbolBrush(colour(stroke.role))


def _look() -> tuple[str, float]:
    return theme.current().name, theme.scale()


def _veil() -> QColor:
    """The card's own colour, nearly opaque: a word stays readable where a line passes under it."""
    out = QColor(colour("surface"))
    out.setAlpha(190)
    return out
