"""The classes of masks as a table: colour, value in the files, name (which can be changed), share of the pixels."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableWidget, QTableWidgetItem

from tlstudio.gui import theme
from tlstudio.gui.widgets.class_paint import fill_class
from tlstudio.gui.words import percent

ROW, SHOWN = 28, 7  # height of a row; rows before it scrolls
_COLOUR, _NAME, _VALUE, _PICTURES, _SHARE = range(5)
_WIDTHS = (34, 0, 96, 76, 76)


class ClassNames(QTableWidget):
    """objectName classNames."""

    given = Signal(tuple)
    """All names, after one was changed."""

    def __init__(self) -> None:
        super().__init__(0, len(_WIDTHS))
        self.setObjectName("classNames")
        self.setAccessibleName(self.tr("Classes of the masks"))
        self.setHorizontalHeaderLabels(["", self.tr("Name"), self.tr("In the files"), self.tr("Images"), self.tr("Pixels")])
        tips = ("", "", self.tr("What a pixel of the class is in the files"), self.tr("Images that show the class"), "")
        for at, tip in enumerate(tips):
            head = self.horizontalHeaderItem(at)
            assert head is not None
            head.setToolTip(tip)
            head.setTextAlignment(
                (Qt.AlignmentFlag.AlignRight if at >= _VALUE else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
            )
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setItemDelegateForColumn(_COLOUR, _Colour(self))
        self.itemChanged.connect(self._changed)
        self._said: list[str] = []
        self._fit()

    def show_classes(self, classes: list[dict[str, Any]]) -> None:
        """classes: of the `data` document of masks."""
        self.blockSignals(True)
        self._said = [str(entry["name"]) for entry in classes]
        self.setRowCount(len(classes))
        for line, entry in enumerate(classes):
            value = entry.get("value", line)
            texts = ("", entry["name"], _value(value), f"{entry['count']:,}", percent(entry.get("share")))
            for at, text in enumerate(texts):
                item = QTableWidgetItem(str(text))
                flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
                item.setFlags(flags | Qt.ItemFlag.ItemIsEditable if at == _NAME else flags)
                if at >= _VALUE:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(line, at, item)
        self.blockSignals(False)
        self._fit()

    def _changed(self, item: QTableWidgetItem) -> None:
        """An empty name, or one that another class has, goes back to what it was."""
        names = [cell.text().strip() for line in range(self.rowCount()) if (cell := self.item(line, _NAME)) is not None]
        name = names[item.row()]
        if name and names.count(name) == 1 and names != self._said:
            self.given.emit(tuple(names))
        else:
            self.blockSignals(True)
            item.setText(self._said[item.row()])
            self.blockSignals(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_said"):
            self._fit()

    def _fit(self) -> None:
        head = self.horizontalHeader()
        head.setFixedHeight(theme.px(ROW))
        head.setMinimumSectionSize(theme.px(24))
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW))
        for at, width in enumerate(_WIDTHS):
            head.setSectionResizeMode(at, QHeaderView.ResizeMode.Fixed if width else QHeaderView.ResizeMode.Stretch)
            if width:
                head.resizeSection(at, theme.px(width))
        self.setFixedHeight(theme.px(ROW) * (1 + min(SHOWN, max(1, self.rowCount()))) + 2)


def _value(value: Any) -> str:
    """5, or 128, 64, 0 of a colour."""
    return ", ".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)


class _Colour(QStyledItemDelegate):
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        box, side = QRectF(option.rect), theme.px(12)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill_class(painter, QRectF(box.center().x() - side / 2, box.center().y() - side / 2, side, side), index.row())
        painter.restore()
