"""The runs as a table: what was set, what came out, which are compared. Ten thousand rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QPersistentModelIndex, Qt, Signal

from tlstudio import places
from tlstudio.gui import theme
from tlstudio.gui.metric import MASKS
from tlstudio.gui.run_list import Row
from tlstudio.gui.widgets.line_style import LineStyle
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.words import loss, percent, strategy_word, took, when

STYLE = Qt.ItemDataRole.UserRole
STATE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
COMPARE, TITLE, STATE_COLUMN = 0, 1, 2
_SEARCHED = ("title", "state", "strategy", "task", "data", "model")


def tr(text: str) -> str:
    return QCoreApplication.translate("RunsModel", text)


def _images_of(path: str) -> str:
    """The folder's name; of the generated sample, what it is."""
    return tr("generated leaves") if Path(path).is_relative_to(places.samples()) else Path(path).name


class Column(NamedTuple):
    """setting: chosen before the run, so that it is hidden where it is the same in all. muted: stands back.

    task: the one that it is for, hidden where no run has it; both: only where there are runs of both.
    """

    key: str
    heading: Callable[[], str]
    width: int
    text: Callable[[Row], str]
    number: bool = False
    setting: bool = False
    muted: bool = False
    task: str = ""
    both: bool = False

    def suits(self, tasks: Collection[str]) -> bool:
        """Whether it says something of runs of those tasks."""
        return not (self.both and len(tasks) < 2) and (not self.task or not tasks or self.task in tasks)


def tasks_of(rows: Iterable[Row]) -> frozenset[str]:
    """What those runs learned; classes where that is not known."""
    return frozenset(str(row.get("task") or "classification") for row in rows)


def _task(row: Row) -> str:
    return tr("masks") if row.get("task") == MASKS else tr("classes")


def _iou(row: Row) -> str:
    value = row.get("val_mean_iou")
    return "–" if value is None else f"{value:.3f}"


def _plain(key: str) -> Callable[[Row], str]:
    return lambda row: "–" if row.get(key) is None else f"{row[key]}"


def _interval(row: Row) -> str:
    span = row.get("val_accuracy_interval")
    return f"{100 * span[0]:.1f} to {100 * span[1]:.1f}" if span else "–"


def _backbone(row: Row) -> str:
    rate = row.get("backbone_lr")
    return "–" if rate is None or row.get("strategy") == "head" else f"{rate:g}"


def state_of(row: Row) -> str:
    """finished, stopped, live, failed, unfinished or unreadable."""
    if row.get("error"):
        return "unreadable"
    if row["state"] == "finished":
        return "stopped" if row.get("reason") == "stopped" else "finished"
    if row["state"] == "live":
        return "live"
    return "failed" if row.get("failure") else "unfinished"


def state_words(row: Row) -> str:
    """The state as a word, with how far it came."""
    word = {
        "finished": tr("finished"),
        "stopped": tr("stopped"),
        "live": tr("running"),
        "failed": tr("failed"),
        "unfinished": tr("unfinished"),
        "unreadable": tr("unreadable"),
    }[state_of(row)]
    epochs = row.get("epochs_planned") or row.get("epochs")
    if row["state"] == "finished" or row.get("epoch") is None or epochs is None:
        return word
    return tr("%1, %2 of %3").replace("%1", word).replace("%2", str(row["epoch"])).replace("%3", str(epochs))


