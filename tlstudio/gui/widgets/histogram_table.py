"""The numbers of a histogram as a table, in a window of its own: what is drawn can also be read."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import GAP, Button, column, row


def show_histogram_table(parent: QWidget, name: str, title: str, words: tuple[str, str], rows: Sequence[tuple[str, int]]) -> QDialog:
    """name: objectName; words: over the two columns; rows: (what a bar stands for, how many). Gone when it is closed."""
    dialog = QDialog(parent)
    dialog.setObjectName(name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    table = QTableWidget(len(rows), 2)
    table.setHorizontalHeaderLabels(list(words))
    table.verticalHeader().hide()
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    for r, (span, n) in enumerate(rows):
        for c, text in enumerate((span, f"{n:,}")):
            item = QTableWidgetItem(text)
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            table.setItem(r, c, item)
    close = Button(dialog.tr("Close"), on=dialog.close)
    dialog.setLayout(column(table, row(None, close), margins=(GAP, GAP, GAP, GAP)))
    dialog.resize(theme.px(360), theme.px(420))
    dialog.show()
    return dialog
