"""Runs: all that were trained, what they differ in, and their curves over each other."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from tlstudio.errors import StudioError
from tlstudio.gui import theme
from tlstudio.gui.page import Page
from tlstudio.gui.run_list import Row, RunList
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.curves_of_runs import CurvesOfRuns
from tlstudio.gui.widgets.elided_label import ElidedLabel
from tlstudio.gui.widgets.no_runs import NoRuns
from tlstudio.gui.widgets.parts import GAP, MARGIN, Button, SearchField, column, label, row, widget
from tlstudio.gui.widgets.runs_table import RunsTable
from tlstudio.gui.widgets.scrolling import scrolling
from tlstudio.gui.widgets.trash_notice import TrashNotice
from tlstudio.gui.words import count
from tlstudio.runs import Run

FIRST_TICKS = 3  # runs that are compared before anybody has ticked one
FILTER_WAIT = 120  # ms after a key before the table is filtered


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
        self._rerun: Row | None = None
        self._list.changed.connect(self._list_changed)

    def word(self) -> str:
        return self.tr("Runs")

    def mark(self) -> tuple[str, str]:
        n = len(self._list.rows)
        return "", count(n, self.tr("run"), self.tr("runs")) if n else ""

    def guide(self) -> str:
        return self.tr(
            "Every run on this computer. A tick lays its curve over the others below; click a heading to sort.\n"
            "Space ticks the selected runs, Enter looks at one, Delete throws the selected ones away (that can be undone).\n"
            "Ctrl+F goes to the filter."
        )

    def entered(self) -> None:
        self._build()
        self._list.ask()
        self._show_list()

    @property
    def busy(self) -> bool:
        """Whether the list is still being read."""
        return self._list.loading.state == "busy"

    # building

    def _build(self) -> None:
        if self._built:
            return
        self._built = True
        self._title, self._counts = label(self.tr("Runs"), "title"), label("", "muted")
        self._filter = SearchField(self.tr("Filter: name, model, state"), "runsFilter")
        self._filter.setToolTip(self.tr("Show only runs whose name, images, model or state hold all these words"))
        self._differs = QCheckBox(self.tr("Only what differs"))
        self._differs.setObjectName("onlyDiffers")
        self._differs.setChecked(True)
        self._differs.setToolTip(self.tr("Hide the settings that are the same in all shown runs"))
        self._same = ElidedLabel("small", mode=Qt.TextElideMode.ElideRight)
        self._table, self._curves = RunsTable(), CurvesOfRuns()
        self._state, self._notice = NoRuns(self._list, "runsState"), TrashNotice()
        self._make_buttons()
        wait = QTimer(self, singleShot=True, interval=FILTER_WAIT)
        wait.timeout.connect(lambda: self._table.filter_by(self._filter.text()))
        self._filter.textChanged.connect(lambda: wait.start())
        self._differs.toggled.connect(self._table.show_only_differing)
        self._table.looked_at.connect(self._look)
        self._table.selection_changed.connect(self._offer)
        self._table.shown_changed.connect(self._say_counts)
        self._table.rows.compared_changed.connect(lambda: self._curves.show_rows(self._table.rows.compared_rows()))
        self._notice.changed.connect(self.session.runs_changed)
        self._notice.trouble.connect(self.session.trouble)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self._filter.setFocus)  # while the page is in sight
        delete = QShortcut(QKeySequence("Delete"), self, self._delete)
        delete.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        head = row(self._title, 8, (self._counts, 1), (self._filter, 1))
        self._tools = QWidget()
        self._grid = QGridLayout(self._tools)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(8)
        self._full = widget(
            column(self._tools, 12, self._notice, (self._table, 5), GAP, (self._curves, 4), spacing=0)
        )  # fmt: skip
        inside = widget(
            column(head, 8, (self._full, 1), (self._state, 1), spacing=0, margins=(MARGIN, GAP, MARGIN, GAP))
        )  # fmt: skip
        self.setLayout(column(scrolling(inside), spacing=0))
        self.session.run_changed.connect(self._offer)
        self.session.data_changed.connect(self._data_came)
        self._arrange()
        for before, after in pairwise((self._filter, self._differs, *self._buttons, self._table)):
            self.setTabOrder(before, after)
        self._offer()

    def _make_buttons(self) -> None:
        self._look_button = Button(self.tr("Look"), "", "target", tip=self.tr("Open the selected run on the Results page (Enter)"))
        self._look_button.clicked.connect(lambda: self._look(self._table.selected()[0]))
        self._rerun_button = Button(
            self.tr("Rerun"), "", "arrow-clockwise", tip=self.tr("Take the selected run's recipe and train it again"), on=self._train_again
        )
        self._resume_button = Button(
            self.tr("Resume"), "", "play", tip=self.tr("Go on with the selected unfinished run from its last checkpoint"), on=self._resume
        )
        self._delete_button = Button(
            self.tr("Delete"), "", "trash", tip=self.tr("Move the selected runs to the trash (Delete); can be undone"), on=self._delete
        )
        names = ("lookButton", "rerunButton", "resumeButton", "deleteButton")
        self._buttons = (self._look_button, self._rerun_button, self._resume_button, self._delete_button)
        for button, name in zip(self._buttons, names, strict=True):
            button.setObjectName(name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._built:
            self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and getattr(self, "_built", False):
            self._arrange()

    def _arrange(self) -> None:
        """Check box, what is the same and buttons in one line, or in two or three where there is little room."""
        self._filter.setMaximumWidth(theme.px(240))
        self._table.setMinimumHeight(theme.px(32 + 5 * 32))
        self._curves.setMinimumHeight(theme.px(250))
        room = 2 if self.width() >= theme.px(900) else 1 if self.width() >= theme.px(560) else 0
        if room == self._room:
            return
        self._room = room
        self._grid.addWidget(self._differs, 0, 0, 1, 1 if room else 7)
        across = len(self._buttons) if room else 2
        for i, button in enumerate(self._buttons):
            self._grid.addWidget(button, i // across + (0 if room else 1), 3 + i % across)
        self._grid.addWidget(self._same, *((0, 1) if room == 2 else (3, 0, 1, 7)))
        self._grid.setColumnStretch(1, 1)

    # what is shown

    def _list_changed(self) -> None:
        if self._built and self.isVisible():
            self._show_list()
        self.mark_changed.emit()

    def _show_list(self) -> None:
        rows = self._list.rows
        self._table.show_rows(rows)
        if rows and not self._ticked:
            self._ticked = True
            for first in [entry for entry in rows if entry.get("curve")][:FIRST_TICKS]:
                self._table.rows.compare(first["path"], True)
            self._table.select([rows[0]["path"]])
        self._full.setVisible(bool(rows))
        self._filter.setVisible(bool(rows))
        self._state.setVisible(not rows)
        if not rows:
            more = self.tr("Every run is kept here with its recipe and its curves, so that it can be compared, resumed and repeated.")
            self._state.show_list("list-bullets", self.tr("There are no runs yet"), more)
        self._offer()

    def _say_counts(self) -> None:
        shown, all_ = len(self._table.rows.rows), len(self._table.rows.all)
        said = count(all_, self.tr("run"), self.tr("runs"))
        if shown != all_:
            said = self.tr("%1 of %2").replace("%1", f"{shown:,}").replace("%2", said)
        self._counts.setText(said if all_ else "")
        same = ", ".join(f"{heading.lower()} {value}" for heading, value in self._table.same)
        self._same.show_text(self.tr("same in all: %1").replace("%1", same) if same and self._table.only_differing else "")

    def _offer(self) -> None:
        """Which buttons make sense for what is selected."""
        chosen, training = self._table.selected(), self.session.live.active
        one = chosen[0] if len(chosen) == 1 else None
        self._look_button.setEnabled(one is not None and one["state"] == "finished")
        self._rerun_button.setEnabled(one is not None and not one.get("error") and not training)
        self._resume_button.setEnabled(one is not None and one["state"] == "unfinished" and not one.get("error") and not training)
        self._delete_button.setEnabled(bool(chosen) and all(entry["state"] != "live" for entry in chosen))

    # what can be done

    def _look(self, entry: Row) -> None:
        if entry["state"] == "finished":
            self.session.show_result(entry["path"])
        elif entry["state"] == "live":
            self.session.asked_for.emit("train")

    def _train_again(self) -> None:
        entry = self._table.selected()[0]
        try:
            recipe = Run(Path(entry["path"])).recipe()
        except StudioError as error:
            self.session.trouble.emit(error)
            return
        self._rerun = entry
        self.session.take(recipe, self.tr("take the recipe of %1").replace("%1", str(entry["title"])))
        self._data_came()

    def _data_came(self) -> None:
        """A rerun starts as soon as its images are open."""
        if self._rerun is None or self.session.data.state == "busy":
            return
        self._rerun = None
        if self.session.data.ready:
            self.session.start()
            self.session.asked_for.emit("train")
        else:
            self.session.asked_for.emit("data")

    def _resume(self) -> None:
        self.session.resume(Run(Path(self._table.selected()[0]["path"])))

    def _delete(self) -> None:
        if self._delete_button.isEnabled():
            self._notice.delete(self._table.selected())


PAGE = RunsPage
