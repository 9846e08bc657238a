"""The table of runs: ticks with the key of their line, states as icon and word, sorted, filtered, cut down to what differs."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.gui import theme
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.parts import colour, icon
from tlstudio.gui.widgets.runs_model import COLUMNS, COMPARE, STATE, STATE_COLUMN, STYLE, TITLE, RunsModel, tasks_of
from tlstudio.gui.widgets.table_view import TableView

Index = QModelIndex | QPersistentModelIndex
_STATES = {
    "finished": ("check-circle", "good"),
    "stopped": ("stop-circle", "good"),
    "live": ("play-circle", "accent"),
    "failed": ("x-circle", "bad"),
    "unfinished": ("warning", "warn"),
    "unreadable": ("x-circle", "bad"),
}


class _Cell(QStyledItemDelegate):
    """The tick with its line's key; the state with its icon."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if index.column() not in (COMPARE, STATE_COLUMN):
            super().paint(painter, option, index)
            return
        state: QStyle.StateFlag = option.state
        box: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, colour("accent_soft"))
        middle, px = box.center().y() + 1, theme.px
        if index.column() == COMPARE:
            ticked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
            name, role = ("check-square-fill", "accent") if ticked else ("square", "muted")
            icon(name, role).paint(painter, QRect(box.left() + px(10), middle - px(9), px(18), px(18)))
            style = index.data(STYLE)
            if style is not None:
                style.paint_key(painter, QRectF(box.left() + px(38), middle - px(6), px(36), px(12)))
        else:
            name, role = _STATES[index.data(STATE)]
            icon(name, role).paint(painter, QRect(box.left() + px(8), middle - px(8), px(16), px(16)))
            text = box.adjusted(px(30), 0, -6, 0)
            painter.setFont(theme.font(10))
            painter.setPen(colour(role if role in ("bad", "warn") else "text"))
            words = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, text.width())
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, words)
        if state & QStyle.StateFlag.State_HasFocus and index.column() == COMPARE:
            painter.setPen(QPen(colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(box).adjusted(5, 3, -5, -3), 4, 4)
        painter.restore()


class RunsTable(TableView):
    """objectName runsTable. Space ticks the selected runs; Enter or a double click asks to look at one."""

    looked_at = Signal(dict)
    selection_changed = Signal()
    shown_changed = Signal()
    """Other rows are shown, or other columns."""

    def __init__(self) -> None:
        super().__init__("runsTable", row=32)
        self.setAccessibleName(self.tr("Runs"))
        self.rows = RunsModel()
        self.setModel(self.rows)
        self.setItemDelegate(_Cell(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.same: list[tuple[str, str]] = []
        self.only_differing = True
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())
        self.doubleClicked.connect(self._look)
        self._widths()

    def show_rows(self, rows: list[Row]) -> None:
        """Take new rows; ticks and selection stay with their runs."""
        chosen = [row["path"] for row in self.selected()]
        self.rows.show_rows(rows)
        self._reselect(chosen)
        self.hide_the_same()

    def sortByColumn(self, column: int, order: Qt.SortOrder) -> None:
        chosen = [row["path"] for row in self.selected()]
        super().sortByColumn(column, order)
        self._reselect(chosen)

    def _reselect(self, paths: list[str]) -> None:
        """Choose those runs again after the rows came in another order."""
        if paths and not self.selectionModel().hasSelection():
            self.select(paths)

    def filter_by(self, text: str) -> None:
        chosen = [row["path"] for row in self.selected()]
        self.rows.filter_by(text)
        self._reselect(chosen)
        self.hide_the_same()

    def show_only_differing(self, only: bool) -> None:
        self.only_differing = only
        self.hide_the_same()

    def hide_the_same(self) -> None:
        """Hide the settings that are the same in all shown runs; `same` tells what they are."""
        rows = self.rows.rows
        tasks = tasks_of(self.rows.all)
        self.same = []
        for i, column in enumerate(COLUMNS):
            first = column.text(rows[0]) if rows else ""
            alike = column.setting and len(rows) > 1 and all(column.text(row) == first for row in rows)
            if alike and first != "–":
                self.same.append((column.heading(), first))
            self.setColumnHidden(i, (alike and self.only_differing) or not column.suits(tasks))
        self._share_out()
        self.shown_changed.emit()

    def selected(self) -> list[Row]:
        return [self.rows.rows[index.row()] for index in self.selectionModel().selectedRows()]

    def select(self, paths: list[str]) -> None:
        """Select those runs; the first becomes the current one."""
        wanted, flags = set(paths), QItemSelectionModel.SelectionFlag
        self.clearSelection()
        for i, row in enumerate(self.rows.rows):
            if row["path"] in wanted:
                index = self.rows.index(i, TITLE)
                if not self.selectionModel().hasSelection():
                    self.selectionModel().setCurrentIndex(index, flags.NoUpdate)
                self.selectionModel().select(index, flags.Select | flags.Rows)

    def _look(self, index: QModelIndex) -> None:
        if index.isValid() and index.column() != COMPARE:
            self.looked_at.emit(self.rows.rows[index.row()])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and index.column() == COMPARE:
            row = self.rows.rows[index.row()]
            self.rows.compare(row["path"], row["path"] not in self.rows.compared)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            chosen = self.selected()
            tick = any(row["path"] not in self.rows.compared for row in chosen)
            for row in chosen:
                self.rows.compare(row["path"], tick)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            chosen = self.selected()
            if chosen:
                self.looked_at.emit(chosen[0])
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and self.model() is not None:
            self._widths()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_out()

    def _widths(self) -> None:
        header = self.horizontalHeader()
        header.setMinimumSectionSize(theme.px(48))
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for i, column in enumerate(COLUMNS):
            header.resizeSection(i, theme.px(column.width))
        self._share_out()

    def _share_out(self) -> None:
        """States need as much as their longest word; the title takes what is left, and at least its own width; then the table
        scrolls sideways."""
        header = self.horizontalHeader()
        words = {COLUMNS[STATE_COLUMN].text(row) for row in self.rows.rows}
        wide = max((self.fontMetrics().horizontalAdvance(word) for word in words), default=0)
        header.resizeSection(STATE_COLUMN, max(theme.px(84), wide + 48))
        others = sum(header.sectionSize(i) for i in range(len(COLUMNS)) if i != TITLE and not self.isColumnHidden(i))
        header.resizeSection(TITLE, max(theme.px(COLUMNS[TITLE].width), self.viewport().width() - others))
