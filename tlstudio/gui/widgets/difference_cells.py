"""Two confusion matrices, the second less the first: more is blue with a plus, fewer orange with a minus."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.gui import theme
from tlstudio.gui.widgets.confusion_cells import ConfusionCells, Counts
from tlstudio.gui.widgets.parts import colour

MORE, FEWER = 4, 5  # of the class colours: blue and vermilion, told apart by everybody
Index = QModelIndex | QPersistentModelIndex


class Differences(Counts):
    """(C, C) images, second less first, rows the truth."""

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        truth, said = index.row(), index.column()
        if max(truth, said) >= len(self.names):
            return None
        n = int(self.counts[truth, said])
        if role == Qt.ItemDataRole.DisplayRole:
            return signed(n)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            line = (
                self.tr("%1 called %2: %3 images in the second run") if truth != said else self.tr("%1 right: %3 images in the second run")
            )
            return line.replace("%1", self.names[truth]).replace("%2", self.names[said]).replace("%3", signed(n))
        return None


def signed(n: int) -> str:
    """+3, 0, and −2 with a minus, not a hyphen."""
    return f"+{n:,}" if n > 0 else f"−{-n:,}" if n < 0 else "0"


class _Cell(QStyledItemDelegate):
    """The tint goes with the size of the difference, of the largest there is; the sign says the same in words."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, Differences)
        n = int(model.counts[index.row(), index.column()])
        largest = max(1, int(np.abs(model.counts).max()))
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        cell = QRectF(box).adjusted(1, 1, -1, -1)
        tint = QColor(theme.class_colour(MORE if n > 0 else FEWER)) if n else QColor(colour("raised"))
        tint.setAlphaF(0.15 + 0.6 * abs(n) / largest if n else 0.6)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(tint)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(colour("accent"), 2))
        painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setPen(colour("text" if n else "muted"))
        painter.setFont(theme.font(10 if cell.height() >= theme.px(28) and cell.width() >= theme.px(34) else 8, bold=bool(n)))
        if n:
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, signed(n))
        painter.restore()


class DifferenceCells(ConfusionCells):
    """objectName differenceMatrix. chosen(truth, prediction): its images are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("differenceMatrix")
        self.setAccessibleName(self.tr("Difference of the two confusion matrices, second less first"))
        self._counts = Differences()
        self.setModel(self._counts)
        self.setItemDelegate(_Cell(self))
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def show_difference(self, first: NDArray[np.int64], second: NDArray[np.int64], names: list[str]) -> None:
        """first, second: (C, C) counts of the same images, rows the truth."""
        self.show_counts(np.asarray(second) - np.asarray(first), names)
