"""An area in a plot, for what is as dense as its pixels, where a thick line would take long.

Import this only where a plot is about to be shown (pyqtgraph).
"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QTransform

from tlstudio.gui.series import Floats
from tlstudio.gui.widgets.line_ends import Frame

_NOTHING = np.empty((3, 0))


class Band:
    """It is no item of the scene: one that changes is painted anew as a whole, and of a run that goes on only the end is another."""

    def __init__(self, tone: QColor) -> None:
        self._brush = QBrush(tone)
        self._path = QPainterPath()
        self._shown = _NOTHING  # place, lower and upper edge of each column

    def path(self) -> QPainterPath:
        """In the plot's own units."""
        return self._path

    def tint(self, tone: QColor) -> None:
        self._brush = QBrush(tone)

    def show(self, x: Floats, y: Floats, width: float, frame: Frame) -> QRect:
        """Fill between y[0::2] and y[1::2], at least `width` pixels high; of less than two columns nothing. What is to be painted anew."""
        n = len(x) // 2 * 2 if len(x) >= 4 else 0
        pad = width / 2 * (frame.y_range[1] - frame.y_range[0]) / max(1.0, frame.box.height())
        one, other = y[:n:2], y[1:n:2]
        now, before = np.stack([x[:n:2], np.minimum(one, other) - pad, np.maximum(one, other) + pad]), self._shown
        same = _alike(before, now)
        if same == now.shape[1] == before.shape[1]:
            return QRect()
        self._shown = now
        at, low, high = now
        there, back = np.concatenate((at, at[::-1])), np.concatenate((high, low[::-1]))
        self._path = pg.arrayToQPath(there, back, finiteCheck=True) if n else QPainterPath()
        if frame.empty:
            return QRect()
        some = [kept for kept in (before, now) if kept.shape[1]]
        first = min(float(kept[0, max(0, same - 1)]) for kept in some)
        last = max(float(kept[0, -1]) for kept in some)
        corner, end = frame.at(first, frame.y_range[1]), frame.at(last, frame.y_range[0])
        return QRectF(corner, end).toAlignedRect().adjusted(-2, -1, 2, 1)

    def paint(self, painter: QPainter, units: QTransform, box: QRectF) -> None:
        """units: from the plot's own to pixels. box: what it stays in, in pixels."""
        if self._path.isEmpty():
            return
        painter.save()
        painter.setClipRect(box)
        painter.setTransform(units)
        painter.fillPath(self._path, self._brush)
        painter.restore()


def _alike(one: Floats, other: Floats) -> int:
    """How many columns (k, N) are the same from the beginning on."""
    most = min(one.shape[1], other.shape[1])
    a, b = one[:, :most], other[:, :most]
    same = ((a == b) | (np.isnan(a) & np.isnan(b))).all(axis=0)
    return most if same.all() else int(np.argmin(same))
