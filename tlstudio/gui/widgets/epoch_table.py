"""The epoch table: the numbers behind the curves, newest first, the best marked with a star and a word."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from tlstudio.events import EpochEnded
from tlstudio.gui import metric, theme
from tlstudio.gui.history import RunHistory
from tlstudio.gui.widgets.parts import colour, icon
from tlstudio.gui.widgets.table_view import TableView
from tlstudio.gui.words import loss, percent, took

Index = QModelIndex | QPersistentModelIndex
_EPOCH, _STAGE, _TRAIN, _VAL, _ACCURACY, _RIGHT, _RATE, _TIME, _BEST = range(9)
_WIDTHS = (56, 96, 82, 74, 72, 84, 90, 72, 64)
_SPARE = (_STAGE, _RATE, _TRAIN, _TIME)  # what a narrow table leaves out first: it stands in the plots too
_SPARE_STAGED = (_RATE, _STAGE, _TRAIN, _TIME)  # where a run has several stages, one wants to see which


class EpochModel(QAbstractTableModel):
    """One row an epoch of a RunHistory, read as it grows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history: RunHistory | None = None
        self._rows: list[EpochEnded] = []
        self._best = 0
        self._masks = False

    def follow(self, history: RunHistory, task: str = "") -> bool:
        """Take over what came since the last time; whether the words or rows are others. task: what is going to come, until it does."""
        rows = history.epochs
        if history is not self._history or len(rows) < len(self._rows) or (self._rows and rows[len(self._rows) - 1] is not self._rows[-1]):
            self.beginResetModel()
            self._history, self._rows, self._best = history, [], 0
            self.endResetModel()
        new = rows[len(self._rows) :]
        told = rows[-1].val_mean_iou is not None if rows else task == metric.MASKS
        turned = told != self._masks
        if turned:
            self._masks = told
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, _ACCURACY, _RIGHT)
        if new:
            self.beginInsertRows(QModelIndex(), 0, len(new) - 1)
            self._rows += new  # a copy of all would take longer with each epoch
            self.endInsertRows()
        best = history.best
        before, self._best = self._best, best.epoch if best is not None else 0
        if rows and before != self._best:
            self.dataChanged.emit(self.index(0, _EPOCH), self.index(len(rows) - 1, _BEST))
        return bool(new) or turned

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 -- Qt's own signature
        return 0 if parent.isValid() else len(_WIDTHS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if self._masks and section in (_ACCURACY, _RIGHT) and role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            right = self.tr("Share of the validation pixels that count whose class is right")
            words = {_ACCURACY: (self.tr("Mean IoU"), metric.help_of_iou()), _RIGHT: (self.tr("Pixel acc."), right)}
            return words[section][role == Qt.ItemDataRole.ToolTipRole]
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                self.tr("Epoch"), self.tr("Stage"), self.tr("Train loss"), self.tr("Val loss"), self.tr("Val acc."), self.tr("Right"),
                self.tr("Head's rate"), self.tr("Time"), "",
            )[section]  # fmt: skip
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                self.tr("How often every training image has been seen"),
                self.tr("What learns in this epoch"),
                self.tr("Mean cross-entropy of the training images, in nats, measured while they were learned from"),
                self.tr("Mean cross-entropy of the validation images, in nats"),
                self.tr("Share of the validation images that are answered right"),
                self.tr("Validation images that are answered right, of all of them"),
                self.tr("Learning rate of the head at the end of the epoch"),
                self.tr("Seconds that the epoch took, validation included"),
                self.tr("The epoch whose weights are kept"),
            )[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        epoch = self._rows[len(self._rows) - 1 - index.row()]
        column = index.column()
        best = epoch.epoch == self._best
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(epoch, column, best)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        if role == Qt.ItemDataRole.DecorationRole and column == _BEST and best:
            return icon("star-fill", "good")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.headerData(column, Qt.Orientation.Horizontal)} {self._text(epoch, column, best)}".strip()
        return None

    def right_of(self, correct: int | None, n: int) -> str:
        return self.tr("%1 of %2").replace("%1", f"{correct:,}").replace("%2", f"{n:,}")

    def _text(self, epoch: EpochEnded, column: int, best: bool) -> str:
        match column:
            case 0:
                return str(epoch.epoch)
            case 1:
                return epoch.stage
            case 2:
                return loss(epoch.train_loss)
            case 3:
                return loss(epoch.val_loss)
            case 4 if epoch.val_mean_iou is not None:
                return f"{epoch.val_mean_iou:.3f}"
            case 5 if epoch.correct is None:
                return percent(epoch.val_accuracy)
            case 4:
                return percent(epoch.val_accuracy)
            case 5:
                return self.right_of(epoch.correct, epoch.n)
            case 6:
                return f"{epoch.lr:#.3g}".rstrip(".")
            case 7:
                return took(epoch.seconds)
        return self.tr("best") if best else ""


