"""What is drawn above picture and masks: the grid between pixels, the cross mark, the ring of a brush."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

GRID_FROM = 16.0
"""Zoom from which pixels are told apart by lines."""
REACH = 18
"""Of the cross mark, from its middle, in pixels of the desktop."""
_DARK, _BRIGHT = QColor(0, 0, 0, 150), QColor("#FFFFFF")  # together they are seen on any photo


def pixel_grid(painter: QPainter, box: QRectF, corner: QPointF, step: float) -> None:
    """box: what of the picture is in sight, on the widget. corner: where pixel (0, 0) begins there; step: pixels of the desktop a pixel."""
    first_x, last_x = math.ceil((box.left() - corner.x()) / step), math.floor((box.right() - corner.x()) / step)
    first_y, last_y = math.ceil((box.top() - corner.y()) / step), math.floor((box.bottom() - corner.y()) / step)
    xs = [round(corner.x() + i * step) + 0.5 for i in range(first_x, last_x + 1)]
    ys = [round(corner.y() + i * step) + 0.5 for i in range(first_y, last_y + 1)]
    lines = [QLineF(x, box.top(), x, box.bottom()) for x in xs] + [QLineF(box.left(), y, box.right(), y) for y in ys]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(QColor(128, 128, 128, 90), 0))
    painter.drawLines(lines)


def cross(painter: QPainter, at: QPointF) -> None:
    """A ring with four ticks; the spot itself stays free."""
    ticks = [QLineF(at + way * 10, at + way * 16) for way in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1))]
    _twice(painter, lambda: (painter.drawEllipse(at, 7, 7), painter.drawLines(ticks)))


def ring(painter: QPainter, at: QPointF, across: float) -> None:
    """The edge of a brush, in pixels of the desktop."""
    _twice(painter, lambda: painter.drawEllipse(at, across / 2, across / 2))


def path(painter: QPainter, points: Sequence[QPointF]) -> None:
    """Corners joined by lines, with a knob on the first, to which a polygon closes."""
    if points:
        _twice(painter, lambda: (painter.drawPolyline(points), painter.drawEllipse(points[0], 4, 4)))


def focus(painter: QPainter, box: QRectF, tone: QColor) -> None:
    """The ring of what has the keyboard's focus, inside the edge."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(tone, 2))
    painter.drawRect(box.adjusted(1, 1, -1, -1))


def _twice(painter: QPainter, draw: Callable[[], object]) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for width, tone in ((3.5, _DARK), (1.6, _BRIGHT)):
        painter.setPen(QPen(tone, width))
        draw()
