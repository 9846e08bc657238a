"""The card under the table of runs: the ticked ones as curves, side by side, class by class, picture by picture, and in their settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QFrame, QStackedWidget, QWidget

from tlstudio.errors import StudioError
from tlstudio.gui.comparison import MOST, Comparison
from tlstudio.gui.run_curves import RunCurves
from tlstudio.gui.run_list import Row
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.curves_of_runs import CurvesOfRuns
from tlstudio.gui.widgets.line_style import LineStyle
from tlstudio.gui.widgets.parts import Segments, card, column, label, row, widget
from tlstudio.gui.widgets.runs_model import names_of
from tlstudio.gui.widgets.state_panel import Offer, StatePanel

if TYPE_CHECKING:
    from tlstudio.run_rows.judged import Judged, Pair

JUDGED = ("confusion", "classes", "pictures")  # views for which the images have to be looked at


class CompareCard(QFrame):
    """objectNames compareCard, compareView, compareFirst, compareSecond. Views are built, and runs measured, when they are asked for."""

    opened = Signal(dict, str)
    """A picture is asked for: row of the run, the file of one of its validation images."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("compareCard")
        self.curves_of = RunCurves(self)
        self.comparison = Comparison(session, self)
        self._rows: list[tuple[Row, LineStyle]] = []
        self._chosen = (0, 1)
        self.view = "curves"
        words = {
            "curves": self.tr("Curves"), "confusion": self.tr("Confusion"), "classes": self.tr("Classes"),
            "pictures": self.tr("Pictures"), "settings": self.tr("Settings"),
        }  # fmt: skip
        tips = {
            "curves": self.tr("A metric of the ticked runs over time"),
            "confusion": self.tr("What each of two to four runs calls what, and the difference"),
            "classes": self.tr("Which classes one of two runs knows better"),
            "pictures": self.tr("Pictures that only one of two runs gets right"),
            "settings": self.tr("What the recipes of the ticked runs differ in"),
        }
        self.choice = Segments(words, "curves", self.show_view, name="compareView", tips=tips)
        self.choices = QComboBox()
        self.choices.setObjectName("compareViews")
        self.choices.setAccessibleName(self.tr("How the runs are compared"))
        self.choices.setToolTip(self.tr("How the ticked runs are set beside each other"))
        for key, word in words.items():
            self.choices.addItem(word, key)
        self.choices.activated.connect(lambda at: self.show_view(self.choices.itemData(at)))
        self.choices.hide()
        self.first, self.second = self._picker("compareFirst", self.tr("First run")), self._picker("compareSecond", self.tr("Second run"))
        self._versus = label(self.tr("beside"), "small")
        self._pick = widget(row(self.first, self._versus, self.second))
        self.curves = CurvesOfRuns(self.curves_of)
        self._state = StatePanel("compareState")
        for frame in self._state.findChildren(QFrame):
            if frame.property("kind") == "card":  # it stands in one already
                frame.setProperty("kind", "")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.curves)
        self._stack.addWidget(self._state)
        self._built: dict[str, QWidget] = {}
        self.setLayout(
            column(
                card(column(row(self.choice, self.choices, (self.curves.unit, 1000), None, self._pick), (self._stack, 1), spacing=8)),
                spacing=0,
            )
        )
        self.comparison.changed.connect(self._draw)
        self.curves_of.changed.connect(self._recipes_came)

    def _picker(self, name: str, said: str) -> QComboBox:
        out = QComboBox()
        out.setObjectName(name)
        out.setAccessibleName(said)
        out.setToolTip(self.tr("Which of the ticked runs are set against each other"))
        out.setMinimumContentsLength(10)
        out.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        out.activated.connect(self._picked)
        return out

    def show_rows(self, rows: Sequence[tuple[Row, LineStyle]]) -> None:
        """The ticked runs."""
        if [row["path"] for row, _ in rows] != [row["path"] for row, _ in self._rows]:
            self._chosen = (0, 1)
        self._rows = list(rows)
        self.curves.show_rows(self._rows)
        self._draw()

    def show_view(self, view: str) -> None:
        """curves, confusion, classes, pictures or settings."""
        self.view = view
        self.choice.show_choice(view)
        self.choices.setCurrentIndex(self.choices.findData(view))
        self._draw()

    def set_narrow(self, narrow: bool) -> None:
        """Where the five words do not stand side by side, they stand below each other."""
        self.choice.setVisible(not narrow)
        self.choices.setVisible(narrow)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    @property
    def finished(self) -> list[tuple[Row, LineStyle]]:
        """The ticked runs that can be set side by side."""
        return [(row, style) for row, style in self._rows if row["state"] == "finished"][:MOST]

    def _draw(self) -> None:
        if not self.isVisible():
            return
        self._pick.setVisible(self.view in JUDGED and len(self.finished) > 2)
        self.curves.unit.setVisible(self.view == "curves")
        if self.view == "curves":
            self._stack.setCurrentWidget(self.curves)
        elif self.view == "settings":
            self._draw_settings()
        elif len(self.finished) < 2:
            self._say(
                "list-bullets", self.tr("Tick two finished runs above"), self.tr("They are set side by side on the same validation images.")
            )
        else:
            self._draw_judged()

    def _say(self, icon: str, words: str, more: str = "", offers: Sequence[Offer] = ()) -> None:
        self._state.show_state(icon, "muted", words, more, offers)
        self._stack.setCurrentWidget(self._state)

    def _recipes_came(self) -> None:
        if self.view == "settings":
            self._draw()

    def _draw_settings(self) -> None:
        from tlstudio.gui.widgets.compare_settings import CompareSettings

        if len(self._rows) < 2:
            self._say("list-bullets", self.tr("Tick two runs above"), self.tr("What their recipes differ in stands here."))
            return
        view = self._built.get("settings")
        if view is None:
            view = self._add("settings", CompareSettings())
        assert isinstance(view, CompareSettings)
        rows = [row for row, _ in self._rows]
        view.show_recipes(names_of(rows), self.curves_of.recipes(rows))
        self._stack.setCurrentWidget(view)

    def _add(self, key: str, view: QWidget) -> QWidget:
        self._built[key] = view
        self._stack.addWidget(view)
        return view

    def _draw_judged(self) -> None:
        rows = [row for row, _ in self.finished]
        self._fill_pickers(names_of(rows))
        asked, loading = self.comparison, self.comparison.loading
        if [row["path"] for row in asked.rows] != [row["path"] for row in rows] or loading.state == "empty":
            if loading.state == "empty" and loading.error is not None and asked.rows == rows:  # the user has cancelled
                again = Offer(self.tr("Measure"), self.tr("Measure the runs on their validation images"), asked.again, "target")
                self._say("target", self.tr("Not measured"), "", [again])
                return
            asked.look(rows)  # comes back here
        elif loading.state == "busy":
            what = self.tr("Measuring %1").replace("%1", loading.what)
            cancel = Offer(self.tr("Cancel"), self.tr("Leave it unmeasured"), asked.cancel, "x")
            self._state.show_busy(what, loading.progress, [cancel])
            self._stack.setCurrentWidget(self._state)
        elif loading.state == "failed" and loading.error is not None:
            self._show_trouble(loading.error)
        elif loading.ready:
            self._show_judged()

    def _show_trouble(self, error: StudioError) -> None:
        offers = []
        if self.comparison.failed_run is not None:
            offers = [
                Offer(self.tr("Try again"), self.tr("Measure once more"), self.comparison.again, "arrow-clockwise"),
                Offer(self.tr("Where are the images?"), self.tr("Name the folder where they lie now"), self._find_images, "folder-open"),
            ]
        self._state.show_error(error, offers)
        self._stack.setCurrentWidget(self._state)

    def _find_images(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Where are the images now?"))
        if folder:
            self.comparison.again(folder)

    def _fill_pickers(self, names: list[str]) -> None:
        for picker, at in ((self.first, self._chosen[0]), (self.second, self._chosen[1])):
            if [picker.itemText(i) for i in range(picker.count())] != names:
                picker.clear()
                picker.addItems(names)
            picker.setCurrentIndex(at)

    def _picked(self) -> None:
        first, second = self.first.currentIndex(), self.second.currentIndex()
        if first == second:  # the other one takes the place that came free
            first, second = (first, self._chosen[0]) if self.sender() is self.first else (self._chosen[1], second)
        self._chosen = (first, second)
        self._draw()

    def _show_judged(self) -> None:
        from tlstudio.run_rows import judged

        runs, names = self.comparison.judged, names_of([row for row, _ in self.finished])
        a, b = self._chosen
        try:
            found = judged.pair(runs[a], runs[b])
        except StudioError as error:
            self._state.show_error(error)
            self._stack.setCurrentWidget(self._state)
            return
        if self.view == "confusion":
            self._show_confusion(names, runs, found)
        elif self.view == "classes":
            self._show_classes((names[a], names[b]), runs[a], runs[b])
        else:
            self._show_pictures((names[a], names[b]), (runs[a], runs[b]), found)

    def _show_confusion(self, names: list[str], runs: list[Judged], found: Pair) -> None:
        from tlstudio.gui.widgets.compare_confusion import CompareConfusion
        from tlstudio.run_rows.judged import MASKS

        if runs[0].task == MASKS:
            self._say(
                "target",
                self.tr("Masks are compared class by class"),
                self.tr("Classes shows the IoU of each, Pictures where they differ."),
            )
            return
        view = self._built.get("confusion") or self._add("confusion", CompareConfusion())
        assert isinstance(view, CompareConfusion)
        view.show_runs(names, [style for _, style in self.finished], runs, found, self._chosen)
        self._stack.setCurrentWidget(view)

    def _show_classes(self, names: tuple[str, str], first: Judged, second: Judged) -> None:
        from tlstudio.gui.widgets.class_differences import ClassDifferences

        view = self._built.get("classes") or self._add("classes", ClassDifferences())
        assert isinstance(view, ClassDifferences)
        view.show_runs(names, first, second)
        self._stack.setCurrentWidget(view)

    def _show_pictures(self, names: tuple[str, str], runs: tuple[Judged, Judged], found: Pair) -> None:
        from tlstudio.gui.widgets.told_apart import ToldApart

        view = self._built.get("pictures")
        if view is None:
            made = ToldApart()
            made.opened.connect(self._open)
            view = self._add("pictures", made)
        assert isinstance(view, ToldApart)
        view.show_pair(names, runs, found)
        self._stack.setCurrentWidget(view)

    def _open(self, side: int, place: int) -> None:
        at = self._chosen[side]
        self.opened.emit(self.finished[at][0], self.comparison.judged[at].paths[place])
