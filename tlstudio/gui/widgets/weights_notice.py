"""Over the layer tree: the model's weights are not on this computer; bring them, or do without."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QProgressBar

from tlstudio.errors import Cancelled, StudioError, sentences
from tlstudio.events import Event, Progress
from tlstudio.gui import theme
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.parts import GAP, Button, IconLabel, column, hairline, label, row
from tlstudio.gui.words import megabytes, remaining
from tlstudio.models import catalogue

NARROW = 560  # below that the buttons stand under the sentence


class WeightsNotice(QFrame):
    """objectName weightsNotice; its buttons downloadWeights, cancelDownload, randomWeights. Hidden where nothing is missing.

    Where none are published it says so, and offers random ones.

    A download goes on while other models are looked at, one at a time; cancelling keeps what came.
    """

    arrived = Signal()
    """Weights were downloaded."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName("weightsNotice")
        self.setProperty("kind", "pane")
        self._job: JobHandle | None = None
        self._model = ""
        self._progress: Progress | None = None
        self._failed: dict[str, StudioError] = {}
        self._mark, self._text = IconLabel("cloud-arrow-down", "warn"), label("", wrap=True)
        self._bar = QProgressBar()
        self._bar.setAccessibleName(self.tr("Progress of the download"))
        self._bar.setTextVisible(False)
        self.download = Button(
            self.tr("Download"),
            "",
            "download-simple",
            tip=self.tr("From the publisher's server, checked, kept for next time"),
            on=self._begin,
        )
        self.download.setObjectName("downloadWeights")
        self.random = Button(
            self.tr("Use random weights"),
            "quiet",
            tip=self.tr("Start from nothing: everything has to learn (From scratch)"),
            on=self._random,
        )
        self.random.setObjectName("randomWeights")
        self.cancel = Button(self.tr("Cancel"), "", tip=self.tr("What came is kept; the next try goes on from there"), on=self._cancel)
        self.cancel.setObjectName("cancelDownload")
        self._inside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._inside.setContentsMargins(GAP, 8, GAP, 8)
        self._inside.addLayout(column(row(self._mark, (self._text, 1)), self._bar), 1)
        buttons = row(self.download, self.cancel, self.random)
        self._inside.addLayout(buttons)
        self._inside.setAlignment(buttons, Qt.AlignmentFlag.AlignLeft)
        self.setLayout(column(hairline(), self._inside, spacing=0))
        session.recipe_changed.connect(self.refresh)
        self.refresh()

    @property
    def missing(self) -> bool:
        """Whether the recipe wants published weights that are not here."""
        recipe = self.session.recipe
        return recipe.model.weights == "pretrained" and catalogue.find(recipe.model.name).weights_state() in ("download", "none")

    def refresh(self) -> None:
        missing = self.missing
        self.setVisible(missing)
        if not missing:
            return
        entry = catalogue.find(self.session.recipe.model.name)
        busy = self._job is not None and self._model == entry.name
        failed = None if busy else self._failed.get(entry.name)
        self._bar.setVisible(busy)
        self.cancel.setVisible(busy)
        self.download.setVisible(not busy and entry.weights_url is not None)
        self.download.setEnabled(self._job is None)
        self.random.setVisible(not busy)
        self.download.setText(self.tr("Try again") if failed else self.tr("Download"))
        self._mark.show_icon(*(("x-circle", "bad") if failed else ("cloud-arrow-down", "accent" if busy else "warn")))
        if entry.weights_url is None:
            self._text.setText(self.tr("No pretrained weights of %1 are published").replace("%1", entry.title))
        elif failed is not None:
            self._text.setText(sentences(failed.what, failed.why, failed.do))
        elif busy:
            self._text.setText(self._how_far(entry.title))
        elif self._job is not None:
            other = catalogue.find(self._model).title
            self._text.setText(
                self.tr("%1's weights are not on this computer; those of %2 are still coming")
                .replace("%1", entry.title)
                .replace("%2", other)
            )
        else:
            size = megabytes(entry.weights_bytes).replace(" ", "\u00a0")
            self._text.setText(self.tr("%1's weights are not on this computer (%2)").replace("%1", entry.title).replace("%2", size))

    def _how_far(self, title: str) -> str:
        said = self._progress
        self._bar.setRange(0, 1000 if said and said.total else 0)
        if said is None:
            return self.tr("Asking for %1's weights…").replace("%1", title)
        self._bar.setValue(round(1000 * said.done / said.total) if said.total else 0)
        parts = [
            self.tr("Downloading %1's weights: %2 of %3")
            .replace("%1", title)
            .replace("%2", megabytes(said.done))
            .replace("%3", megabytes(said.total)),
            f"{megabytes(said.per_second)}/s" if said.per_second else "",
            remaining(said.remaining),
        ]
        return ", ".join(part for part in parts if part)

    def _begin(self) -> None:
        if self._job is not None:
            return
        model = self._model = self.session.recipe.model.name
        self._progress = None
        self._failed.pop(model, None)
        self._job = self.session.downloader.submit("download", {"model": model})

        def events(said: list[Event]) -> None:
            for event in said:
                if isinstance(event, Progress):
                    self._progress = event
            self.refresh()

        def done(_: object) -> None:
            self._job = None
            self.refresh()
            self.arrived.emit()

        def failed(error: StudioError) -> None:
            self._job = None
            if not isinstance(error, Cancelled):
                self._failed[model] = error
            self.refresh()

        self._job.connect_to(events, done, failed)
        self.refresh()

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _random(self) -> None:
        self.session.choose_strategy("scratch")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme.px(NARROW)
        self._inside.setDirection(QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight)
