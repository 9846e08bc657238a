"""The table of runs: ticks with the key of their line, states as icon and word, sorted, filtered, cut down to what differs."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu

from tlstudio.gui import theme
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.runs_cells import RunCell
from tlstudio.gui.widgets.runs_columns import left_out
from tlstudio.gui.widgets.runs_model import COLUMNS, COMPARE, NOTE, STATE_COLUMN, TITLE, RunsModel, tasks_of
from tlstudio.gui.widgets.table_view import TableView

Index = QModelIndex | QPersistentModelIndex


class RunsTable(TableView):
    """objectName runsTable. Space ticks the selected runs; Enter or a double click asks to look at one; F2 or a double click on a note
    writes it. A right click on the headings chooses columns."""

    looked_at = Signal(dict)
    selection_changed = Signal()
    shown_changed = Signal()
    """Other rows are shown, or other columns."""
    columns_chosen = Signal()
    """The user chose columns."""
    menu_asked = Signal(QPoint)
    """A right click on a row, which is selected then (global)."""

    def __init__(self) -> None:
        super().__init__("runsTable", row=32)
        self.setAccessibleName(self.tr("Runs"))
        self.rows = RunsModel()
        self.rows.setParent(self)  # it goes with the table: who listens to it may hold both
        self.setModel(self.rows)
        self.setItemDelegate(RunCell(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.horizontalHeader().setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.horizontalHeader().customContextMenuRequested.connect(
            lambda at: self.column_menu().popup(self.horizontalHeader().mapToGlobal(at))
        )
        self.same: list[tuple[str, str]] = []
        self._alike: dict[str, str] = {}  # what a setting is in all shown runs, by key
        self.only_differing = True
        self.chosen: dict[str, bool] = {}
        """Columns that the user asked for, or does not want, by key; all others as the runs have it."""
        self.left_out: list[str] = []
        """Headings of the columns for which there is no room."""
        self._wanted: list[int] = []  # columns that are shown, or would be if there were room
        self._state_width = 0
        self.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())
        self.doubleClicked.connect(self._look)
        self._widths()
        self._hide()

    def show_rows(self, rows: list[Row]) -> None:
        """Take new rows; ticks and selection stay with their runs."""
        chosen = [row["path"] for row in self.selected()]
        if self.rows.show_rows(rows):
            self._reselect(chosen)
            self.hide_the_same()

    def update_row(self, path: str) -> None:
        """One row has other values."""
        chosen = [row["path"] for row in self.selected()]
        self.rows.update_row(path)
        self._reselect(chosen)
        self._hide()
        self.shown_changed.emit()

    def show_tag(self, tag: str) -> None:
        """Show only runs with that tag; "": all."""
        chosen = [row["path"] for row in self.selected()]
        self.rows.show_tag(tag)
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
        self._alike = {}
        for column in COLUMNS:
            said = column.same_in(rows) if column.setting and len(rows) > 1 else None
            if said is not None:
                self._alike[column.key] = said
        self.same = [(column.heading(), said) for column in COLUMNS if (said := self._alike.get(column.key)) and said != "–"]
        words = {COLUMNS[STATE_COLUMN].text(row) for row in rows[:500]}
        self._state_width = max((self.fontMetrics().horizontalAdvance(word) for word in words), default=0)
        self._hide()
        self.shown_changed.emit()

    def _hide(self) -> None:
        tasks = tasks_of(self.rows.rows or self.rows.all)
        self._wanted = []
        for i, column in enumerate(COLUMNS):
            shown = not ((column.key in self._alike and self.only_differing) or column.spare)
            if column.own:
                shown = any(row.get(column.key) for row in self.rows.all)
            if self.chosen.get(column.key, shown) and column.suits(tasks):
                self._wanted.append(i)
        self._fit()

    def _fit(self) -> None:
        """Show the columns for which there is room. What was chosen, or all settings where these are wanted, is shown in any case: then
        the table scrolls sideways."""
        empty = [] if any(row.get("note") for row in self.rows.all) else ["note"]
        widths = {COLUMNS[i].key: self._width(i) for i in self._wanted}
        kept = set(self.chosen if self.only_differing else widths.keys() - set(empty)) | set(self.chosen)
        if self.state() == QAbstractItemView.State.EditingState:
            kept.add("note")
        away = left_out(widths, self.viewport().width(), empty=empty, kept=kept)
        for i, column in enumerate(COLUMNS):
            hidden = i not in self._wanted or column.key in away
            if hidden != self.isColumnHidden(i):
                self.setColumnHidden(i, hidden)
        self._share_out()
        headings = [column.heading() for column in COLUMNS if column.key in away and column.key not in empty]
        if headings != self.left_out:
            self.left_out = headings
            self.shown_changed.emit()

    def column_menu(self) -> QMenu:
        """A menu of the columns, ticked where they are shown."""
        menu = QMenu(self)
        menu.setObjectName("columnMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        tasks = tasks_of(self.rows.all)
        for i, column in enumerate(COLUMNS):
            if i in (COMPARE, TITLE) or not column.suits(tasks):
                continue
            action = menu.addAction(column.heading())
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(i))
            action.toggled.connect(lambda on, key=column.key: self.choose_column(key, on))
        menu.addSeparator()
        menu.addAction(self.tr("As the runs have it")).triggered.connect(lambda: self.choose_columns({}))
        return menu

    def choose_column(self, key: str, shown: bool) -> None:
        self.choose_columns(self.chosen | {key: shown})

    def choose_columns(self, chosen: dict[str, bool]) -> None:
        """Show or hide those columns whatever the runs have; all others as the runs have it."""
        self.chosen = dict(chosen)
        self.columns_chosen.emit()
        self.hide_the_same()

    def write_note(self) -> None:
        """Begin to write in the note of the current run."""
        row = self.currentIndex().row()
        if row >= 0:
            if self.isColumnHidden(NOTE):  # there was no room, and nothing in it
                self.setColumnHidden(NOTE, False)
                self._share_out()
            self.scrollTo(self.rows.index(row, NOTE))
            self.edit(self.rows.index(row, NOTE))

    def texts(self) -> tuple[list[str], list[bool], list[list[str]]]:
        """The shown rows, or the selected ones if there are several, in the shown columns and those that have no room: headings, which
        are numbers, lines."""
        chosen = self.selected()
        columns = [COLUMNS[i] for i in self._wanted if i != COMPARE]  # on paper there is room
        lines = [[column.text(row) for column in columns] for row in (chosen if len(chosen) > 1 else self.rows.rows)]
        return [column.heading() for column in columns], [column.number for column in columns], lines

    def selected(self) -> list[Row]:
        return [self.rows.rows[index.row()] for index in self.selectionModel().selectedRows()]

    def select(self, paths: list[str]) -> None:
        """Select those runs; the first becomes the current one."""
        wanted, flags = set(paths), QItemSelectionModel.SelectionFlag
        self.clearSelection()
        found = [i for i, row in enumerate(self.rows.rows) if row["path"] in wanted]
        if found:
            self.selectionModel().setCurrentIndex(self.rows.index(found[0], TITLE), flags.NoUpdate)
            chosen = QItemSelection()
            for i in found:
                chosen.select(self.rows.index(i, TITLE), self.rows.index(i, TITLE))
            self.selectionModel().select(chosen, flags.Select | flags.Rows)

    def _look(self, index: QModelIndex) -> None:
        if index.isValid() and index.column() not in (COMPARE, NOTE):
            self.looked_at.emit(self.rows.rows[index.row()])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and index.column() == COMPARE:
            row = self.rows.rows[index.row()]
            self.rows.compare(row["path"], row["path"] not in self.rows.compared)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.indexAt(self.viewport().mapFromGlobal(event.globalPos())).isValid():
            self.menu_asked.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            chosen = self.selected()
            tick = any(row["path"] not in self.rows.compared for row in chosen)
            for row in chosen:
                self.rows.compare(row["path"], tick)
        elif event.key() == Qt.Key.Key_F2:
            self.write_note()
        elif self.state() == QAbstractItemView.State.EditingState:
            super().keyPressEvent(event)
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
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _widths(self) -> None:
        header = self.horizontalHeader()
        header.setMinimumSectionSize(theme.px(48))
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for i, column in enumerate(COLUMNS):
            header.resizeSection(i, theme.px(column.width))
        self._fit()

    def _width(self, at: int) -> int:
        """What a column needs. States need as much as their longest word."""
        return max(theme.px(84), self._state_width + theme.px(48)) if at == STATE_COLUMN else theme.px(COLUMNS[at].width)

    def _share_out(self) -> None:
        """The title takes what is left, and at least its own width."""
        header = self.horizontalHeader()
        header.resizeSection(STATE_COLUMN, self._width(STATE_COLUMN))
        others = sum(header.sectionSize(i) for i in range(len(COLUMNS)) if i != TITLE and not self.isColumnHidden(i))
        header.resizeSection(TITLE, max(theme.px(COLUMNS[TITLE].width), self.viewport().width() - others))
