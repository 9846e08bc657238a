"""Find a learning rate: the range test in a small window, its curve, and the rate that one takes from it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDialog, QHeaderView, QProgressBar, QTableWidget, QTableWidgetItem, QWidget

from tlstudio.errors import Cancelled, StudioError, sentences
from tlstudio.events import Event, Progress
from tlstudio.gui import theme
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import MARGIN, Button, ToolButton, column, label, row, widget
from tlstudio.gui.widgets.rate_plot import RatePlot
from tlstudio.recipe import Recipe
from tlstudio.training.rate_curve import figure as rate_figure

WIDE = 600


def tr(text: str) -> str:
    return QCoreApplication.translate("find_rate", text)


def why_not(session: Session) -> str:
    """Why no rate can be looked for now; "" where it can."""
    if session.training:
        return tr("A run is training; look for a rate when it has ended")
    if not session.data.ready:
        return tr("It needs images to learn from")
    own = session.recipe.stages.own
    if own and own[-1].lr is not None:
        return tr("The stages of your own plan have their own rates")
    return "" if not session.obstacles() else session.obstacles()[0].text


class RateFinder(QDialog):
    """objectName rateFinder; useRate, findAgain, cancelFinding and rateNumbers are its buttons, rateTable its numbers."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.setObjectName("rateFinder")
        self.setWindowTitle(self.tr("Find a learning rate"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._job: JobHandle | None = None
        self._document: dict[str, Any] = {}
        about = label(
            self.tr(
                "A copy of your model learns for a few steps while the rate rises, until the loss runs away. Good rates lie where the "
                "loss falls fast. Your recipe, runs and images stay as they are."
            ),
            "muted",
            wrap=True,
        )
        self.says, self.why = label("", "", wrap=True), label("", "", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("How far the test is"))
        self.plot = RatePlot()
        self.plot.chosen.connect(lambda _: self._show_choice())
        self.table = QTableWidget(0, 3)
        self.table.setObjectName("rateTable")
        self.table.setAccessibleName(self.tr("Rates and losses of the test"))
        self.table.setHorizontalHeaderLabels([self.tr("Rate"), self.tr("Loss"), self.tr("Smoothed")])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.numbers = ToolButton("table", self.tr("Show the curve's numbers instead"), text=self.tr("Numbers"), role="muted")
        self.numbers.setObjectName("rateNumbers")
        self.numbers.setCheckable(True)
        self.numbers.toggled.connect(lambda _: self._show_parts())
        self.use = Button("", "primary", tip=self.tr("Put the chosen rate into the recipe, in one step that can be undone"), on=self._use)
        self.use.setObjectName("useRate")
        self.again = Button(self.tr("Try again"), "", "arrow-clockwise", tip=self.tr("Make the test once more"), on=self.ask)
        self.again.setObjectName("findAgain")
        self.stop = Button(self.tr("Cancel"), "", tip=self.tr("End the test; nothing is changed (Escape)"), on=self.reject)
        self.stop.setObjectName("cancelFinding")
        self._busy = widget(column(None, self.says, self.bar, None, spacing=12))
        self.setLayout(
            column(
                label(self.tr("Find a learning rate"), "title"), about, 4, (self._busy, 1), (self.plot, 1), (self.table, 1), self.why, 8,
                row(self.numbers, None, self.again, self.stop, self.use), margins=(MARGIN, 16, MARGIN, 16),
            )
        )  # fmt: skip
        self._fit(parent, about)
        session.run_changed.connect(self._give_way)
        self.finished.connect(self._drop)
        self.ask()

    def _fit(self, parent: QWidget, about: QWidget) -> None:
        window = parent.window()
        self.resize(min(theme.px(WIDE), window.width() - 2 * MARGIN), min(theme.px(520), window.height() - 2 * MARGIN))
        room = self.width() - 2 * MARGIN
        for words in (about, self.says, self.why):
            words.setFixedWidth(room)
        about.setFixedHeight(about.heightForWidth(room))  # a layout would ask for the height at some other width

    def ask(self) -> None:
        """Make the test, on the engine that trains: a run that starts ends it."""
        self._drop()
        self._document = {}
        self.session.cost.give_way()  # or it would wait for that
        args = {"recipe": self.session.recipe.model_dump(mode="json")}
        self._job = self.session.asides.ask("find_rate", args).connect_to(self._events, self.show_test, self._failed)
        self._say(self.tr("Starting"), None)

    def _events(self, said: list[Event]) -> None:
        progress = [event for event in said if isinstance(event, Progress)]
        if progress:
            now = progress[-1]
            words = {
                "features": self.tr("What the frozen layers make of the images: %1 of %2"),
                "rates": self.tr("The rate rises: step %1 of %2"),
                "download": self.tr("Fetching the weights"),
                "network": self.tr("Loading the network"),
            }
            reading = self.tr("Reading the images: %1 of %2") if now.total else self.tr("Reading the images")
            text = words.get(now.phase, reading)
            self._say(text.replace("%1", f"{now.done:,}").replace("%2", f"{now.total:,}"), now.done / now.total if now.total else None)

    def _say(self, text: str, share: float | None, kind: str = "") -> None:
        if self.says.property("kind") != kind:
            self.says.setProperty("kind", kind)
            self.says.style().unpolish(self.says)
            self.says.style().polish(self.says)
        self.says.setText(text)
        self.bar.setRange(0, 0 if share is None else 1000)
        self.bar.setValue(round(1000 * (share or 0.0)))
        self.bar.show()
        self._show_parts()

    def show_test(self, document: dict[str, Any]) -> None:
        """document: of `api.find_rate`."""
        self._job, self._document = None, document
        self.plot.show_test(document, self.session.recipe.optimizer.lr)
        self.why.setText(document["why"])
        self.why.setFixedHeight(self.why.heightForWidth(self.why.width()))
        rows = zip(document["rates"], document["losses"], document["smoothed"], strict=True)
        self.table.setRowCount(len(document["rates"]))
        for at, (rate, *values) in enumerate(rows):
            for column_, text in enumerate([f"{rate:.3g}", *("–" if value is None else f"{value:.4g}" for value in values)]):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(at, column_, item)
        self._show_choice()
        self._show_parts()
        self.use.setFocus()

    def _failed(self, error: StudioError) -> None:
        self._job = None
        if isinstance(error, Cancelled):
            self.reject()
            return
        self._say(f"{error.what}.\n{sentences(error.why, error.do)}", None, "bad")
        self.bar.hide()
        self._show_parts()

    def _show_parts(self) -> None:
        found, numbers = bool(self._document), self.numbers.isChecked()
        self._busy.setVisible(not found)
        self.plot.setVisible(found and not numbers)
        self.table.setVisible(found and numbers)
        for part in (self.why, self.numbers, self.use):
            part.setVisible(found)
        self.again.setVisible(self._job is None)
        self.stop.setText(self.tr("Close") if self._job is None else self.tr("Cancel"))

    def _show_choice(self) -> None:
        self.use.setText(self.tr("Use %1").replace("%1", rate_figure(self.plot.rate)))
        same = self.plot.rate == self.session.recipe.optimizer.lr
        self.use.setEnabled(not same)
        self.use.setToolTip(self.tr("It is the recipe's rate already") if same else self._tip())

    def _tip(self) -> str:
        changes = changes_for(self.session.recipe, self.plot.rate, self._document)
        lines = [f"{key}: {rate_figure(value)}" for key, value in changes.items()]
        return "\n".join([self.tr("Put into the recipe, in one step that can be undone:"), *lines])

    def _use(self) -> None:
        rate = self.plot.rate
        text = self.tr("set the rates to the found %1").replace("%1", rate_figure(rate))
        self.session.edit(changes_for(self.session.recipe, rate, self._document), text)
        self.accept()

    def _give_way(self) -> None:
        if self.session.training:
            self.reject()

    def _drop(self) -> None:
        if self._job is not None:
            self._job.forget()
            self._job = None
        if not self.session.training:
            self.session.cost.follow()


def changes_for(recipe: Recipe, rate: float, document: dict[str, Any]) -> dict[str, float]:
    """What taking a rate changes, by dotted key: the backbone's rate keeps its share of the head's where both were tried."""
    changes = {"optimizer.lr": rate}
    share = document.get("backbone_share")
    if share:
        changes["optimizer.backbone_lr"] = float(f"{rate * share:.2g}")
    return changes
