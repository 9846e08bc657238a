"""The newest runs in a few lines, each with the shape of its validation accuracy, or mean IoU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.errors import InputError
from tlstudio.gui import metric, theme
from tlstudio.gui.widgets.parts import colour
from tlstudio.gui.widgets.spark import paint_spark
from tlstudio.gui.widgets.table_view import TableView
from tlstudio.gui.words import count, percent, strategy_word, took, when
from tlstudio.models import catalogue

Index = QModelIndex | QPersistentModelIndex
_CURVE, _RUN, _MODEL, _LEARNS, _VALIDATION, _INTERVAL, _TOOK, _WHEN = range(8)
_WIDTHS = (112, 180, 168, 112, 96, 120, 104, 120)
_SPARE = (_INTERVAL, _TOOK, _MODEL, _LEARNS)  # what a narrow table leaves out first
ROW = 44


class _Runs(QAbstractTableModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.runs: list[dict[str, Any]] = []

    def show(self, rows: Sequence[dict[str, Any]]) -> None:
        self.beginResetModel()
        self.runs = [dict(row) for row in rows]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own signature
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own signature
        return 0 if parent.isValid() else len(_WIDTHS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                "", self.tr("Run"), self.tr("Model"), self.tr("Learns"), self.tr("Validation"), self.tr("95% interval"), self.tr("Took"),
                self.tr("When"),
            )[section]  # fmt: skip
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run, column = self.runs[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(run, column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return colour("text" if column in (_RUN, _VALIDATION) else "muted")
        if role == Qt.ItemDataRole.FontRole and column == _VALIDATION:
            return theme.font(10, bold=True)
        if role == Qt.ItemDataRole.UserRole:
            return run.get("curve") or []
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{run['title']}\n{run['path']}" if column == _RUN else self._text(run, column)
        if role == Qt.ItemDataRole.AccessibleTextRole and column == _CURVE:
            said = metric.validation_word([run.get("task") or ""])
            epochs = count(len(run.get("curve") or []), self.tr("epoch"), self.tr("epochs"))
            return self.tr("%1 over %2").replace("%1", said).replace("%2", epochs)
        return None

    def _text(self, run: dict[str, Any], column: int) -> str:
        interval = run.get("val_accuracy_interval")
        match column:
            case 1:
                return str(run["title"])
            case 2:
                return _model_title(run.get("model"))
            case 3:
                return strategy_word(run["strategy"]) if run.get("strategy") else "–"
            case 4:
                value = metric.of_row(run)
                return f"IoU {value:.3f}" if value is not None and run.get("task") == metric.MASKS else percent(value)
            case 5:
                form = self.tr("%1 to %2") if interval else "–"
                low, high = interval or (0.0, 0.0)
                return form.replace("%1", f"{100 * low:.1f}").replace("%2", f"{100 * high:.1f}")
            case 6:
                word = {"live": self.tr("running"), "unfinished": self.tr("unfinished")}.get(run["state"])
                return word or took(run.get("seconds"))
            case 7:
                return when(run["started"]) if run.get("started") else "–"
        return ""


def _model_title(name: str | None) -> str:
    if not name:
        return "–"
    try:
        return catalogue.find(name).title
    except InputError:
        return name


class _Line(QStyledItemDelegate):
    """Hairlines between the rows; the curve in the first column."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme.px(_WIDTHS[index.column()]), theme.px(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        box = QRectF(option.rect)
        if index.row():
            painter.fillRect(QRectF(box.left(), box.top(), box.width(), 1), colour("line"))
        if index.column() == _CURVE:
            inside = QRectF(box.left() + 6, box.center().y() - theme.px(14), theme.px(96), theme.px(28))
            paint_spark(painter, inside, index.data(Qt.ItemDataRole.UserRole), colour("accent"))


class RecentRuns(TableView):
    """objectName recentRuns. open(row) is called when a run is wanted (click, Enter)."""

    def __init__(self, open_: Callable[[dict[str, Any]], Any]) -> None:
        super().__init__("recentRuns", inside=True, row=ROW)
        self.setAccessibleName(self.tr("Recent runs"))
        self._runs = _Runs(self)
        self.setModel(self._runs)
        self.setItemDelegate(_Line(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setSectionResizeMode(_RUN, QHeaderView.ResizeMode.Stretch)
        self.clicked.connect(lambda index: open_(self._runs.runs[index.row()]))
        self.activated.connect(lambda index: open_(self._runs.runs[index.row()]))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._fit()

    def show_runs(self, rows: Sequence[dict[str, Any]]) -> None:
        if [dict(row) for row in rows] != self._runs.runs:
            self._runs.show(rows)
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.isVisible():  # while the window is being built it is resized many times
            self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and self.isVisible():
            self._fit()

    def _fit(self) -> None:
        self.fit_columns([theme.px(width) for width in _WIDTHS], _SPARE, _RUN)
        self.setFixedHeight(theme.px(32) + theme.px(ROW) * self._runs.rowCount() + 2)