def _side(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in (_STAGE, _BEST) else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


class _Cells(QStyledItemDelegate):
    """Paints plain text. The style sheet's own way takes ten times as long, and in a fast run epochs come thirty times a second."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, colour("accent_soft"))
        inside = box.adjusted(9, 0, -9, 0)
        mark: QIcon | None = index.data(Qt.ItemDataRole.DecorationRole)
        if mark is not None:
            side = theme.px(14)
            mark.paint(painter, QRect(inside.left(), inside.center().y() - side // 2 + 1, side, side))
            inside.setLeft(inside.left() + side + 6)
        painter.setPen(colour("text"))
        painter.setFont(option.font)
        painter.drawText(inside, index.data(Qt.ItemDataRole.TextAlignmentRole), index.data())


class EpochTable(TableView):
    """objectName epochTable."""

    def __init__(self) -> None:
        super().__init__("epochTable")
        self.setAccessibleName(self.tr("Epochs, newest first"))
        self._grown: dict[int, int] = {}
        self._staged, self._n_val = False, 0
        self.epochs = EpochModel(self)
        self.setModel(self.epochs)
        self.setItemDelegate(_Cells(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(_BEST, QHeaderView.ResizeMode.Stretch)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(480), theme.px(32 + 3 * 28 + 4))  # the rest is scrolled

    def follow(self, history: RunHistory, task: str = "", *, staged: bool = False, n_val: int = 0) -> None:
        """staged, n_val: whether the run that is planned has several stages, and how many validation images; known of one that is on."""
        started = history.started
        if started is not None:
            staged = len(history.stages) > 1 or (bool(history.stages) and history.stages[0].last_epoch < started.epochs)
            n_val = started.n_val
        if n_val != self._n_val:  # columns have the width of their widest figure from the beginning
            self._n_val = n_val
            self._grown = {}
            self._grow(self._needed())
        if staged != self._staged:
            self._staged = staged
            self._fit()
        if self.epochs.follow(history, task):
            self._grow(self._needed())

    def _grow(self, needed: dict[int, int]) -> None:
        """Columns get wider where their text does, and never narrower again: they would change place under the eye."""
        if any(needed[column] > self._grown.get(column, 0) for column in needed):
            self._grown = {column: max(width, self._grown.get(column, 0)) for column, width in needed.items()}
            self._fit()

    def _needed(self) -> dict[int, int]:
        """Widths of the columns whose text grows with the data and the machine: 142 of 153, 1 min 20 s."""
        advance = self.fontMetrics().horizontalAdvance
        heads = {column: str(self.epochs.headerData(column, Qt.Orientation.Horizontal)) for column in (_ACCURACY, _RIGHT)}
        texts = {column: str(self.epochs.index(0, column).data()) for column in (_RIGHT, _TIME) if self.epochs.rowCount()}
        usual = {_RIGHT: self.epochs.right_of(self._n_val, self._n_val), _TIME: took(3599)}
        every = (heads, texts, usual)
        return {column: max(advance(words.get(column, "")) for words in every) + 22 for column in heads | texts | usual}

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.epochs.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(colour("muted"))
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, self.tr("One line for each epoch"))
            painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "epochs"):
            self._fit()

    def _fit(self) -> None:
        widths = [max(theme.px(width), self._grown.get(column, 0)) for column, width in enumerate(_WIDTHS)]
        widths[_STAGE] *= self._staged  # there is nothing to tell apart
        self.fit_columns(widths, _SPARE_STAGED if self._staged else _SPARE, _BEST)
        if not self._staged:
            self.setColumnHidden(_STAGE, True)
