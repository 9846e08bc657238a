"""The first line of the runs page: how many there are, the columns that have no room, the tag, the filter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QWidget

from tlstudio.gui import theme
from tlstudio.gui.widgets.parts import Button, SearchField, label, row
from tlstudio.gui.widgets.runs_table import RunsTable
from tlstudio.gui.words import count

FILTER_WAIT = 120  # ms after a key before the table is filtered


class RunsHead(QWidget):
    """objectNames runsFilter, tagFilter, moreColumns. What is chosen here is done to the table."""

    def __init__(self, table: RunsTable) -> None:
        super().__init__()
        self._table = table
        self._counts = label("", "muted")
        self.columns = Button("", "quiet", "columns", on=self._choose_columns)
        self.columns.setObjectName("moreColumns")
        self.filter = SearchField(self.tr("Filter: name, model, note, tag"), "runsFilter")
        self.filter.setToolTip(self.tr("Show only runs whose name, images, model, state, tags or note hold all these words"))
        self.tags = QComboBox()
        self.tags.setObjectName("tagFilter")
        self.tags.setAccessibleName(self.tr("Only runs with a tag"))
        self.tags.setToolTip(self.tr("Show only runs that have this tag"))
        self.tags.hide()
        self.columns.hide()
        left = row(label(self.tr("Runs"), "title"), 8, self._counts, self.columns, None)
        self._halves = row((left, 3), (row((self.tags, 1), (self.filter, 2)), 2))
        self.setLayout(self._halves)
        wait = QTimer(self, singleShot=True, interval=FILTER_WAIT)
        wait.timeout.connect(lambda: table.filter_by(self.filter.text()))
        self.filter.textChanged.connect(lambda: wait.start())
        self.tags.activated.connect(lambda: table.show_tag(str(self.tags.currentData())))
        table.shown_changed.connect(self._say)
        self._fit()

    def show_runs(self, any_: bool) -> None:
        """any_: whether there are runs, and so something to look for."""
        self.filter.setVisible(any_)
        self.show_tags()

    def show_tags(self) -> None:
        """Offer the tags that runs have; one that is gone shows all again."""
        rows, tags = self._table.rows, self._table.rows.tags
        if tags != [self.tags.itemData(i) for i in range(1, self.tags.count())]:
            kept = rows.tag if rows.tag in tags else ""
            self.tags.clear()
            self.tags.addItem(self.tr("All tags"), "")
            for tag in tags:
                self.tags.addItem(tag, tag)
            self.tags.setCurrentIndex(tags.index(kept) + 1 if kept else 0)
            if kept != rows.tag:
                self._table.show_tag(kept)
        self.tags.setVisible(bool(tags))

    def _say(self) -> None:
        shown, all_ = len(self._table.rows.rows), len(self._table.rows.all)
        said = count(all_, self.tr("run"), self.tr("runs"))
        if shown != all_:
            said = self.tr("%1 of %2").replace("%1", f"{shown:,}").replace("%2", said)
        self._counts.setText(said if all_ else "")
        away = self._table.left_out
        self.columns.setVisible(bool(away) and all_ > 0)
        self.columns.setText(count(len(away), self.tr("more column"), self.tr("more columns")))
        tip = self.tr(
            "There is no room for %1.\nChoose the columns that are shown; with more than there is room for the table scrolls sideways"
        )
        self.columns.setToolTip(tip.replace("%1", ", ".join(heading.lower() for heading in away)))

    def _choose_columns(self) -> None:
        self._table.column_menu().popup(self.columns.mapToGlobal(QPoint(0, self.columns.height())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "columns"):
            self._fit()

    def _fit(self) -> None:
        """The filter beside the title, or below it."""
        beside = self.width() >= theme.px(560)
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        self.filter.setMaximumWidth(theme.px(260) if beside else 16_777_215)
