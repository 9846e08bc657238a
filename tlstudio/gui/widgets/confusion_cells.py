"""The confusion matrix as a table of cells: headings stay while it scrolls, arrows walk it, Enter or a click opens a cell's images."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.words import count, percent, short

SMALLEST, SMALLEST_SHARE = (24, 22), (20, 18)  # of a cell, at text scale 1; below that the matrix scrolls
_LITTLE = 0.005  # of a class's pixels: some are wrong nearly everywhere
Index = QModelIndex | QPersistentModelIndex


class Counts(QAbstractTableModel):
    """(C, C) images, or pixels, rows the truth."""

    def __init__(self, *, pixels: bool = False) -> None:
        super().__init__()
        self.pixels = pixels
        self.counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)
        self.shares: NDArray[np.float64] = np.zeros((0, 0))
        self.names: list[str] = []

    def show_counts(self, counts: NDArray[np.int64], names: list[str]) -> None:
        self.beginResetModel()
        self.counts, self.names = counts, names
        self.shares = counts / np.maximum(1, counts.sum(1, keepdims=True))
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.names)

    def columnCount(self, parent: Index | None = None) -> int:
        return self.rowCount(parent)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        truth, said = index.row(), index.column()
        if max(truth, said) >= len(self.names):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            counted = int(self.counts[truth, said])
            return short(counted) if self.pixels else f"{counted:,}"
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            line = self.tr("%1 called %2: %3, %4 of its own")
            things = (self.tr("pixel"), self.tr("pixels")) if self.pixels else (self.tr("image"), self.tr("images"))
            many = count(int(self.counts[truth, said]), *things)
            texts = (self.names[truth], self.names[said], many, percent(float(self.shares[truth, said])))
            for i, text in enumerate(texts):
                line = line.replace(f"%{i + 1}", text)
            return line
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        # while it is reset, a header still asks for sections of the larger matrix before; an IndexError in there would end the process
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole) and 0 <= section < len(self.names):
            return self.names[section]
        return None


class _Cell(QStyledItemDelegate):
    """A cell's tint is its share of the row, its number the count. Mistakes have a dashed outline, so that they are not told by
    colour alone."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, Counts)
        truth, said = index.row(), index.column()
        share, right = float(model.shares[truth, said]), truth == said
        state: QStyle.StateFlag = option.state
        box: QRect = option.rect
        cell = QRectF(box).adjusted(1, 1, -1, -1)
        tint = QColor(colour("accent" if right else "bad"))
        tint.setAlphaF(min(0.75, 0.04 + (0.34 if right else 1.4) * share) if share else 0.03)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        outlined = share > (_LITTLE if model.pixels else 0) and not right
        painter.setPen(QPen(colour("bad"), 1, Qt.PenStyle.DashLine) if outlined else Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        radius = 6 if cell.height() > 40 else 3
        painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), radius, radius)
        self._figures(painter, cell, index.data(), share, model.pixels)
        painter.restore()

    def _figures(self, painter: QPainter, cell: QRectF, count: str, share: float, pixels: bool) -> None:
        """Of pixels the share says more than their number, and a small cell has room for one."""
        painter.setPen(colour("text" if share else "muted"))
        roomy = cell.width() >= theme.px(64) and cell.height() >= theme.px(52)
        if not roomy:
            points = 10 if cell.height() >= theme.px(28) and cell.width() >= theme.px(36) else 8
            painter.setFont(theme.font(points, bold=share > 0 and points == 10))
            if share:  # so many zeros would only hide the mistakes
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, count if not pixels else _whole(share))
            return
        half = theme.px(10)
        large, small = (percent(share), count) if pixels else (count, percent(share))
        painter.setFont(theme.font(15, bold=True))
        painter.drawText(cell.adjusted(0, -half, 0, -half), Qt.AlignmentFlag.AlignCenter, large)
        painter.setFont(theme.font(9))
        painter.drawText(cell.adjusted(0, 1.6 * half, 0, 1.6 * half), Qt.AlignmentFlag.AlignCenter, small)


def _whole(share: float) -> str:
    """Whole percents; less than half of one is left out."""
    return f"{100 * share:.0f}" if share >= _LITTLE else ""


class _Names(QHeaderView):
    """Class names, elided; columns too narrow for them write upwards."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget) -> None:
        super().__init__(orientation, parent)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setSectionsClickable(False)
        self.upwards = False

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        name = str(self.model().headerData(section, self.orientation(), Qt.ItemDataRole.DisplayRole))
        painter.save()
        painter.setPen(colour("text"))
        painter.setFont(theme.font(10 if min(rect.height(), rect.width()) >= theme.px(28) else 9))
        metrics, centred = painter.fontMetrics(), Qt.AlignmentFlag.AlignCenter
        if self.upwards:
            painter.translate(rect.left(), rect.bottom())
            painter.rotate(-90)
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, rect.height() - 8)
            painter.drawText(QRect(6, 0, rect.height() - 6, rect.width()), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        else:
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, rect.width() - 8)
            across = self.orientation() == Qt.Orientation.Horizontal
            painter.drawText(
                rect.adjusted(0, 0, -4, -4 if across else 0),
                centred if across else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                text,
            )
        painter.restore()


class ConfusionCells(QTableView):
    """Up to 30 classes; cells share the room there is."""

    chosen = Signal(int, int)

    def __init__(self, *, pixels: bool = False) -> None:
        super().__init__()
        self._counts = Counts(pixels=pixels)
        self._smallest = SMALLEST_SHARE if pixels else SMALLEST
        self.setModel(self._counts)
        self.setItemDelegate(_Cell(self))
        self._across, self._down = _Names(Qt.Orientation.Horizontal, self), _Names(Qt.Orientation.Vertical, self)
        self.setHorizontalHeader(self._across)
        self.setVerticalHeader(self._down)
        self.setAccessibleName(self.tr("Confusion matrix, rows are the truth, columns the prediction"))
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QTableView, QAbstractScrollArea::corner { border: none; background: transparent; }")
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._chosen)
        self.activated.connect(self._chosen)

    def show_counts(self, counts: NDArray[np.int64], names: list[str]) -> None:
        self._counts.show_counts(counts, names)
        self._measure()
        if names:
            self.setCurrentIndex(self._counts.index(0, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._measure()

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(140))

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def _chosen(self, index: QModelIndex) -> None:
        self.chosen.emit(index.row(), index.column())

    def _measure(self) -> None:
        """Share the room out among the cells; name columns upwards where they are narrow."""
        n = len(self._counts.names)
        if not n:
            return
        metrics = self.fontMetrics()
        longest = max(metrics.horizontalAdvance(name) for name in self._counts.names) + 12
        left = min(longest, theme.px(110), self.width() // 3)
        wide = max(theme.px(self._smallest[0]), (self.width() - left) // n)
        self._across.upwards = longest > wide and wide < theme.px(64)
        top = min(longest, theme.px(84)) + 4 if self._across.upwards else theme.px(24)
        tall = max(theme.px(self._smallest[1]), (self.height() - top) // n)
        self._down.setFixedWidth(left)
        self._across.setFixedHeight(top)
        for header, size in ((self._across, wide), (self._down, tall)):
            header.setMinimumSectionSize(1)
            header.setDefaultSectionSize(size)
