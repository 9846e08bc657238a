"""Where two runs differ by class: a bar to the right where the second is better, to the left where it is worse, with the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.gui import theme
from tlstudio.gui.widgets.difference_cells import FEWER, MORE
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.widgets.table_view import TableView
from tlstudio.run_rows.judged import MASKS, Judged

Index = QModelIndex | QPersistentModelIndex
_NAME, _FIRST, _SECOND, _BAR, _GAP, _N = range(6)
_WIDTHS = (116, 84, 84, 110, 70, 66)
VALUE = Qt.ItemDataRole.UserRole


class Classes(QAbstractTableModel):
    """Rows (name, first, second, second - first, n); fractions, NaN where not known."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, float, float, float, int]] = []
        self.names = ("", "")
        self.masks = False
        self.largest = 0.01

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(_WIDTHS)

    def show_runs(self, names: tuple[str, str], first: Judged, second: Judged) -> None:
        self.beginResetModel()
        gaps = second.per_class - first.per_class
        self.names, self.masks = names, first.task == MASKS
        values = zip(first.classes, first.per_class.tolist(), second.per_class.tolist(), gaps.tolist(), second.counts.tolist(), strict=True)
        self.rows = list(values)
        known = np.abs(gaps[np.isfinite(gaps)])
        self.largest = max(0.01, float(known.max())) if len(known) else 0.01
        self._sort(_GAP, backwards=False)
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        self._sort(column, backwards=order == Qt.SortOrder.DescendingOrder)
        self.layoutChanged.emit()

    def _sort(self, column: int, *, backwards: bool) -> None:
        at = {_NAME: 0, _FIRST: 1, _SECOND: 2, _N: 4}.get(column, 3)  # -1, none chosen: the difference too
        known = [row for row in self.rows if at == 0 or not math.isnan(float(row[at]))]
        known.sort(key=lambda row: str(row[0]).casefold() if at == 0 else row[at], reverse=backwards)
        self.rows = known + [row for row in self.rows if at and math.isnan(float(row[at]))]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        name, first, second, gap, n = self.rows[index.row()]
        column = index.column()
        if role == VALUE:
            return gap
        if role == Qt.ItemDataRole.DisplayRole:
            return (name, _share(first), _share(second), "", _points(gap), f"{n:,}")[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column in (_NAME, _BAR) else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole) and column in (_NAME, _BAR):
            line = self.tr("%1: %2 points of IoU") if self.masks else self.tr("%1: %2 points of recall, of %3 images")
            return line.replace("%1", name).replace("%2", _points(gap)).replace("%3", f"{n:,}")
        return colour("muted") if role == Qt.ItemDataRole.ForegroundRole and column == _N else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        what = self.tr("IoU") if self.masks else self.tr("recall")
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Class"), *self.names, self.tr("second less first"), self.tr("points"), self.tr("images"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == _NAME else Qt.AlignmentFlag.AlignRight
            return (Qt.AlignmentFlag.AlignHCenter if section == _BAR else side) | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            tip = self.tr("%1 of the first run, %2") if section == _FIRST else self.tr("%1 of the second run, %2")
            if section in (_FIRST, _SECOND):
                return tip.replace("%1", what).replace("%2", self.names[section - _FIRST])
        return None


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.1f}%"


def _points(gap: float) -> str:
    if math.isnan(gap):
        return "–"
    return f"+{100 * gap:.1f}" if gap > 0.0005 else f"−{-100 * gap:.1f}" if gap < -0.0005 else "0.0"


class _Bar(QStyledItemDelegate):
    """From the middle; the colours are those of the difference matrix."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, Classes)
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, colour("accent_soft"))
        middle, half, gap = box.center().x(), box.width() / 2 - 8, float(index.data(VALUE))
        if not math.isnan(gap):
            wide = half * gap / model.largest
            bar = QRectF(min(middle, middle + wide), box.center().y() - theme.px(5), abs(wide), theme.px(10))
            painter.fillRect(bar, theme.class_colour(MORE if gap > 0 else FEWER))
        painter.setPen(QPen(colour("control"), 1))
        painter.drawLine(middle, box.top(), middle, box.bottom())
        painter.restore()


class ClassDifferences(TableView):
    """objectName classDifferences. First the classes that the second run is worse in; a heading sorts otherwise."""

    def __init__(self) -> None:
        super().__init__("classDifferences", inside=True, row=26)
        self.setAccessibleName(self.tr("Differences of the two runs by class"))
        self.classes = Classes()
        self.setModel(self.classes)
        self.setItemDelegateForColumn(_BAR, _Bar(self))
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)

    def show_runs(self, names: Sequence[str], first: Judged, second: Judged) -> None:
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.classes.show_runs((names[0], names[1]), first, second)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "classes"):
            self._fit()

    def _fit(self) -> None:
        fixed = [theme.px(width) for width in _WIDTHS]
        for column, name in ((_FIRST, self.classes.names[0]), (_SECOND, self.classes.names[1])):
            fixed[column] = max(fixed[column], min(theme.px(150), self.fontMetrics().horizontalAdvance(name) + 20))
        spare = max(0, self.viewport().width() - sum(fixed))
        fixed[_NAME] += spare // 3
        fixed[_BAR] += spare - spare // 3
        for column, width in enumerate(fixed):
            self.setColumnWidth(column, width)
