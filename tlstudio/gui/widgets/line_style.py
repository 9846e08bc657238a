"""How compared runs are told apart: by colour, by dash and by marker together, the same in the table and in the plot."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from tlstudio.gui import theme

_ORDER = {"light": (4, 5, 2, 6, 0, 1), "dark": (1, 0, 2, 6, 5, 3)}  # of the class colours: the best told from the surface first
_DASHES: tuple[tuple[float, ...], ...] = ((), (5, 3), (1.5, 2.5), (7, 2, 1.5, 2))
_SYMBOLS = ("o", "s", "t", "d", "star")  # as pyqtgraph names them


@dataclass(frozen=True)
class LineStyle:
    """index: the place of a run among the compared ones."""

    index: int

    @property
    def colour(self) -> QColor:
        order = _ORDER[theme.current().name]
        return theme.class_colour(order[self.index % len(order)])

    @property
    def text(self) -> QColor:
        """The colour as text."""
        order = _ORDER[theme.current().name]
        return theme.class_text(order[self.index % len(order)])

    @property
    def symbol(self) -> str:
        return _SYMBOLS[self.index % len(_SYMBOLS)]

    def pen(self, width: float = 2.25) -> QPen:
        out = QPen(self.colour, width)
        dash = _DASHES[self.index % len(_DASHES)]
        if dash:
            out.setDashPattern(list(dash))
        out.setCapStyle(Qt.PenCapStyle.FlatCap)
        out.setCosmetic(True)
        return out

    def paint_key(self, painter: QPainter, box: QRectF) -> None:
        """A piece of the line with its marker."""
        middle = box.center()
        painter.setPen(self.pen(2.5))
        painter.drawLine(QPointF(box.left(), middle.y()), QPointF(box.right(), middle.y()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.colour)
        r, x, y = 4.0, middle.x(), middle.y()
        if self.symbol == "o":
            painter.drawEllipse(middle, r, r)
        elif self.symbol == "s":
            painter.drawRect(QRectF(x - r, y - r, 2 * r, 2 * r))
        else:
            corners = {
                "t": ((-r, -r), (r, -r), (0, r)),
                "d": ((0, -r - 1), (r + 1, 0), (0, r + 1), (-r - 1, 0)),
                "star": ((0, -r - 1), (1.6, -1.6), (r + 1, 0), (1.6, 1.6), (0, r + 1), (-1.6, 1.6), (-r - 1, 0), (-1.6, -1.6)),
            }[self.symbol]
            painter.drawPolygon(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in corners]))
