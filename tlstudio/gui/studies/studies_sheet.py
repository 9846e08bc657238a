"""All studies: comparisons, sweeps and the queue; what each found, and the way to go on with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QDialog, QListWidget, QListWidgetItem, QWidget

from tlstudio import api
from tlstudio.errors import StudioError
from tlstudio.gui import theme
from tlstudio.gui.background import Background
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.session import Session
from tlstudio.gui.studies.compare_sheet import CompareSheet
from tlstudio.gui.studies.study_view import StudyView, name_of
from tlstudio.gui.studies.sweep_sheet import SweepSheet
from tlstudio.gui.widgets.parts import GAP, MARGIN, Button, column, label, row, widget
from tlstudio.gui.widgets.state_panel import Offer, StatePanel
from tlstudio.gui.widgets.trash_notice import TrashNotice
from tlstudio.gui.words import when

NAME = Qt.ItemDataRole.UserRole


class StudiesSheet(QDialog):
    """objectName studiesSheet; studiesList, newComparison, newSweep, queueRecipe, resumeStudy, discardStudy."""

    def __init__(self, session: Session, parent: QWidget, name: str = "") -> None:
        super().__init__(parent)
        self.session = session
        self._wanted = name
        self._job: JobHandle | None = None
        self.setObjectName("studiesSheet")
        self.setWindowTitle(self.tr("Studies"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.rows: list[dict[str, Any]] = []
        self.list = QListWidget()
        self.list.setObjectName("studiesList")
        self.list.setAccessibleName(self.tr("Studies"))
        self.list.setMinimumWidth(theme.px(160))
        self.list.setToolTip(self.tr("Every study, the newest first"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setStyleSheet("QListWidget::item { padding: 0 10px; }")
        self.list.currentItemChanged.connect(lambda *_: self._look())
        self.view = StudyView()
        self.view.run_asked.connect(self._show_run)
        self.view.change_asked.connect(self._change)
        self.nothing = StatePanel("noStudies")
        self.nothing.show_busy(self.tr("Looking…"), None)
        compare = Button(
            self.tr("Compare choices…"), "", "scales", tip=self.tr("Train several choices, several times each"), on=self._compare
        )
        compare.setObjectName("newComparison")
        sweep = Button(self.tr("Sweep…"), "", "sliders-horizontal", tip=self.tr("Look for the best values of some fields"), on=self._sweep)
        sweep.setObjectName("newSweep")
        queue = Button(
            self.tr("Queue this recipe"), "", "queue", tip=self.tr("Train it after those that wait; nothing starts yet"), on=self._queue
        )
        queue.setObjectName("queueRecipe")
        self.resume = Button(self.tr("Go on"), "primary", "play", tip=self.tr("Train what is left of this study"), on=self._resume)
        self.resume.setObjectName("resumeStudy")
        self.discard = Button(
            self.tr("Discard"), "danger", "trash", tip=self.tr("Move the study to the trash; its runs stay. That can be undone")
        )
        self.discard.setObjectName("discardStudy")
        self.discard.clicked.connect(self._discard)
        close = Button(self.tr("Close"), tip=self.tr("Back to the page (Escape)"), on=self.accept)
        self.says = label("", "bad", wrap=True)
        self.says.hide()
        self.notice = TrashNotice()
        self.notice.changed.connect(self._moved)
        self.notice.trouble.connect(self._trouble)
        self._more = [compare, sweep, queue]
        self._both = widget(row((self.list, 2), 12, (self.view, 5), spacing=0))
        for later in (self._both, self.resume, self.discard):
            later.hide()
        title, new = label(self.tr("Studies"), "title"), widget(row(queue, sweep, compare, None))
        self._head = row(title, None, new)
        self.setLayout(
            column(
                self._head, self.notice, (self.nothing, 1), (self._both, 1), self.says,
                row(self.discard, None, self.resume, close), margins=(MARGIN, 16, MARGIN, 16),
            )
        )  # fmt: skip
        wide = min(theme.px(1040), parent.width() - 2 * MARGIN)
        title.ensurePolished()
        if title.sizeHint().width() + new.sizeHint().width() > wide - 2 * MARGIN - GAP:  # large text: the buttons under the title
            self._head.setDirection(QBoxLayout.Direction.TopToBottom)
        self.resize(wide, min(theme.px(640), parent.height() - 2 * MARGIN))
        session.studying.changed.connect(self._follow)
        session.run_turned.connect(self._offer)
        self._step: tuple[str, int, str] | None = None
        self._thrown = ""
        session.studying.ended.connect(self.ask)
        self._document: dict[str, Any] = {}
        self.ask()

    @property
    def chosen(self) -> str:
        item = self.list.currentItem()
        return str(item.data(NAME)) if item is not None else ""

    def _follow(self) -> None:
        """While a study is worked on: read it anew when one of its runs begins or ends."""
        step = self.session.studying.step
        key = (step.study, step.index, step.state) if step is not None else None
        if key != self._step:
            self._step = key
            self.ask()
        self._offer()

    def ask(self) -> None:
        """Read what studies there are."""
        Background(api.studies, self.show_studies, self._trouble)

    def show_studies(self, rows: list[dict[str, Any]]) -> None:
        wanted = self._wanted or self.chosen
        self.rows = rows
        self.list.blockSignals(True)  # what is chosen stays; it is read once, below
        self.list.clear()
        for one in rows:
            item = QListWidgetItem(f"{name_of(one)}\n{self.progress(one)}")
            item.setData(NAME, one["study"])
            item.setSizeHint(QSize(0, 2 * self.list.fontMetrics().lineSpacing() + 16))
            item.setToolTip("\n".join(part for part in (name_of(one), one["title"], one["headline"], one["study"]) if part))
            self.list.addItem(item)
        self.list.blockSignals(False)
        none = self.tr("A study trains several runs to answer one question: which choice is better, which values are best.")
        first = Offer(
            self.tr("Compare choices…"), self.tr("Train several choices, several times each"), self._compare, "scales", "primary",
            "firstComparison",
        )  # fmt: skip
        self.nothing.show_state("scales", "muted", self.tr("There are no studies yet"), none, [first])
        self.nothing.setVisible(not rows)
        self._more[0].setVisible(bool(rows))  # it stands in the middle already
        if rows and not self._both.isVisible():
            self._both.show()
            self.list.setFocus()
        self._both.setVisible(bool(rows))
        if rows:
            self.list.blockSignals(True)
            self.list.setCurrentRow(next((i for i, one in enumerate(rows) if one["study"] == wanted), 0))
            self.list.blockSignals(False)
            self._look()
        self._offer()

    def progress(self, one: dict[str, Any]) -> str:
        said = self.tr("%1 of %2 trials") if one["kind"] == "sweep" else self.tr("%1 of %2 runs")
        parts = [said.replace("%1", str(one["done"])).replace("%2", str(one["of"]))]
        if one["failed"]:
            parts.append(self.tr("%1 failed").replace("%1", str(one["failed"])))
        if one.get("created"):
            parts.append(when(one["created"]))
        return " · ".join(parts)

    def _look(self) -> None:
        name = self.chosen
        if name:
            self._wanted = name
            if self._document.get("study") != name:
                self.view.show_looking()
            kind = next((one["kind"] for one in self.rows if one["study"] == name), "")
            if kind == "sweep":
                self._ask_for("study", {"name": name}, self._show)
            else:  # needs no Optuna, so it need not wait behind what the inspector has to do
                Background(lambda: api.study(name), self._show, self._trouble)
        self._offer()

    def _show(self, study: dict[str, Any]) -> None:
        if study["study"] == self.chosen:
            self._document = study
            self.says.hide()
            self.view.show_study(study)
            self._offer()

    def _offer(self) -> None:
        document, studying = self._document, self.session.studying
        busy = studying.active or self.session.trained.active
        known = bool(self.chosen) and document.get("study") == self.chosen
        open_ = known and document["state"] in ("waiting", "unfinished")
        again = known and not open_ and document["state"] == "finished" and document["failed"] > 0 and document["kind"] != "sweep"
        self.resume.setText(self.tr("Try the failed ones again") if again else self.tr("Go on"))
        self.resume.setVisible(open_ or again)
        self.resume.setEnabled(not busy)
        self.discard.setVisible(bool(self.chosen))
        self.discard.setEnabled(not (studying.active and studying.name == self.chosen))

    def _resume(self) -> None:
        title = name_of(self._document)
        if self.session.studying.start("resume_study", {"name": self.chosen}, title):
            self.accept()

    def _discard(self) -> None:
        one = next((one for one in self.rows if one["study"] == self.chosen), None)
        if one is not None:
            self._wanted = self._thrown = str(one["study"])
            self.notice.delete_study(self._thrown, name_of(one))

    def _moved(self) -> None:
        """A study went to the trash, or came back, which then is the one that is looked at."""
        self._document = {}
        self._wanted = self._thrown
        self.ask()

    def _change(self, number: int, do: str) -> None:
        name = self.chosen

        def changed(study: dict[str, Any]) -> None:
            self._show(study)
            self.ask()

        Background(lambda: api.change_queue(name, number, do), changed, self._trouble)

    def _queue(self) -> None:
        recipe = self.session.recipe.model_dump(mode="json")
        self._wanted = "queue"
        self._ask_for("enqueue", {"recipe": recipe}, lambda _: self.ask())

    def _ask_for(self, job: str, args: dict[str, Any], done: Callable[[dict[str, Any]], Any]) -> None:
        """Of the inspector: Optuna, and the scan of images, take longer to load than a window may stand still."""
        if self._job is not None:
            self._job.forget()
        self._job = self.session.inspector.submit(job, args).connect_to(None, done, self._trouble)

    def done(self, result: int) -> None:
        if self._job is not None:
            self._job.forget()
        super().done(result)

    def _compare(self) -> None:
        sheet = CompareSheet(self.session, self.window().parentWidget() or self)
        sheet.accepted.connect(self.accept)
        sheet.open()

    def _sweep(self) -> None:
        sheet = SweepSheet(self.session, self.window().parentWidget() or self)
        sheet.accepted.connect(self.accept)
        sheet.open()

    def _show_run(self, run: str) -> None:
        self.session.show_result(run)
        self.accept()

    def _trouble(self, error: StudioError) -> None:
        self.says.setText(str(error))
        self.says.show()
