"""Runs: all that were trained, what they differ in, and what the ticked ones say beside each other."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QGridLayout, QWidget

from tlstudio.gui import theme
from tlstudio.gui.page import Page
from tlstudio.gui.run_list import Row, RunList
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.no_runs import NoRuns
from tlstudio.gui.widgets.parts import GAP, MARGIN, column, row, widget
from tlstudio.gui.widgets.scrolling import scrolling
from tlstudio.gui.widgets.state_panel import Offer
from tlstudio.gui.words import count
from tlstudio.runs import Run

FIRST_TICKS = 3  # runs that are compared before anybody has ticked one
COLUMNS_KEY = "runs/columns"


class RunsPage(Page):
    key = "runs"
    icon_name = "list-bullets"
    order = 6

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._list = RunList.of(session)
        self._built = False
        self._ticked = False
        self._room = -1
        self._at = 0  # the selected row
        self._wanted = ""  # a run that is to be selected once it is listed
        self._list.changed.connect(self._list_changed)
        self.setAcceptDrops(True)

    def word(self) -> str:
        return self.tr("Runs")

    def mark(self) -> tuple[str, str]:
        n = len(self._list.rows)
        return "", count(n, self.tr("run"), self.tr("runs")) if n else ""

    def guide(self) -> str:
        return self.tr(
            "Every run on this computer. A tick sets it beside the others below: curves, confusion, classes, pictures that only one gets "
            "right, settings. Click a heading to sort, right click it to choose columns.\n"
            "Space ticks the selected runs, Enter looks at one, F2 writes its note, Delete throws the selected ones away (that can be "
            "undone).\n"
            "Ctrl+F goes to the filter. A run folder from another computer can be dropped here."
        )

    def entered(self) -> None:
        self._build()
        self._list.ask()
        self._show_list()

    @property
    def busy(self) -> bool:
        """Whether the list is still being read, or runs are being measured."""
        return self._list.loading.state == "busy" or (self._built and self.compare.comparison.loading.state == "busy")

    # building

    def _build(self) -> None:
        if self._built:
            return
        self._built = True
        # The window is on the screen before all this is read.
        from tlstudio.gui.run_again import RunAgain
        from tlstudio.gui.run_folders import RunFolders
        from tlstudio.gui.widgets.compare_card import CompareCard
        from tlstudio.gui.widgets.run_side_stack import RunSideStack
        from tlstudio.gui.widgets.runs_head import RunsHead
        from tlstudio.gui.widgets.runs_table import RunsTable
        from tlstudio.gui.widgets.runs_tools import RunsTools
        from tlstudio.gui.widgets.trash_notice import TrashNotice

        self._differs = QCheckBox(self.tr("Only what differs"))
        self._differs.setObjectName("onlyDiffers")
        self._differs.setChecked(True)
        self._differs.setToolTip(self.tr("Hide the settings that are the same in all shown runs"))
        self._same = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self._table, self.compare, self.side = RunsTable(), CompareCard(self.session), RunSideStack()
        self.head = RunsHead(self._table)
        self._state, self._notice, self._tools = NoRuns(self._list, "runsState"), TrashNotice(), RunsTools()
        self._tools.setParent(self)
        self._tools.hide()  # its buttons stand in the grid
        self._again, self._folders = RunAgain(self.session, self), RunFolders(self._list, self)
        self._connect()
        line = QWidget()
        self._grid = QGridLayout(line)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(8)
        self._lower = row((self.compare, 2), (self.side, 1), spacing=GAP)
        self._full = widget(column(line, 12, self._notice, (self._table, 5), GAP, (widget(self._lower), 5), spacing=0))
        inside = column(self.head, 8, (self._full, 1), (self._state, 1), spacing=0, margins=(MARGIN, GAP, MARGIN, GAP))
        self.setLayout(column(scrolling(widget(inside)), spacing=0))
        self._arrange()
        head = (self.head.columns, self.head.tags, self.head.filter)
        for before, after in pairwise((*head, self._differs, *self._tools.stops, self._table)):
            self.setTabOrder(before, after)
        self._offer()

    def _connect(self) -> None:
        from tlstudio.gui.studies.verdict_watch import VerdictWatch
        from tlstudio.gui.widgets.runs_columns import chosen_columns

        self._differs.toggled.connect(self._table.show_only_differing)
        self._table.looked_at.connect(self._look)
        self._table.selection_changed.connect(self._offer)
        self._table.shown_changed.connect(self._shown_changed)
        self._table.menu_asked.connect(self._tools.popup)
        self._table.rows.compared_changed.connect(lambda: self.compare.show_rows(self._table.rows.compared_rows()))
        self._verdict = VerdictWatch(self.session, self.side.verdict)
        self._table.rows.compared_changed.connect(lambda: self._verdict.show_rows([entry for entry, _ in self._table.rows.compared_rows()]))
        self._table.rows.noted.connect(lambda path, note: self._folders.write([path], note, None))
        self._table.choose_columns(chosen_columns(self.session.settings.value(COLUMNS_KEY, "")))
        self._table.columns_chosen.connect(lambda: self.session.settings.setValue(COLUMNS_KEY, json.dumps(self._table.chosen)))
        self.side.run.noted.connect(self._folders.write)
        self.compare.opened.connect(lambda entry, picture: self.session.show_result(entry["path"], picture))
        self._notice.changed.connect(self.session.runs_changed)
        self._notice.trouble.connect(self.session.trouble)
        self._tools.asked.connect(self._do)
        self._folders.noted.connect(self.head.show_tags)
        self._folders.opened.connect(lambda path: setattr(self, "_wanted", path))
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.head.filter.setFocus)  # while the page is in sight
        QShortcut(QKeySequence("Delete"), self._table, self._delete, context=Qt.ShortcutContext.WidgetShortcut)  # not in a note
        self.session.run_turned.connect(self._offer)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._built:
            self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and getattr(self, "_built", False):
            self._arrange()

    def _arrange(self) -> None:
        """Check box, what is the same and buttons in one line, or in more where there is little room; the side below the curves then."""
        self._table.setMinimumHeight(theme.px(32 + 5 * 32))
        self.compare.setMinimumHeight(theme.px(280))
        self.side.setMinimumHeight(theme.px(220))
        self.compare.set_narrow(self.width() < theme.px(440))
        room = 2 if self.width() >= theme.px(960) else 1 if self.width() >= theme.px(700) else 0
        if room == self._room:
            return
        self._room = room
        self._lower.setDirection(QBoxLayout.Direction.LeftToRight if room == 2 else QBoxLayout.Direction.TopToBottom)
        buttons = self._tools.buttons
        across = len(buttons) if room else 3
        self._grid.addWidget(self._differs, 0, 0, 1, 1 if room else 12)
        for i, button in enumerate(buttons):
            self._grid.addWidget(button, i // across + (0 if room else 1), 3 + i % across)
        self._grid.addWidget(self._same, *((0, 1) if room == 2 else (4, 0, 1, 12)))
        self._grid.setColumnStretch(1, 1)

    # what is shown

    def _list_changed(self) -> None:
        if self._built and self.isVisible():
            if self._list.one:
                self._table.update_row(self._list.one)
                self._offer()
            else:
                self._show_list()
        self.mark_changed.emit()

    def _show_list(self) -> None:
        rows = self._list.rows
        self._table.show_rows(rows)
        if rows and not self._ticked and self._list.loading.ready:
            self._ticked = True
            for first in [entry for entry in rows if entry.get("curve")][:FIRST_TICKS]:
                self._table.rows.compare(first["path"], True)
            self._table.select([rows[0]["path"]])
        if self._wanted and self._list.find(self._wanted) is not None:
            self._table.select([self._wanted])
            self._wanted = ""
        if rows and not self._table.selected() and self._table.rows.rows:  # what was selected is gone: the one in its place
            shown = self._table.rows.rows
            self._table.select([shown[min(self._at, len(shown) - 1)]["path"]])
        self._full.setVisible(bool(rows))
        self.head.show_runs(bool(rows))
        self._state.setVisible(not rows)
        if not rows:
            more = self.tr("Every run is kept here with its recipe and its curves, so that it can be compared, resumed and repeated.")
            far = Offer(
                self.tr("Open a run folder…"), self.tr("One that was made on another computer"), self._folders.choose, "folder-open"
            )
            self._state.show_list("list-bullets", self.tr("There are no runs yet"), more, [far])
        self._offer()

    def _shown_changed(self) -> None:
        """Other rows are in the table, or other columns."""
        self._offer()
        same = ", ".join(f"{heading.lower()} {value}" for heading, value in self._table.same)
        self._same.show_text(self.tr("same in all: %1").replace("%1", same) if same and self._table.only_differing else "")

    def _offer(self) -> None:
        """What can be done with what is selected, and what is said of it."""
        chosen = self._table.selected()
        self._at = max(0, self._table.currentIndex().row()) if chosen else self._at
        self._tools.offer(chosen, training=self.session.training)
        self.side.run.show_runs(chosen, self._table.rows.tags)

    # what can be done

    def _do(self, what: str) -> None:
        chosen = self._table.selected()
        match what:
            case "look":
                self._look(chosen[0])
            case "clone":
                self._again.clone(chosen[0])
            case "rerun" | "next_seed":
                self._again.rerun(chosen[0], next_seed=what == "next_seed")
            case "resume":
                self.session.resume(Run(Path(chosen[0]["path"])))
            case "delete":
                self._delete()
            case "columns":
                self._table.column_menu().popup(self._table.mapToGlobal(QPoint(0, theme.px(32))))
            case "open":
                self._folders.choose()
            case "copy":
                from tlstudio.gui import runs_text

                QGuiApplication.clipboard().setText(runs_text.as_markdown(*self._table.texts()))
            case "export":
                self._folders.save_table(self._table.rows.rows)
            case "replay":
                self.session.replay(chosen[0]["path"])
            case "studies":
                self._folders.show_studies()
            case "trash":
                self._folders.show_trash()

    def _look(self, entry: Row) -> None:
        if entry["state"] == "finished":
            self.session.show_result(entry["path"])
        elif entry["state"] == "live":
            self.session.asked_for.emit("train")

    def _delete(self) -> None:
        if self._tools.delete.isEnabled():
            self._notice.delete(self._table.selected())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._folders.found_in(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()  # the window may take it as images

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self._folders.open(self._folders.found_in(event.mimeData()))


PAGE = RunsPage
