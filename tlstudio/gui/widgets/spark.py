"""A curve without axes, for table rows and cards: a shape to recognise; its number stands beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF


def paint_spark(painter: QPainter, box: QRectF, values: Sequence[float | None], tone: QColor) -> None:
    """Draw the values from left to right into the box, the last one marked with a dot; gaps (None, NaN) are bridged."""
    import numpy as np  # not before the first curve: the window is on the screen sooner

    from tlstudio.gui.series import thin

    y = np.array([np.nan if value is None else value for value in values], dtype=float)
    y = y[np.isfinite(y)]
    if not len(y):
        return
    x = np.arange(len(y), dtype=float)
    px, py = thin(x, y, 0, len(y), max(2, int(box.width())))
    low, high = float(y.min()), float(y.max())
    span = high - low or 1.0
    wide = box.adjusted(3, 4, -3, -4)

    def point(a: float, b: float) -> QPointF:
        up = 0.5 if high == low else (b - low) / span
        return QPointF(wide.left() + wide.width() * (a / (len(y) - 1) if len(y) > 1 else 1.0), wide.bottom() - wide.height() * up)

    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(tone, 1.75))
    painter.drawPolyline(QPolygonF([point(a, b) for a, b in zip(px, py, strict=True)]))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tone)
    painter.drawEllipse(point(x[-1], y[-1]), 2.5, 2.5)
    painter.restore()
