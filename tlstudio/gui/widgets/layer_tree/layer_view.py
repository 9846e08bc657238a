"""The layer tree's view: keys, ticks by mouse, filter, depth. The rows and what they say are the model's."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QMenu, QStyleOptionViewItem, QTreeView

from tlstudio.gui import theme
from tlstudio.gui.ticks import State
from tlstudio.gui.widgets.layer_tree.layer_columns import LAYER, SIGNAL
from tlstudio.gui.widgets.layer_tree.layer_delegate import LayerDelegate, box_width, drawn, paint_sentence
from tlstudio.gui.widgets.layer_tree.layer_filter import found, meant
from tlstudio.gui.widgets.layer_tree.layer_header import LayerHeader
from tlstudio.gui.widgets.layer_tree.layer_menu import row_menu
from tlstudio.gui.widgets.layer_tree.layer_model import Index, LayerModel
from tlstudio.gui.widgets.parts import colour

INDENT = 12
ALL = 0
"""The depth at which everything is open."""


class LayerTree(QTreeView):
    """objectName layerTree. Space or a click on the box freezes or frees; with Shift, all rows from the last one to here."""

    picked = Signal(int)
    """Another row is looked at: its place in the document."""
    rate_wanted = Signal(list)
    """The user wants another learning rate for these rows."""
    cut_wanted = Signal(int)
    """The user wants the network to end at this row."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("layerTree")
        self.setAccessibleName(self.tr("Layers of the model"))
        self.head = LayerHeader()
        self.layers = LayerModel()
        self.layers.setParent(self)
        self.setModel(self.layers)
        self.setHeader(self.head)
        self.head.chosen_changed.connect(self.fit_columns)
        self._delegate = LayerDelegate(self.layers, self)
        self.setItemDelegate(self._delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet(
            "QTreeView { border: none; border-radius: 0; }"
            "QHeaderView::section { padding: 0 6px; } QHeaderView::section:first { padding-left: 16px; }"
        )
        self.setUniformRowHeights(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._moved)
        self.can_end = True
        """Whether the network could end at one of its layers."""
        self._anchor = -1
        self._hidden: set[int] = set()
        self._restyle()

    # what is shown

    def show_depth(self, depth: int) -> None:
        """Open modules so that rows of `depth` levels are seen; ALL opens everything, weights and biases too.

        Below ALL a module that holds nothing but its own weights stays closed.
        """
        self.layers.complete()
        if depth == ALL:
            self.expandAll()
            return
        self.collapseAll()
        ticks = self.layers.ticks
        level = [0] * len(ticks.paths)
        for i, above in enumerate(ticks.parent):
            level[i] = 0 if not ticks.paths[i] else 1 + (level[above] if above >= 0 else 0)
            if 0 < level[i] < depth and any(
                ticks.children[child] and self.layers.state(child) != State.NONE for child in ticks.children[i]
            ):
                self.expand(self.layers.index_of(i))

    def expanded_paths(self) -> set[str]:
        """Paths of the open modules."""
        ticks = self.layers.ticks
        inside = (i for i, path in enumerate(ticks.paths) if path and ticks.children[i])
        return {ticks.paths[i] for i in inside if self.isExpanded(self.layers.index_of(i))} if self.layers.rowCount() else set()

    def open_paths(self, paths: set[str]) -> None:
        for path in paths:
            row = self.layers.ticks.row_of.get(path)
            if row is not None:
                self.expand(self.layers.index_of(row))

    def pick(self, row: int) -> None:
        """Look at a row: open what it lies in, scroll to it."""
        index = self.layers.index_of(row)
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def filter_rows(self, text: str) -> int:
        """Show only rows whose name or type holds `text`, what they lie in and what is in them; "" shows all. How many match."""
        self.layers.complete()
        layers = self.layers
        layers.wanted = text.strip().lower()
        layers.meant = meant(layers.wanted)
        layers.matches, openings, hidden = found(layers, layers.wanted)
        for i in hidden ^ self._hidden:
            index = layers.index_of(i)
            self.setRowHidden(index.row(), index.parent(), i in hidden)
        self._hidden = hidden
        for i in openings:
            if layers.ticks.paths[i]:
                self.expand(layers.index_of(i))
        self.viewport().update()
        return len(layers.matches)

    def next_match(self, step: int = 1) -> int:
        """Look at the next row that the filter found (step -1: the one before); its number among them from 1, 0 where there is none."""
        matches = sorted(self.layers.matches)
        if not matches:
            return 0
        here = self.layers.row(self.currentIndex()) if self.currentIndex().isValid() else -1
        there = [row for row in matches if (row - here) * step > 0] or matches
        row = there[0] if step > 0 else there[-1]
        self.pick(row)
        return matches.index(row) + 1

    def forget_filter(self) -> None:
        """New rows came: none of them is hidden."""
        self._hidden, self._anchor = set(), -1

    # ticks

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self._toggle_selected()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_paths()
        else:
            super().keyPressEvent(event)

    def selected(self) -> list[int]:
        """The selected rows in the order of the tree."""
        rows = sorted(self.layers.row(index) for index in self.selectionModel().selectedRows())
        if self.layers.wanted and len(rows) > 1:
            # Rows that are only there because a match lies in them are not meant by "all of these".
            rows = [row for row in rows if row in self.layers.matches]
        return rows

    def _toggle_selected(self) -> None:
        current = self.layers.row(self.currentIndex())
        rows = [row for row in self.selected() if row != current]
        # The current row decides which way all go.
        self.layers.toggle([*rows, current] if not rows or self._counts(current) else rows)
        self._anchor = current

    def _counts(self, row: int) -> bool:
        return not self.layers.wanted or row in self.layers.matches

    def _on_box(self, where: QPoint) -> int:
        """The row whose box is there, -1 for none."""
        index = self.indexAt(where)
        if not index.isValid() or index.column() != LAYER:
            return -1
        left = self.visualRect(index).left()
        row = self.layers.row(index)
        return row if left <= where.x() <= left + box_width() and self.layers.state(row) != State.NONE else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        where, left = event.position().toPoint(), event.button() == Qt.MouseButton.LeftButton
        index, box = self.indexAt(where), self._on_box(where)
        ranged = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if left and index.isValid() and ranged and self._anchor >= 0:
            rows = self._between(self._anchor, self.layers.row(index))
            super().mousePressEvent(event)
            self.layers.toggle(rows)
            return
        super().mousePressEvent(event)
        if left and index.isValid():
            self._anchor = self.layers.row(index)
            if box >= 0:
                self.layers.toggle([box])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        box = self._on_box(event.position().toPoint())
        if box < 0:
            super().mouseDoubleClickEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self.layers.toggle([box])

    def _between(self, first: int, last: int) -> list[int]:
        """The visible rows from one to the other; `last` comes last. A closed module stands for all that is in it."""
        low, high = sorted((first, last))
        rows, index = [], self.layers.index_of(low)
        while index.isValid() and (row := self.layers.row(index)) <= high:
            if self._counts(row):
                rows.append(row)
            index = self.indexBelow(index)
        return sorted(rows, key=lambda row: row == last)

    # the menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.currentIndex()
        if index.isValid():
            where = event.globalPos()
            if event.reason() == QContextMenuEvent.Reason.Keyboard:
                where = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
            self.menu(self.layers.row(index)).popup(where)

    def menu(self, row: int) -> QMenu:
        return row_menu(self, row)

    def copy_paths(self) -> None:
        """The dotted paths of the selected rows, one a line, to the clipboard."""
        QGuiApplication.clipboard().setText("\n".join(self.layers.ticks.paths[row] for row in self.selected()))

    # drawing

    def drawRow(self, painter: QPainter, options: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = options.rect
        if self.selectionModel().isRowSelected(index.row(), index.parent()):
            painter.fillRect(rect, colour("accent_soft"))
        super().drawRow(painter, options, index)
        if self.hasFocus() and index.row() == self.currentIndex().row() and index.parent() == self.currentIndex().parent():
            painter.setPen(QPen(colour("accent"), 2))
            painter.drawRect(QRect(1, rect.top() + 1, self.viewport().width() - 2, rect.height() - 2))

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:
        if self.layers.hasChildren(index):
            size = theme.px(10)
            name = "caret-down-bold" if self.isExpanded(index) else "caret-right-bold"
            pixmap = drawn(name, colour("muted").name(), size, self.devicePixelRatioF())
            painter.drawPixmap(rect.right() - size, rect.center().y() - size // 2 + 1, pixmap)

    def dataChanged(self, first: Index, last: Index, roles: Sequence[int] = ()) -> None:
        """Signals come several times a second: only their column is drawn anew."""
        if first.column() == last.column() == SIGNAL:
            self.viewport().update(self.columnViewportPosition(SIGNAL), 0, self.columnWidth(SIGNAL), self.viewport().height())
        else:
            super().dataChanged(first, last, roles)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._delegate.dirty = event.rect()
        super().paintEvent(event)
        if self.layers.wanted and not self.layers.matches:
            said = self.tr("No layer has %1 in its name, type or state").replace("%1", f"“{self.layers.wanted}”")
            paint_sentence(self.viewport(), said)

    def _moved(self, current: QModelIndex) -> None:
        if current.isValid():
            self.picked.emit(self.layers.row(current))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self.layers.rowCount():
            first = self.layers.index(0, 0)
            self.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event):
            self._restyle()

    def _restyle(self) -> None:
        self.setIndentation(theme.px(INDENT))
        self.head.restyle()
        self.fit_columns()
        self.scheduleDelayedItemsLayout()

    def fit_columns(self) -> None:
        """Give the columns their widths, see `LayerHeader`."""
        self.head.show_most(self.layers.ticks.params)
        self.head.fit(self.viewport().width())
        scrolls = self.head.chosen is not None
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