COLUMNS = (
    Column("compare", lambda: tr("Compare"), 88, lambda row: ""),
    Column("title", lambda: tr("Run"), 140, lambda row: str(row["title"])),
    Column("state", lambda: tr("State"), 172, state_words),
    Column("strategy", lambda: tr("Learns"), 106, lambda row: strategy_word(row["strategy"]) if row.get("strategy") else "–", setting=True),
    Column("task", lambda: tr("Task"), 84, _task, both=True),
    Column("val_mean_iou", lambda: tr("Mean IoU"), 88, _iou, True, task=MASKS),
    Column("val_pixel_accuracy", lambda: tr("Pixel acc."), 88, lambda row: percent(row.get("val_pixel_accuracy")), True, task=MASKS),
    Column("val_accuracy", lambda: tr("Val acc."), 78, lambda row: percent(row.get("val_accuracy")), True, task="classification"),
    Column("interval", lambda: tr("95% interval"), 112, _interval, muted=True, task="classification"),
    Column("val_loss", lambda: tr("Val loss"), 76, lambda row: loss(row.get("val_loss")), True),
    Column("seconds", lambda: tr("Took"), 92, lambda row: took(row.get("seconds")), True),
    Column("started", lambda: tr("When"), 132, lambda row: when(row["started"]) if row.get("started") else "–", muted=True),
    Column("data", lambda: tr("Images"), 120, lambda row: _images_of(row["data"]) if row.get("data") else "–", setting=True),
    Column("model", lambda: tr("Model"), 140, _plain("model"), setting=True),
    Column("lr", lambda: tr("Head's rate"), 96, lambda row: "–" if row.get("lr") is None else f"{row['lr']:g}", True, True),
    Column("backbone_lr", lambda: tr("Backbone rate"), 116, _backbone, True, True),
    Column("epochs", lambda: tr("Epochs"), 74, _plain("epochs"), True, True),
    Column("batch_size", lambda: tr("Batch"), 66, _plain("batch_size"), True, True),
    Column("seed", lambda: tr("Seed"), 64, _plain("seed"), True, True),
    Column(
        "augment", lambda: tr("Augment"), 80, lambda row: "–" if row.get("augment") is None else tr("on") if row["augment"] else tr("off"),
        setting=True,
    ),
)  # fmt: skip


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

    Compared runs keep their line style as long as they are ticked, hidden by the filter or in the trash too.
    """

    compared_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Row] = []
        self.rows: list[Row] = []
        self.compared: dict[str, LineStyle] = {}  # also of runs that are gone: one that comes back out of the trash is ticked again
        self._words: list[str] = []
        self._said: dict[str, str] = {}
        self._order: tuple[int, bool] = (-1, False)

    def show_rows(self, rows: list[Row]) -> None:
        """Take new rows; ticks stay with their runs. Where only values changed, views keep place and selection."""
        self.all = rows
        self._said.clear()
        self._arrange()
        self.compared_changed.emit()

    def filter_by(self, text: str) -> None:
        """Show the rows whose title, folder, state, images, model or strategy hold every word."""
        self._words = text.casefold().split()
        self._arrange()
        self.compared_changed.emit()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; -1: as given, newest first."""
        self._order = (column, order == Qt.SortOrder.DescendingOrder)
        self._arrange()

    def _arrange(self) -> None:
        rows = [row for row in self.all if self._passes(row)] if self._words else list(self.all)
        column, backwards = self._order
        if column >= 0:
            rows.sort(key=lambda row: self._sort_key(row, COLUMNS[column]), reverse=backwards)
        if [row["path"] for row in rows] == [row["path"] for row in self.rows]:
            self.rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
        else:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def _passes(self, row: Row) -> bool:
        said = self._said.get(row["path"])
        if said is None:
            texts = [column.text(row) for column in COLUMNS if column.key in _SEARCHED]
            said = self._said[row["path"]] = " ".join([*texts, row["name"]]).casefold()
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
        shown = self.compared.keys() & {row["path"] for row in self.rows}
        return [(row, self.compared[row["path"]]) for row in self.all if row["path"] in shown]

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(COLUMNS)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == COMPARE else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        path = row["path"]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
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
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != COMPARE:
            return False
        self.compare(self.rows[index.row()]["path"], Qt.CheckState(value) == Qt.CheckState.Checked)
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

    def _sort_key(self, row: Row, column: Column) -> Any:
        if column.key == "compare":
            style = self.compared.get(row["path"])
            return float(style.index) if style else math.inf
        if column.key == "interval":
            return float((row.get("val_accuracy_interval") or [-1.0])[0])
        value = row.get(column.key)
        if column.number or column.key in ("started", "augment"):
            return -math.inf if value is None else float(value)
        return column.text(row).casefold()

    def _tip(self, row: Row, column: Column, role: int) -> Any:
        if column.key == "compare" and role == Qt.ItemDataRole.AccessibleTextRole:
            return tr("Compare %1").replace("%1", str(row["title"]))
        if column.key == "compare":
            return tr("Draw this run's curve below (Space)")
        if column.key == "title":
            return f"{row['title']}\n{row['path']}"
        if column.key == "state":
            return row.get("error") or row.get("failure") or state_words(row)
        return str(row["data"]) if column.key == "data" and row.get("data") else None
