"""Where the words at the ends of a plot's lines stand: near their line, inside the plot, never on one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF

BESIDE = 6  # pixels from a line's end to its word


@dataclass(frozen=True)
class End:
    """A word at a line's end, in the line's colour: the legend. x, y: the end in the plot's own units."""

    text: str
    x: float
    y: float
    role: str


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

    That is the edge which is farther from the point, unless words that are `taken` stand there and leave the other one free.
    """
    point, box = frame.at(note.x, note.y), frame.box
    width, high = metrics.horizontalAdvance(note.text) + 4, metrics.height()
    x = point.x() + 4
    if x + width > box.right():
        x = max(box.left(), point.x() - width - 4)
    at = {True: box.bottom() - high - 4, False: box.top()}
    far = point.y() < box.center().y()

    def covered(foot: bool) -> bool:
        return any(other.intersects(QRectF(x, at[foot], width, high)) for other in taken)

    foot = far if not covered(far) or covered(not far) else not far
    return QRectF(x, at[foot], width, high), QPointF(point.x(), box.bottom() if foot else box.top()), point
