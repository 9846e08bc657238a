"""How a class is painted: its Okabe-Ito colour; from the eighth on a hatch tells it from those of the same colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPainterPath

from tlstudio.gui import theme

_HATCHES = (
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.VerPattern,
    Qt.BrushStyle.FDiagPattern,
    Qt.BrushStyle.HorPattern,
    Qt.BrushStyle.DiagCrossPattern,
    Qt.BrushStyle.CrossPattern,
)


def fill_class(painter: QPainter, box: QRectF, index: int, radius: float = 2.0) -> None:
    """Fill a box with the colour, and hatch, of the class with that index."""
    shape = QPainterPath()
    shape.addRoundedRect(box, radius, radius)
    painter.fillPath(shape, theme.class_colour(index))
    again = index // len(theme.current().classes)
    if again:
        painter.fillPath(shape, QBrush(theme.current().surface, _HATCHES[(again - 1) % len(_HATCHES)]))
