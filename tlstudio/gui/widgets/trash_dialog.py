"""The trash: what was thrown away, how large it is, the way back, and the way out."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QDialog, QHeaderView, QMessageBox, QWidget

from tlstudio import api
from tlstudio.errors import StudioError, sentences
from tlstudio.gui import theme
from tlstudio.gui.background import Background
from tlstudio.gui.widgets.parts import MARGIN, Button, colour, column, label, row
from tlstudio.gui.widgets.plain_table import PlainTable
from tlstudio.gui.words import count, megabytes, when


class TrashDialog(QDialog):
    """objectNames trashDialog, trashTable, restoreRuns, deleteForGood, emptyTrash."""

    changed = Signal()
    """Something came back."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("trashDialog")
        self.setWindowTitle(self.tr("Trash"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._rows: list[dict[str, Any]] = []
        self._trouble = ""
        self._says = label(self.tr("Looking…"), "muted", wrap=True)
        self.table = PlainTable("trashTable", self.tr("What is in the trash"))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.restore = Button(
            self.tr("Restore"), "", "arrow-u-up-left", tip=self.tr("Take what is selected back to where it was"), on=self._restore
        )
        self.restore.setObjectName("restoreRuns")
        self.delete = Button(self.tr("Delete for good"), "", "x", tip=self.tr("Delete what is selected for good (Delete)"))
        self.delete.setObjectName("deleteForGood")
        self.delete.clicked.connect(lambda: self._ask(self._selected()))
        self.empty = Button(self.tr("Empty trash"), "danger", "trash", tip=self.tr("Delete all of it for good"))
        self.empty.setObjectName("emptyTrash")
        self.empty.clicked.connect(lambda: self._ask(self._rows))
        close = Button(self.tr("Close"), "primary", tip=self.tr("Back to the page (Escape)"), on=self.accept)
        for button in (self.restore, self.delete, self.empty, close):
            button.setAutoDefault(False)
        self.setLayout(
            column(
                label(self.tr("Trash"), "title"), self._says, (self.table, 1), row(self.restore, self.delete, None, self.empty, 8, close),
                spacing=12, margins=(MARGIN, 16, MARGIN, 16),
            )
        )  # fmt: skip
        self.table.selectionModel().selectionChanged.connect(self._offer)
        QShortcut(QKeySequence("Delete"), self.table, lambda: self._ask(self._selected()))
        self.resize(min(theme.px(640), parent.width() - 2 * MARGIN), min(theme.px(420), parent.height() - 2 * MARGIN))
        self._read()

    def _read(self, _: object = None) -> None:
        self._offer()
        Background(api.trash, self._show, self._failed)

    def _show(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows
        size = sum(one["bytes"] for one in rows)
        words = self._counted(rows)
        said = self.tr("%1, %2. They stay here until the trash is emptied.").replace("%1", words).replace("%2", megabytes(size))
        said = said if rows else self.tr("The trash is empty. Runs and studies that are deleted come here first.")
        self._says.setText(self._trouble or said)
        self._trouble = ""
        study = self.tr("Study: %1")
        titles = [study.replace("%1", one["title"]) if one["kind"] == "study" else one["title"] for one in rows]
        lines = [[title, one["name"], when(one["thrown"]), megabytes(one["bytes"])] for title, one in zip(titles, rows, strict=True)]
        self.table.show_rows([self.tr("What"), self.tr("Folder"), self.tr("Thrown away"), self.tr(">Size")], lines)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)  # it gives way
        self.table.setVisible(bool(rows))
        self.empty.setText(self.tr("Empty trash (%1)").replace("%1", megabytes(size)) if rows else self.tr("Empty trash"))
        if rows:
            self.table.selectRow(0)
        self._offer()

    def _counted(self, rows: list[dict[str, Any]]) -> str:
        """2 runs and 1 study."""
        studies = sum(one["kind"] == "study" for one in rows)
        runs = count(len(rows) - studies, self.tr("run"), self.tr("runs"))
        if not studies:
            return runs
        said = count(studies, self.tr("study"), self.tr("studies"))
        return self.tr("%1 and %2").replace("%1", runs).replace("%2", said) if len(rows) > studies else said

    def _selected(self) -> list[dict[str, Any]]:
        return [self._rows[index.row()] for index in self.table.selectionModel().selectedRows()]

    def _offer(self) -> None:
        chosen = bool(self._rows) and self.table.selectionModel().hasSelection()
        self.restore.setEnabled(chosen)
        self.delete.setEnabled(chosen)
        self.empty.setEnabled(bool(self._rows))

    def _restore(self) -> None:
        folders = [one["path"] for one in self._selected()]

        def back() -> None:
            for folder in folders:
                api.restore(folder)

        Background(back, self._went, self._failed)

    def _went(self, _: object) -> None:
        self.changed.emit()
        self._read()

    def _ask(self, rows: list[dict[str, Any]]) -> None:
        """This cannot be undone, so it is asked."""
        if not rows:
            return
        title = self.tr("Delete %1 for good?").replace("%1", self._counted(rows))
        box = QMessageBox(QMessageBox.Icon.Question, title, title, parent=self)
        box.setObjectName("emptyQuestion")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        size = megabytes(sum(one["bytes"] for one in rows))
        box.setInformativeText(self.tr("%1 of disk become free. It cannot be undone.").replace("%1", size))
        go = box.addButton(self.tr("Delete for good"), QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        paths = [one["path"] for one in rows]
        box.finished.connect(lambda: self._delete(paths) if box.clickedButton() is go else None)
        box.open()

    def _delete(self, paths: list[str]) -> None:
        self._says.setText(self.tr("Deleting…"))
        Background(lambda: api.empty_trash(paths), self._read, self._failed)

    def _failed(self, error: StudioError) -> None:
        self._trouble = sentences(error.what, error.why, error.do)
        self.changed.emit()  # some may have come back before one could not
        self._read()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)  # not every window manager draws an edge, and the page behind has the same colour
        painter.setPen(colour("muted"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
