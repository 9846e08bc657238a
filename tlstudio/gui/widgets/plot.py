"""A plot in the product's look: no frame, thin axes, hairlines at round numbers, words at the line ends instead of a legend.

Import this only where a plot is about to be shown: pyqtgraph takes half a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QLineF, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QRegion
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from tlstudio.gui import theme
from tlstudio.gui.series import Floats, round_ticks
from tlstudio.gui.widgets.band import Band
from tlstudio.gui.widgets.line_ends import End, Frame, Note, Words, covered, place, place_mark, place_note, star, write
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.widgets.stroke import Stroke

AXIS = 40  # width of the y axis: what stands above the plot on the same x axis begins there
STAR = 9  # radius of the star at the best epoch
RIGHT = 12  # room for half a tick label at the end of the x axis


class Plot(pg.PlotWidget):  # type: ignore[misc]
    """Lines over x; the owner sets ranges. Colours and text sizes follow the theme."""

    def __init__(self, name: str, x_label: str, said: Callable[[float], str], description: str) -> None:
        """name: objectName. said: how a value of the y axis is written. description: for screen readers."""
        super().__init__(enableMenu=False)
        self._tame_menu()
        self.setObjectName(name)
        self.setAccessibleName(description)
        self.setFrameShape(QFrame.Shape.NoFrame)
        # with the card's own colour behind it, the card need not be painted again for each drawing
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)  # the hairlines are part of the background
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMouseEnabled(x=False, y=False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its numbers stand in a table, which has the focus
        self.getPlotItem().vb.setDefaultPadding(0)
        self._said = said
        self._x_label = x_label
        self._ranges = [(0.0, 0.0), (0.0, 0.0)]
        self._lines: list[tuple[Any, Stroke]] = []
        self._bands: list[tuple[Band, Stroke]] = []
        self._box, self._written = QRectF(), QRegion()  # the area inside the axes, and where words stand in it, as they were painted last
        self._placed: tuple[object, Words, Note | None] = None, [], None
        self._worn, self._renew = QRegion(), QTimer(self)  # what is to be painted anew
        self._renew.setSingleShot(True)
        self._renew.timeout.connect(self._paint_worn)
        self._uprights: list[tuple[float, str]] = []
        self._marks: list[tuple[float, str]] = []
        self._ends: list[End] = []
        self._note: End | None = None
        self._ticks: list[float] = []
        self._x_ticks: list[float] = []
        self._built = True
        self._restyle()

    def _tame_menu(self) -> None:
        """pyqtgraph makes a menu that is never shown. It shall go with the plot; and a gap in it that Python knows would be freed by its
        garbage collection, and once more with its layout."""
        item = self.getPlotItem()
        item.ctrlMenu.setParent(self, Qt.WindowType.Popup)
        while item.ctrl.gridLayout_4.takeAt(0) is not None:
            continue

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
        if not stroke.dash:  # as one path, a noisy line of a thousand points takes ten times as long
            item.curve.setSegmentedLineMode("on")
        self._lines.append((item, stroke))
        self._restyle_line(item, stroke)
        return item

    def band(self, stroke: Stroke) -> Band:
        """A new area for what is as dense as the pixels, where a thick line would take long; give it points with `fill`."""
        self._bands.append((Band(stroke.tone()), stroke))
        return self._bands[-1][0]

    def fill(self, band: Band, x: Floats, y: Floats) -> None:
        """x, y: of `thin`, two values for each column of pixels; none for nothing. Filled between them, never thinner than the stroke."""
        width = next(stroke for other, stroke in self._bands if other is band).width
        self._wear(band.show(x, y, width, self.frame))

    def set_uprights(self, uprights: Sequence[tuple[float, str]]) -> None:
        """Dotted lines over the whole height: (x, role of their colour)."""
        if list(uprights) != self._uprights:
            self._uprights = list(uprights)
            self._wear()

    def set_x(self, low: float, high: float) -> None:
        """The range of the x axis, with a tick at round whole numbers."""
        if self._ranges[0] != (low, high):  # each change of a range has the axes drawn anew
            self._ranges[0] = low, high
            self.setXRange(low, high, padding=0)
            self._wear()  # hairlines and words move with the range, wherever they stand
        if self.frame.box != self._box:
            self._wear()
        many = max(2, int(self.getPlotItem().vb.width() / theme.px(48)))
        ticks = [tick for tick in round_ticks(low, high, many) if low <= tick <= high and tick == round(tick)]
        if ticks and high == round(high) > ticks[-1]:  # the end is said too, in place of a tick that is too near to it
            apart = theme.px(32) * (high - low) / max(1.0, self.getPlotItem().vb.width())
            ticks = [*(tick for tick in ticks if high - tick >= apart), float(high)]
        if ticks != self._x_ticks:
            self._x_ticks = ticks
            self.getAxis("bottom").setTicks([[(tick, f"{tick:,.0f}") for tick in ticks]])

    def set_y(self, low: float, high: float, ticks: Sequence[float]) -> None:
        """Range and ticks with their hairlines. (With pyqtgraph's own grid on, the labels at both ends of the axis vanish.)"""
        if self._ranges[1] != (low, high):
            self._ranges[1] = low, high
            self.setYRange(low, high, padding=0)
            self._wear()
        if list(ticks) != self._ticks:
            self._ticks = list(ticks)
            self._wear()
            self.getAxis("left").setTicks([[(v, self._said(v)) for v in ticks]])

    def set_marks(self, marks: Sequence[tuple[float, str]]) -> None:
        """Dashed lines over the whole height, each with a word, where there is room for it: (x, word)."""
        if list(marks) != self._marks:
            self._marks = list(marks)
            self._wear()

    def set_ends(self, ends: Sequence[End]) -> None:
        """The words at the line ends; they are kept apart and inside the plot."""
        if list(ends) != self._ends:
            self._ends = list(ends)
            self._words_moved()

    def set_note(self, text: str, x: float, y: float) -> None:
        """A star and a word about one point (the best epoch), with a dotted line to it from the farther edge of the plot; "" for none."""
        note = End(text, x, y, "good") if text else None
        if note != self._note:
            self._note = note
            self._words_moved()

    @property
    def frame(self) -> Frame:
        """The area inside the axes, in pixels of this widget, and its ranges."""
        box = self.getPlotItem().vb
        x_range, y_range = box.viewRange()
        return Frame(self.mapFromScene(box.sceneBoundingRect()).boundingRect().toRectF(), tuple(x_range), tuple(y_range))

    def words(self) -> Words:
        """The words at the line ends and where they stand, in pixels of this widget."""
        return place(self._ends, self.frame, QFontMetricsF(theme.font(9, bold=True)))

    def _note_place(self, words: Words) -> Note | None:
        """See `place_note`."""
        frame = self.frame
        if self._note is None or frame.empty:
            return None
        return place_note(self._note, frame, QFontMetricsF(theme.font(9, bold=True)), [taken for _, taken in words])

    def _words_moved(self) -> None:
        """Have painted anew where words stood and where they stand: they move on with every step, and the rest of a plot does not."""
        self._wear(None if self._marks else self._written.united(covered(*self._layout(), theme.px(STAR))))  # words of marks give way

    def _wear(self, part: QRect | QRegion | None = None) -> None:
        """Have a part painted anew, or all. Soon, and not in one go with what was worked out for it: hands and clocks come in between."""
        self._worn = self._worn.united(self.viewport().rect() if part is None else part)
        if not self._worn.isEmpty() and not self._renew.isActive():
            self._renew.start(0)

    def _paint_worn(self) -> None:
        worn, self._worn = self._worn, QRegion()
        self.viewport().update(worn)

    def _layout(self) -> tuple[Words, Note | None]:
        """The words and the note where they stand; worked out once, as it takes longer than to paint them."""
        now = self.frame, list(self._ends), self._note, _look()
        if now != self._placed[0]:
            words = self.words()
            self._placed = now, words, self._note_place(words)
        return self._placed[1:]

    def mark_words(self) -> list[tuple[str, QRectF]]:
        """The words at the dashed lines and where they stand; one that finds no room is left out."""
        (words, note), metrics = self._layout(), QFontMetricsF(theme.font(8))
        out = list[tuple[str, QRectF]]()
        taken = [box for _, box in words] + ([note[0]] if note else [])
        for x, word in self._marks:
            box = place_mark(x, word, self.frame, metrics, taken) if word else None
            if box is not None:
                taken.append(box)
                out.append((word, box))
        return out

    # what is painted here and not left to items of the scene costs a tenth, and a plot is drawn ten times a second

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        super().drawBackground(painter, rect)
        frame = self.frame
        if frame.empty:
            return
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(colour("line"), 1))
        for tick in self._ticks:
            y = round(frame.at(0, tick).y())
            painter.drawLine(QLineF(frame.box.left(), y, frame.box.right(), y))
        for x, role in self._uprights:
            painter.setPen(QPen(colour(role), 1, Qt.PenStyle.DotLine))
            at = round(frame.at(x, 0).x())
            painter.drawLine(QLineF(at, frame.box.top(), at, frame.box.bottom()))
        painter.setPen(QPen(colour("warn"), 1, Qt.PenStyle.DashLine))
        for x, _ in self._marks:
            at = round(frame.at(x, 0).x())
            painter.drawLine(QLineF(at, frame.box.top(), at, frame.box.bottom()))
        painter.setFont(theme.font(8))
        painter.setPen(colour("warn"))
        for word, box in self.mark_words() if self._marks else ():
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)
        units = self.getPlotItem().vb.childGroup.sceneTransform() * self.viewportTransform()
        for band, _ in self._bands:
            band.paint(painter, units, frame.box)
        painter.restore()

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        super().drawForeground(painter, rect)
        frame = self.frame
        if frame.empty:
            return
        painter.save()
        painter.resetTransform()
        painter.setFont(theme.font(9, bold=True))
        words, noted = self._layout()
        self._box, self._written = frame.box, covered(words, noted, theme.px(STAR))
        if self._note is not None and noted is not None:
            box, edge, point = noted
            painter.setPen(QPen(colour(self._note.role), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QLineF(edge, point))
            write(painter, self._note, box)
        for end, box in words:
            write(painter, end, box)
        if self._note is not None and noted is not None:  # last, and not as an item of the scene: that would be cut at the end of the axis
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colour("surface"), 1))
            painter.setBrush(colour(self._note.role))
            painter.drawPolygon(star(point, theme.px(STAR)))
        painter.restore()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # every change of parent brings such an event too, and a plot is not restyled for nothing
        if theme.restyles(event) and getattr(self, "_built", False) and self._look != _look():
            self._restyle()

    def _restyle(self) -> None:
        self._look = _look()
        self.setBackground(colour("surface"))
        item = self.getPlotItem()
        for name in ("left", "bottom"):
            axis = item.getAxis(name)
            axis.setTextPen(pg.mkPen(colour("muted")))
            axis.setTickFont(theme.font(9))
            axis.setStyle(tickLength=0, tickTextOffset=6, hideOverlappingLabels=False, tickAlpha=0)
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
        for band, stroke in self._bands:
            band.tint(stroke.tone())
        self.viewport().update()

    def _restyle_line(self, line: Any, stroke: Stroke) -> None:
        line.setPen(stroke.pen())
        if stroke.points:
            line.setSymbolBrush(colour(stroke.role))


def _look() -> tuple[str, float]:
    return theme.current().name, theme.scale()
