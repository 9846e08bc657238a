"""How good the masks of each class are, sortable: IoU, Dice, precision, recall, boundary F, and how much of the pixels it is."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.gui import theme
from tlstudio.gui.widgets.class_paint import fill_class
from tlstudio.gui.widgets.table_view import TableView
from tlstudio.gui.words import fine_percent

SORT, LABEL = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_KEYS = ("name", "iou", "dice", "precision", "recall", "boundary_f", "share")
_WIDTHS = (104, 54, 54, 66, 56, 78, 60)
_SPARE = (5, 2, 3, 4)  # what a narrow table leaves out first: of Dice and IoU one says the other, precision and recall belong together
Index = QModelIndex | QPersistentModelIndex


class MaskClasses(QAbstractTableModel):
    """Rows of `per_class`; what has no meaning (the class is neither there nor predicted) is null."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[dict[str, Any]] = []

    def show_rows(self, rows: list[dict[str, Any]]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(_KEYS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        key = _KEYS[index.column()]
        value = self._rows[index.row()].get(key)
        if role == Qt.ItemDataRole.DisplayRole:
            if key == "name" or value is None:
                return value or "–"
            return fine_percent(value) if key == "share" else f"{value:.3f}"
        if role == SORT:
            return str(value).casefold() if key == "name" else math.inf if value is None else float(value)
        if role == LABEL:
            return index.row()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return (Qt.AlignmentFlag.AlignLeft if key == "name" else Qt.AlignmentFlag.AlignRight) | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tr("Neither in the truth nor predicted") if value is None else str(value) if key == "name" else None
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                self.tr("Class"), self.tr("IoU"), self.tr("Dice"), self.tr("precision"), self.tr("recall"), self.tr("boundary F"),
                self.tr("share"),
            )[section]  # fmt: skip
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return (Qt.AlignmentFlag.AlignRight if section else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                self.tr("The class; click to sort. Enter, or a double click, shows where it is worst"),
                self.tr("Intersection over union: pixels where prediction and truth agree, of those that either gives to the class"),
                self.tr("Twice the pixels where both agree, of those of the prediction and those of the truth together; also called F1"),
                self.tr("Of the pixels predicted so, the share that are"),
                self.tr("Of the pixels that are, the share predicted so"),
                self.tr("How well the borders lie: F1 of border pixels that are within 0.75% of the diagonal of the other's border"),
                self.tr("Share of the truth's pixels that are of this class"),
            )[section]
        return None


class _Name(QStyledItemDelegate):
    """The class's colour before its name."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        side, gap = theme.px(10), theme.px(18)
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill_class(painter, QRectF(box.left() + 4, box.center().y() - side / 2, side, side), index.data(LABEL))
        painter.restore()
        option.rect.setLeft(option.rect.left() + gap)
        super().paint(painter, option, index)


class MaskClassTable(TableView):
    """objectName perClassTable; stands inside a card. `chosen(class)`: the user wants to see where it is worst."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__("perClassTable", inside=True, row=26)
        self.setAccessibleName(self.tr("IoU, Dice, precision, recall and boundary F of each class"))
        self._rows = MaskClasses()
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._rows)
        self._sorted.setSortRole(SORT)
        self.setModel(self._sorted)
        self.setItemDelegateForColumn(0, _Name(self))
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.activated.connect(lambda index: self.chosen.emit(index.data(LABEL)))
        self.doubleClicked.connect(lambda index: self.chosen.emit(index.data(LABEL)))
        self._fit()

    def show_rows(self, rows: list[dict[str, Any]]) -> None:
        """rows: `per_class` of the evaluate document, in the order of the classes."""
        self._rows.show_rows(rows)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(300), self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and self.model() is not None:
            self._fit()

    def _fit(self) -> None:
        row, lines = self.verticalHeader().defaultSectionSize(), self._rows.rowCount()
        self.setMinimumHeight(self.horizontalHeader().height() + min(6, lines) * row)
        self.setMaximumHeight(self.horizontalHeader().height() + max(1, lines) * row + 2)
        self.horizontalHeader().setMinimumSectionSize(theme.px(40))
        self.fit_columns([theme.px(width) for width in _WIDTHS], _SPARE, 0)
