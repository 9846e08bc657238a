"""The catalogue: every model with its size, its cost, how good it was on ImageNet, and where its weights are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import GAP, TIGHT, SearchField, colour, column, icon, label, row
from tlstudio.gui.words import megabytes, percent, short
from tlstudio.models import catalogue
from tlstudio.models.catalogue import Entry

WIDTH, ROW = 220, 48
_PAUSE = 250  # ms: keys that run through the list do not have each model opened
Index = QModelIndex | QPersistentModelIndex


class _Models(QAbstractListModel):
    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._all = entries
        self.entries: list[Entry] = list(entries)
        self._where: dict[str, str] = {}

    def find(self, text: str) -> None:
        words = text.lower().split()
        self.beginResetModel()
        self.entries = [entry for entry in self._all if all(word in f"{entry.name} {entry.title}".lower() for word in words)]
        self.endResetModel()

    def place(self, name: str) -> int:
        return next((i for i, entry in enumerate(self.entries) if entry.name == name), -1)

    def where(self, entry: Entry) -> str:
        """bundled, cached, download or none; asked of the disk once, until `look_again`."""
        if entry.name not in self._where:
            self._where[entry.name] = entry.weights_state()
        return self._where[entry.name]

    def look_again(self) -> None:
        self._where = {}
        if self.entries:
            self.dataChanged.emit(self.index(0), self.index(len(self.entries) - 1))

    def where_word(self, entry: Entry) -> str:
        return {
            "bundled": self.tr("built in"),
            "cached": self.tr("on disk"),
            "download": megabytes(entry.weights_bytes),
            "none": self.tr("none"),
        }[self.where(entry)]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.UserRole:
            return entry.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return self._tip(entry)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.title}, {self.where_word(entry)}"
        return None

    def _tip(self, entry: Entry) -> str:
        accuracy = self.tr("%1 of ImageNet's validation pictures right (%2)")
        where = {
            "bundled": self.tr("Weights are installed with the program"),
            "cached": self.tr("Weights are on this computer"),
            "download": self.tr("Weights have to be downloaded: %1").replace("%1", megabytes(entry.weights_bytes)),
            "none": self.tr("No pretrained weights are published"),
        }[self.where(entry)]
        lines = [
            f"{entry.title} ({entry.name})",
            self.tr("%1 parameters, made for %2 × %2 pixels").replace("%1", f"{entry.params:,}").replace("%2", str(entry.input_size)),
            accuracy.replace("%1", percent(entry.accuracy)).replace("%2", entry.accuracy_source) if entry.accuracy else "",
            where,
            self.tr("Licence: %1").replace("%1", entry.licence),
        ]
        return "\n".join(line for line in lines if line)


def _columns(left: int, width: int) -> tuple[tuple[int, int], ...]:
    """Left edge and width of params, mult-adds and accuracy, each aligned to its right."""
    first, second = round(width * 0.25), round(width * 0.64)
    return (left, first), (left + first, second - first), (left + second, width - second)


def _right(painter: QPainter, x: int, y: int, wide: int, tall: int, text: str) -> None:
    painter.drawText(QRect(x, y, wide, tall), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)


class _Row(QStyledItemDelegate):
    """Two lines: name and where the weights are, then params, mult-adds, accuracy in tabular columns."""

    def __init__(self, models: _Models, parent: QWidget) -> None:
        super().__init__(parent)
        self._models = models

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, theme.px(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        state: QStyle.StateFlag = option.state
        rect: QRect = option.rect
        entry, px = self._models.entries[index.row()], theme.px
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        box = rect.adjusted(8, 1, -8, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or bool(state & QStyle.StateFlag.State_MouseOver):
            focused = chosen and bool(state & QStyle.StateFlag.State_HasFocus)
            painter.setPen(QPen(colour("accent"), 2) if focused else Qt.PenStyle.NoPen)
            painter.setBrush(colour("accent_soft" if chosen else "raised"))
            painter.drawRoundedRect(box, 6, 6)
        inside = box.adjusted(8, px(5), -8, -px(5))
        line, size = px(18), px(14)
        here = self._models.where(entry) in ("bundled", "cached")
        mark = icon("check-circle-fill", "good") if here else icon("cloud-arrow-down", "muted")
        mark.paint(painter, QRect(inside.right() - size + 1, inside.top() + (line - size) // 2, size, size))
        painter.setPen(colour("muted"))
        painter.setFont(theme.font(8))
        word = self._models.where_word(entry)
        wide = painter.fontMetrics().horizontalAdvance(word)
        _right(painter, inside.left(), inside.top(), inside.width() - size - 4, line, word)
        painter.setFont(theme.font(9.5, bold=chosen))
        painter.setPen(colour("text"))
        room = inside.width() - size - 8 - wide
        name = painter.fontMetrics().elidedText(entry.title, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRect(inside.left(), inside.top(), room, line), Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(theme.font(8.5))
        painter.setPen(colour("muted"))
        facts = (short(entry.params), short(entry.mult_adds or None), percent(entry.accuracy))
        for (x, width), text in zip(_columns(inside.left(), inside.width()), facts, strict=True):
            _right(painter, x, inside.top() + line, width, line, text)
        painter.restore()


class _Legend(QWidget):
    """What the three columns are, over them."""

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(0, theme.px(18))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.font(8))
        painter.setPen(colour("muted"))
        words = (self.tr("params"), self.tr("mult-adds"), self.tr("ImageNet"))
        for (x, wide), word in zip(_columns(GAP, self.width() - 2 * GAP), words, strict=True):
            _right(painter, x, 0, wide, self.height(), word)
        painter.end()


class CatalogueList(QWidget):
    """objectNames modelSearch, modelTable. A click or Enter takes a model at once, arrows after a short rest."""

    chosen = Signal(str)
    """The name of the model that the user picked."""

    def __init__(self) -> None:
        super().__init__()
        self._current = ""
        self.models = _Models(catalogue.entries())
        self.models.setParent(self)
        self.search = SearchField(self.tr("Search models"), "modelSearch")
        self.search.setToolTip(self.tr("Part of a model's name"))
        self.table = QListView()
        self.table.setObjectName("modelTable")
        self.table.setAccessibleName(self.tr("Models"))
        self.table.setModel(self.models)
        self.table.setItemDelegate(_Row(self.models, self.table))
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setStyleSheet("QListView { background: transparent; border: none; border-radius: 0; }")
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setMouseTracking(True)
        self.table.setUniformItemSizes(True)
        self._nothing = label("", "small", wrap=True)
        self._nothing.setVisible(False)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_PAUSE)
        self._rest.timeout.connect(self._take)
        self.setLayout(
            column(
                row(label(self.tr("Model"), "title"), None, margins=(GAP, 0, GAP, 0)),
                4,
                row(self.search, margins=(GAP, 0, GAP, 0)),
                row(self._nothing, margins=(GAP, 0, GAP, 0)),
                _Legend(),
                (self.table, 1),
                spacing=TIGHT,
                margins=(0, GAP, 0, TIGHT),
            )
        )
        self.search.textChanged.connect(self._find)
        self.search.returnPressed.connect(self._take_first)
        self.table.clicked.connect(self._take)
        self.table.activated.connect(self._take)
        self.table.selectionModel().currentChanged.connect(lambda: self._rest.start())

    def show_model(self, name: str) -> None:
        """Mark the model that the recipe has."""
        self._current = name
        self._mark()

    def look_again(self) -> None:
        """Weights came or went: ask the disk."""
        self.models.look_again()

    def _mark(self) -> None:
        place = self.models.place(self._current)
        index = self.models.index(place) if place >= 0 else QModelIndex()
        self.table.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._rest.stop()

    def _find(self, text: str) -> None:
        self.models.find(text)
        self._mark()
        none = not self.models.entries
        self._nothing.setVisible(none)
        if none:
            self._nothing.setText(self.tr("No model is called “%1”.").replace("%1", text))

    def _take_first(self) -> None:
        if self.models.entries:
            self.table.setCurrentIndex(self.models.index(0))
            self._take()

    def _take(self) -> None:
        self._rest.stop()
        name = self.table.currentIndex().data(Qt.ItemDataRole.UserRole)
        if name and name != self._current:
            self.chosen.emit(name)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look_again()
        self.table.scrollTo(self.table.currentIndex())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self.table.scheduleDelayedItemsLayout()
