"""What is wrong with the images: one line a kind with its count, what follows, and what one can do: Show | Skip or Fix."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableWidget, QTableWidgetItem

from tlstudio.gui import theme
from tlstudio.gui.problem_kinds import ProblemLine
from tlstudio.gui.widgets.parts import Button, colour, icon

_ROW = 56
_PADDING = 4  # around a button
_LINE = Qt.ItemDataRole.UserRole
_FINE = ("rotated", "corrected")  # what is as it should be
_MARKS = {"bad": ("x-circle", "bad"), "warn": ("warning", "warn"), "info": ("info", "muted")}


class ProblemsTable(QTableWidget):
    """objectName problemsTable. `show_asked(line)`, `remedy_asked(line)` come with a ProblemLine."""

    show_asked = Signal(object)
    remedy_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__(0, 5)
        self.setObjectName("problemsTable")
        self.setAccessibleName(self.tr("Problems"))
        self.setStyleSheet(
            "QTableWidget#problemsTable { border: none; border-radius: 0; background: transparent; }"
            "QTableWidget#problemsTable::item { padding: 0; }"
        )
        self.setHorizontalHeaderLabels([self.tr("Level"), self.tr("Count"), self.tr("Problem"), "", ""])
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its buttons take the focus
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Cell(self))
        self.horizontalHeader().setMinimumSectionSize(8)
        self.lines: list[ProblemLine] = []

    def show_lines(self, lines: list[ProblemLine]) -> None:
        if lines == self.lines and self.rowCount() == len(lines):
            return
        self.lines = lines
        self.clearContents()
        self.setRowCount(len(lines))
        for row, line in enumerate(lines):
            said = f"{line.title}. {line.sentence}"
            for column, text in enumerate(("", f"{line.count:,}" if line.count else "", line.title)):
                item = QTableWidgetItem(text)
                item.setData(_LINE, line)
                item.setToolTip(said)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, (self._level(line), text, said)[column])
                self.setItem(row, column, item)
            if line.files:
                self._button(row, 3, self.tr("Show"), self.tr("Look at these files"), line, self.show_asked)
            if line.remedy:
                word, tip = self._remedy(line)
                self._button(row, 4, word, tip, line, self.remedy_asked)
        self._fit()

    def height_for_all(self) -> int:
        return self.verticalHeader().length()

    def _level(self, line: ProblemLine) -> str:
        return {"bad": self.tr("Serious"), "warn": self.tr("Warning")}.get(line.level, self.tr("To know"))

    def _remedy(self, line: ProblemLine) -> tuple[str, str]:
        n = f"{len(line.exclude):,}"
        return {
            "skip": (self.tr("Skip"), self.tr("Leave these files out (%1); this can be undone").replace("%1", n)),
            "fix": (
                self.tr("Fix"),
                self.tr("Keep one of each, in test or validation where it is, and leave out the rest (%1)").replace("%1", n),
            ),
            "use": (self.tr("Use again"), self.tr("Take in again what was left out (%1)").replace("%1", n)),
        }[line.remedy]

    def _button(self, row: int, column: int, word: str, tip: str, line: ProblemLine, signal: object) -> None:
        button = Button(word, "quiet", tip=tip)
        button.setAccessibleName(f"{word}: {line.title}")
        button.clicked.connect(partial(self._asked, signal, line))
        self.setCellWidget(row, column, button)
        button.ensurePolished()  # its width is asked for before it is shown

    def _asked(self, signal: object, line: ProblemLine) -> None:
        signal.emit(line)  # type: ignore[attr-defined]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "lines"):
            self._fit()

    def _fit(self) -> None:
        head = self.horizontalHeader()
        self.verticalHeader().setDefaultSectionSize(theme.px(_ROW))
        counts = self.fontMetrics().horizontalAdvance(max((f"{line.count:,}" for line in self.lines), key=len, default=""))
        buttons = [
            max((b.sizeHint().width() for row in range(self.rowCount()) if (b := self.cellWidget(row, column))), default=0)
            for column in (3, 4)
        ]
        widths = {0: theme.px(24), 1: counts + 20, 3: buttons[0] and buttons[0] + _PADDING, 4: buttons[1] and buttons[1] + _PADDING}
        for column in range(5):
            fixed = column in widths
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed if fixed else QHeaderView.ResizeMode.Stretch)
            if fixed:
                head.resizeSection(column, max(8, widths[column]))
        room, small = self.columnWidth(2) - 8, QFontMetrics(theme.font(9))
        for row, line in enumerate(self.lines):
            words = small.boundingRect(QRect(0, 0, max(40, room), 10_000), Qt.TextFlag.TextWordWrap, line.sentence)
            self.setRowHeight(row, theme.px(_ROW) + max(0, words.height() - small.height()))


class _Cell(QStyledItemDelegate):
    """Icon, count, and two lines of words; a hairline above each row."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        line, box = index.data(_LINE), QRect(option.rect)
        painter.save()
        painter.setPen(colour("line"))
        painter.drawLine(box.topLeft(), box.topRight())
        if line is None:
            painter.restore()
            return
        if index.column() == 0:
            size = theme.px(16)
            name, role = ("check-circle", "good") if line.kind in _FINE or line.remedy == "use" else _MARKS[line.level]
            icon(name, role).paint(painter, QRect(box.left(), box.center().y() - size // 2, size, size))
        elif index.column() == 1:
            painter.setFont(theme.font(10, bold=True))
            painter.setPen(colour("text"))
            painter.drawText(box.adjusted(0, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, index.data())
        else:
            self._words(painter, box.adjusted(4, 0, -4, 0), line)
        painter.restore()

    def _words(self, painter: QPainter, box: QRect, line: ProblemLine) -> None:
        left = Qt.AlignmentFlag.AlignLeft
        painter.setFont(theme.font(10))
        painter.setPen(colour("text"))
        title = painter.fontMetrics().elidedText(line.title, Qt.TextElideMode.ElideRight, box.width())
        above = QRect(box.left(), box.top(), box.width(), theme.px(_ROW) // 2)
        painter.drawText(above, left | Qt.AlignmentFlag.AlignBottom, title)
        painter.setFont(theme.font(9))
        painter.setPen(colour("muted"))
        below = QRect(box.left(), above.bottom() + 2, box.width(), box.bottom() - above.bottom() - 2)
        painter.drawText(below, left | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, line.sentence)
