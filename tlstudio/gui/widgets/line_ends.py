"""The words on a plot, at the ends of its lines and beside its marks: near what they speak of, inside the plot, never on one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPolygonF, QRegion

from tlstudio.gui.widgets.parts import colour

BESIDE = 6  # pixels from a line's end to its word
AROUND = 11  # pixels from the middle of a mark to what does not touch it


@dataclass(frozen=True)
class End:
    """A word at a line's end, in the line's colour: the legend. x, y: the end in the plot's own units."""

    text: str
    x: float
    y: float
    role: str


Words = list[tuple[End, QRectF]]
"""Words at line ends and where they stand, in pixels."""
Note = tuple[QRectF, QPointF, QPointF]
"""Where the word about a point stands; the line to it, from the plot's edge to the point."""


@dataclass(frozen=True)
class Frame:
    """The plot's area in pixels and the ranges of its axes."""

    box: QRectF
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    @property
    def empty(self) -> bool:
        low = self.box.width() < 2 or self.box.height() < 2
        return low or self.x_range[1] <= self.x_range[0] or self.y_range[1] <= self.y_range[0]

    def at(self, x: float, y: float) -> QPointF:
        """The pixel of a point."""
        (left, right), (bottom, top) = self.x_range, self.y_range
        across, down = (x - left) / (right - left), (top - y) / (top - bottom)
        return QPointF(self.box.left() + self.box.width() * across, self.box.top() + self.box.height() * down)


def place(ends: Sequence[End], frame: Frame, metrics: QFontMetricsF) -> list[tuple[End, QRectF]]:
    """The ends and the boxes of their words, the upper ones first.

    Beside the ends where there is room to the right, else where the plot is empty above or below the lines.
    """
    if not ends or frame.empty:
        return []
    ordered = sorted(ends, key=lambda end: -end.y)
    points = [frame.at(end.x, end.y) for end in ordered]
    widths = [metrics.horizontalAdvance(end.text) + 4 for end in ordered]
    high, box = metrics.height(), frame.box
    last = max(point.x() for point in points)
    beside = last + BESIDE + max(widths) <= box.right()
    above, below = points[0].y(), points[-1].y()
    # lines that end in the upper half have the room below them, all others above
    edge = below + 8 if above + below < box.top() + box.bottom() else above - high * len(ordered) - 8
    out: list[tuple[End, QRectF]] = []
    lowest = box.top()
    for i, (end, point, width) in enumerate(zip(ordered, points, widths, strict=True)):
        wanted = point.y() - high / 2 if beside else edge if i == 0 else lowest
        y = max(lowest, min(wanted, box.bottom() - high * (len(ordered) - i)))
        x = last + BESIDE if beside else box.right() - width
        out.append((end, QRectF(max(x, box.left()), y, width, high)))
        lowest = y + high
    return out


def place_note(note: End, frame: Frame, metrics: QFontMetricsF, taken: Sequence[QRectF] = ()) -> tuple[QRectF, QPointF, QPointF]:
    """The box of a word about one point, and the line to the point from the edge where the word stands.

    That is the edge which is farther from the point, and the side of the line where there is room, unless words that are `taken` stand
    there: then the other edge or side, a line of its own above or below them, or beside them. In a plot too small for all of them it covers
    as little as it can.
    """
    point, box = frame.at(note.x, note.y), frame.box
    width, high = metrics.horizontalAdvance(note.text) + 4, metrics.height()
    top, foot = box.top(), box.bottom() - high - 4
    far = [foot, top] if point.y() < box.center().y() else [top, foot]
    sides = (point.x() + 4, point.x() + AROUND, point.x() - width - 4, point.x() - width - AROUND)
    beside = [x for x in sides if box.left() <= x and x + width <= box.right()]
    clear = [x for other in taken for x in (other.left() - width - 8, other.right() + 8)]
    between = [y for other in taken for y in (other.top() - high, other.bottom())]
    lefts = [*(beside or [max(box.left(), min(point.x() - width / 2, box.right() - width))])]
    places = [(x, y) for y in far for x in lefts] + [(x, y) for x in lefts for y in between] + [(x, y) for y in far for x in clear]
    inside = [
        QRectF(x, y, width, high)
        for x, y in places
        if x >= box.left() - 0.5 and x + width <= box.right() + 0.5 and y >= box.top() - 0.5 and y + high <= box.bottom() + 0.5
    ]
    boxes = inside or [QRectF(lefts[0], far[0], width, high)]
    itself = QRectF(point.x() - AROUND, point.y() - AROUND, 2 * AROUND, 2 * AROUND)
    found = min(boxes, key=lambda each: (sum(_shared(each, other) for other in taken), _shared(each, itself)))  # of equals the first
    return found, QPointF(point.x(), box.bottom() if found.center().y() > box.center().y() else box.top()), point


def place_mark(x: float, text: str, frame: Frame, metrics: QFontMetricsF, taken: Sequence[QRectF]) -> QRectF | None:
    """The box of a word at an upright line at x: at its top, or at its foot where others stand there; None where there is no room."""
    at, width, high = frame.at(x, frame.y_range[0]).x(), metrics.horizontalAdvance(text) + 6, metrics.height()
    right = at + 2 + width <= frame.box.right()
    for left in (at + 2, at - width - 2) if right else (at - width - 2,):
        for y in (frame.box.top(), frame.box.bottom() - high):
            box = QRectF(left, y, width, high)
            if left >= frame.box.left() and not any(box.intersects(other) for other in taken):
                return box
    return None


def covered(words: Words, noted: Note | None, far: float) -> QRegion:
    """The pixels of words, and of a note with its line and its star of that radius."""
    boxes = [box for _, box in words]
    if noted is not None:
        box, edge, point = noted
        boxes += [box, QRectF(edge, point).normalized(), QRectF(point.x() - far, point.y() - far, 2 * far, 2 * far)]
    out = QRegion()
    for box in boxes:
        out = out.united(box.toAlignedRect().adjusted(-2, -2, 2, 2))
    return out


def _shared(one: QRectF, other: QRectF) -> float:
    """Pixels that both cover."""
    both = one.intersected(other)
    return both.width() * both.height()


def star(centre: QPointF, radius: float) -> QPolygonF:
    """A star of five points, one of them up."""
    turns = [(math.pi * i / 5, radius if i % 2 == 0 else 0.42 * radius) for i in range(10)]
    return QPolygonF([QPointF(centre.x() + far * math.sin(turn), centre.y() - far * math.cos(turn)) for turn, far in turns])


def write(painter: QPainter, end: End, box: QRectF) -> None:
    """Draw such a word into its box."""
    veil = QColor(colour("surface"))  # nearly opaque: a word stays readable where a line passes under it
    veil.setAlpha(190)
    painter.fillRect(box, veil)
    painter.setPen(colour(end.role))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, end.text)
