"""The runs as a table: what was set, what came out, which are compared. Ten thousand rows."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from tlstudio.gui import theme
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.line_style import LineStyle
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.widgets.runs_columns import COLUMNS, Column, search_text, state_of, state_words, tasks_of, tr
from tlstudio.gui.words import strategy_word, when

__all__ = [
    "COLUMNS",
    "COMPARE",
    "STATE",
    "STATE_COLUMN",
    "STYLE",
    "TAGS",
    "TITLE",
    "RunsModel",
    "names_of",
    "state_of",
    "state_words",
    "tasks_of",
]

STYLE = Qt.ItemDataRole.UserRole
STATE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
_PLACES = {column.key: i for i, column in enumerate(COLUMNS)}
COMPARE, TITLE, STATE_COLUMN = 0, 1, 2
TAGS, NOTE = _PLACES["tags"], _PLACES["note"]


def names_of(rows: Sequence[Row]) -> list[str]:
    """As short a name for each run as tells them apart: title, strategy, both, or with the time."""
    titles = [str(row["title"]) for row in rows]
    strategies = [strategy_word(row["strategy"]) if row.get("strategy") else "–" for row in rows]
    both = [f"{title}, {strategy.lower()}" for title, strategy in zip(titles, strategies, strict=True)]
    timed = [f"{name}, {when(row['started'])}" if row.get("started") else name for name, row in zip(both, rows, strict=True)]
    return next((names for names in (titles, strategies, both) if len(set(names)) == len(names)), timed)


class RunsModel(QAbstractTableModel):
    """Rows of `api.list_runs`: `all` of them, and `rows`, those that pass the filter, sorted. (Sorted and filtered here rather than
    by a proxy, which would ask Python a quarter of a million questions for ten thousand runs.)

    `tag`: only runs that have it are shown, "" for all. A note can be written in its cell: `noted` tells.

    Compared runs keep their line style as long as they are ticked, hidden by the filter or in the trash too.
    """

    compared_changed = Signal()
    noted = Signal(str, str)
    """The user wrote a note in its cell: path, note."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Row] = []
        self.rows: list[Row] = []
        self.compared: dict[str, LineStyle] = {}  # also of runs that are gone: one that comes back out of the trash is ticked again
        self._words: list[str] = []
        self._tags: list[str] | None = None
        self._said: dict[str, str] = {}
        self.tag = ""
        self._order: tuple[int, bool] = (-1, False)

    def show_rows(self, rows: list[Row]) -> bool:
        """Take new rows; ticks stay with their runs. Where only values changed, views keep place and selection.

        Whether any row came, went or is another object than before.
        """
        same = len(rows) == len(self.all) and all(map(operator.is_, rows, self.all))
        if not same:
            there = {row["path"]: row for row in self.all}
            self._said = {path: said for row in rows if (said := self._said.get(path := row["path"])) and there.get(path) is row}
        self.all, self._tags = rows, None
        self._arrange()
        self.compared_changed.emit()
        return not same

    def update_row(self, path: str) -> None:
        """One row has other values; its place may change only where the table is sorted by them."""
        self._said.pop(path, None)
        self._tags = None
        at = next((i for i, row in enumerate(self.rows) if row["path"] == path), None)
        if at is None or self._words or self.tag or self._order[0] >= 0:
            self._arrange()
        else:
            self.dataChanged.emit(self.index(at, 0), self.index(at, len(COLUMNS) - 1))
        if path in self.compared:
            self.compared_changed.emit()

    def show_tag(self, tag: str) -> None:
        """Show only the rows with that tag; "": all."""
        self.tag = tag
        self._arrange()
        self.compared_changed.emit()

    @property
    def tags(self) -> list[str]:
        """Every tag that a run has, by name."""
        if self._tags is None:
            self._tags = sorted({tag for row in self.all for tag in row.get("tags") or ()}, key=str.casefold)
        return self._tags

    def filter_by(self, text: str) -> None:
        """Show the rows whose title, folder, state, images, model, strategy, tags or note hold every word, in any order."""
        self._words = text.casefold().split()
        self._arrange()
        self.compared_changed.emit()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; -1: as given, newest first."""
        self._order = (column, order == Qt.SortOrder.DescendingOrder)
        self._arrange()

    def _arrange(self) -> None:
        rows = [row for row in self.all if self._passes(row)] if self._words or self.tag else list(self.all)
        at, backwards = self._order
        if at >= 0:
            rows = self._sorted(rows, COLUMNS[at], backwards)
        if [row["path"] for row in rows] == [row["path"] for row in self.rows]:
            self.rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
        else:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def _sorted(self, rows: list[Row], column: Column, backwards: bool) -> list[Row]:
        """Equal ones stay in their order; those of which it is not known come last, whichever way it is sorted."""
        if column.key == "compare":
            ticked = {path: style.index for path, style in self.compared.items()}
            return sorted(rows, key=lambda row: ticked.get(row["path"], math.inf), reverse=backwards)
        values = [(column.sort_value(row), row) for row in rows]
        known = [pair for pair in values if pair[0] is not None]
        known.sort(key=lambda pair: pair[0], reverse=backwards)
        return [row for _, row in known] + [row for value, row in values if value is None]

    def _passes(self, row: Row) -> bool:
        if self.tag and self.tag not in (row.get("tags") or ()):
            return False
        if not self._words:
            return True
        said = self._said.get(row["path"])
        if said is None:
            said = self._said[row["path"]] = search_text(row)
        return all(word in said for word in self._words)

    def compare(self, path: str, ticked: bool) -> None:
        if ticked == (path in self.compared):
            return
        if ticked:
            taken = {style.index for style in self.compared.values()}
            free = next(i for i in range(len(taken) + 1) if i not in taken)
            self.compared[path] = LineStyle(free)
        else:
            del self.compared[path]
        row = next((i for i, entry in enumerate(self.rows) if entry["path"] == path), None)
        if row is not None:
            self.dataChanged.emit(self.index(row, COMPARE), self.index(row, TITLE))
        self.compared_changed.emit()

    def compared_rows(self) -> list[tuple[Row, LineStyle]]:
        """The ticked runs that the filter shows, newest first."""
        ticked = [row for row in self.all if row["path"] in self.compared]
        return [(row, self.compared[row["path"]]) for row in ticked if self._passes(row)]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == NOTE:
            return flags | Qt.ItemFlag.ItemIsEditable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == COMPARE else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        path = row["path"]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.EditRole and index.column() == NOTE:
            return str(row.get("note") or "")
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == COMPARE:
            return Qt.CheckState.Checked if path in self.compared else Qt.CheckState.Unchecked
        if role == STYLE:
            return self.compared.get(path)
        if role == STATE:
            return state_of(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return (Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and column.muted:
            return colour("muted")
        if role == Qt.ItemDataRole.FontRole and index.column() == TITLE and path in self.compared:
            return theme.font(10, bold=True)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._tip(row, column, role)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        path = self.rows[index.row()]["path"]
        if role == Qt.ItemDataRole.EditRole and index.column() == NOTE:
            if str(value).strip() != str(self.rows[index.row()].get("note") or ""):
                self.noted.emit(path, str(value))
            return True
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != COMPARE:
            return False
        self.compare(path, Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].heading()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if COLUMNS[section].number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def _tip(self, row: Row, column: Column, role: int) -> Any:
        if column.key == "compare" and role == Qt.ItemDataRole.AccessibleTextRole:
            return tr("Compare %1").replace("%1", str(row["title"]))
        if column.key == "compare":
            return tr("Draw this run's curve below (Space)")
        if column.key == "title":
            where = tr("\nlies outside the runs folder") if row.get("elsewhere") else ""
            return f"{row['title']}\n{row['path']}{where}"
        if column.key == "note":
            return str(row.get("note") or "") or tr("Double click, or F2, to write a note")
        if column.key in ("tags", "stages"):
            return column.text(row)
        if column.key == "state":
            return row.get("error") or row.get("failure") or state_words(row)
        return str(row["data"]) if column.key == "data" and row.get("data") else None
