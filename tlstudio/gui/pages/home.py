"""Home: the ways in, the unfinished run, recent runs, and what this computer has."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QWidget

from tlstudio.gui import machine, metric, theme, words
from tlstudio.gui.background import Background
from tlstudio.gui.opening import open_folder
from tlstudio.gui.page import Page
from tlstudio.gui.run_list import RunList
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.drop_zone import DropZone, data_in
from tlstudio.gui.widgets.first_steps import FirstSteps
from tlstudio.gui.widgets.layer_picture import LayerPicture
from tlstudio.gui.widgets.leaf_tiles import LeafTiles
from tlstudio.gui.widgets.parts import GAP, MARGIN, Button, IconLabel, card, column, label, row, widget
from tlstudio.gui.widgets.recent_runs import ROW, RecentRuns
from tlstudio.gui.widgets.scrolling import scrolling
from tlstudio.gui.widgets.unfinished_card import UnfinishedCard
from tlstudio.gui.words import megabytes

RECENT, LEAST = 4, 2  # runs in the table; where there is little room, at least so many
ENTRY = 232
_ENTRY_WIDTH = 236  # narrower than that, the entries stand in two lines, or one below the other
_MEMORY = 5000  # milliseconds between two looks at the free memory


class HomePage(Page):
    """objectNames tryClassificationSample, trySegmentationSample, openFolderButton, lookInsideButton, overlayButton."""

    key, icon_name, order = "home", "house", 0

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._painted = False
        self._machine = ""
        self._masks = LeafTiles()
        self.leaves = LeafTiles(self._masks)
        self.drop = self._drop_zone()
        self._cards = [self._classes_sample(), self._masks_sample(), self.drop, self._door()]
        self._entries = QGridLayout()
        self._entries.setContentsMargins(0, 0, 0, 0)
        self._entries.setSpacing(GAP)
        self._across = 0
        self._stand(len(self._cards))
        entries = QWidget()
        entries.setLayout(self._entries)
        self.unfinished = UnfinishedCard(session)
        self._all = Button(
            "", "quiet", edge=True, tip=self.tr("Compare, look at, or delete runs"), on=lambda: session.asked_for.emit("runs")
        )
        self.recent = RecentRuns(self._open_run)
        table = card(column(self.recent))
        table.setContentsMargins(0, 0, 0, 0)
        inside = table.layout()
        assert inside is not None
        inside.setContentsMargins(8, 0, 8, 0)
        self._recent = widget(column(row(label(self.tr("Recent runs"), "section"), None, self._all), table, spacing=4))
        self.first = FirstSteps()
        body = column(
            label(self.tr("Train a vision model on your own images"), "title", wrap=True), 4,
            label(
                self.tr("See it work on a sample in a minute, or bring a folder. Every default is set; nothing has to be known first."),
                "muted", wrap=True,
            ),
            16, entries, GAP, self.unfinished, GAP, self._recent, self.first, None, GAP, self._foot(),
            spacing=0, margins=(MARGIN, GAP, MARGIN, GAP),
        )  # fmt: skip
        self._body = widget(body)
        self.setLayout(column(scrolling(self._body), spacing=0))
        self._room = RECENT
        self._fit = QTimer(self, singleShot=True, interval=0)
        self._fit.timeout.connect(self._fit_runs)
        self._body.installEventFilter(self)
        self._list = RunList.of(session)
        self._list.changed.connect(self._show_runs)
        self._clock = QTimer(self)
        self._clock.setInterval(_MEMORY)
        self._clock.timeout.connect(self._show_machine)
        self._show([])

    def word(self) -> str:
        return self.tr("Home")

    @property
    def busy(self) -> bool:
        return not self.leaves.drawn

    def guide(self) -> str:
        return self.tr(
            "Ways to begin:\n\n"
            "Classify leaves draws a sample of 200 leaves, opens it, and everything is set to train on it. Segment leaves opens the same "
            "pictures with their masks: the model learns which pixels belong to which species.\n"
            "Open a folder takes your own images: one sub-folder a class (or train, val and test with such folders inside), an archive of "
            "that, a CSV file beside its images; or pictures with masks. Drop it anywhere in the window, or press Ctrl+O.\n"
            "Look inside shows what the network is made of; Overlay lays masks from anywhere over their pictures.\n\n"
            "A run that was interrupted can be resumed here. Nothing leaves this computer."
        )

    # ways in

    def _classes_sample(self) -> QFrame:
        go = Button(self.tr("Classify leaves"), "primary", "play", on=self.session.open_sample)
        go.setToolTip(self.tr("Draw 200 leaves, open them, and go to the data page"))
        go.setObjectName("tryClassificationSample")
        return self._entry(self.leaves, self.tr("Try a sample: classify"), self.tr("200 generated leaves of 5 species"), go)

    def _masks_sample(self) -> QFrame:
        go = Button(self.tr("Segment leaves"), "primary", "play", on=lambda: self.session.open_sample(metric.MASKS))
        go.setToolTip(self.tr("Draw 200 leaves with the exact mask of each, open them, and go to the data page"))
        go.setObjectName("trySegmentationSample")
        return self._entry(self._masks, self.tr("Try a sample: segment"), self.tr("The same leaves with their masks"), go)

    def _entry(self, picture: QWidget, title: str, text: str, *buttons: Button) -> QFrame:
        said = (label(title, "section", wrap=True), label(text, "small", wrap=True))
        return card(column(picture, 6, *said, None, row(*buttons, None), spacing=4))

    def _drop_zone(self) -> DropZone:
        tip = self.tr("One sub-folder a class, or pictures with masks; train, val and test folders are understood (Ctrl+O)")
        go = Button(self.tr("Open a folder…"), "", "folder-open", tip=tip, on=lambda: open_folder(self, self.session))
        go.setObjectName("openFolderButton")
        centre = Qt.AlignmentFlag.AlignHCenter
        lines = [
            label(self.tr("Drop a folder of images"), "section", wrap=True, align=centre),
            label(self.tr("One sub-folder a class, or pictures with masks; .zip, .tar or CSV"), "small", wrap=True, align=centre),
        ]
        layout = column(
            None, row(None, IconLabel("tray", "accent", 40), None), 4, *lines, 8, row(None, go, None), None, spacing=4,
            margins=(GAP, GAP, GAP, GAP),
        )  # fmt: skip
        zone = DropZone(data_in, layout, "dropZone")
        zone.setAccessibleName(self.tr("Drop a folder of images here"))
        zone.dropped.connect(lambda paths: self.session.open_data(paths[0]))
        return zone

    def _door(self) -> QFrame:
        tip = self.tr("What a network is made of, and what of it learns")
        go = Button(self.tr("Look inside"), "", "tree-structure", tip=tip, on=lambda: self.session.asked_for.emit("model"))
        go.setObjectName("lookInsideButton")
        over = Button(self.tr("Overlay"), "", "stack", on=lambda: self.session.asked_for.emit("overlay"))
        over.setToolTip(self.tr("Lay masks over their pictures: those of a run, or of any folder; no model is needed"))
        over.setObjectName("overlayButton")
        text = self.tr("Layers of a model; masks on pictures")
        return self._entry(LayerPicture(), self.tr("Look inside"), text, go, over)

    def _foot(self) -> QWidget:
        self._device = label("", "muted", wrap=True)
        self._device.setObjectName("deviceLine")
        promise = label(self.tr("Images, models and runs stay on your disk."), "muted", wrap=True)
        left = row(IconLabel("lock-simple", "good"), label(self.tr("Nothing leaves this computer"), "section"), (promise, 1))
        self._foot_right = row((widget(row()), 1), IconLabel("cpu"), (self._device, 100))
        self._foot_row = row((left, 1), (self._foot_right, 1), spacing=24)
        return widget(self._foot_row)

    # runs

    def _show_runs(self) -> None:
        self._show(self._list.rows)

    def _show(self, rows: list[dict[str, Any]]) -> None:
        self.recent.show_runs(rows[: self._room])
        self._recent.setVisible(bool(rows))
        self.first.setVisible(not rows)
        self._all.setText(self.tr("All %1 runs").replace("%1", f"{len(rows):,}") if len(rows) != 1 else self.tr("All runs"))
        self.unfinished.show_run(next((run for run in rows if run["state"] == "unfinished"), None))

    def _open_run(self, run: dict[str, Any]) -> None:
        if run["state"] == "live":
            self.session.asked_for.emit("train")
        elif metric.of_row(run) is None:
            self.session.asked_for.emit("runs")
        else:
            self.session.show_result(run["path"])

    # after the first paint

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._begin)

    def _begin(self) -> None:
        """What is not needed for the first sight of the window."""
        self.leaves.begin()
        Background(_look_around, self._found_machine)
        self._list.ask()

    def _found_machine(self, said: str) -> None:
        self._machine = said
        self._show_machine()
        self._clock.start()

    def _show_machine(self) -> None:
        if not self.isVisible():
            return
        free, whole = machine.memory()
        room = self.tr("%1 of %2 memory free").replace("%1", f"{free / 1e9:.1f}").replace("%2", megabytes(whole))
        self._device.setText(self._machine.replace("%memory", room))
        self._keep_to_its_icon()

    def _keep_to_its_icon(self) -> None:
        """The line about the machine is no wider than its words, so that they stand beside their icon wherever that stands."""
        self._device.setMaximumWidth(self._device.fontMetrics().horizontalAdvance(self._device.text()) + 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()
        self._fit.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What stands on the page came, went or became higher."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit.start()
        return False

    def _fit_runs(self) -> None:
        """As many of the recent runs as leave the last line in sight; where even a few do not, the page scrolls and shows them all."""
        inside = self._body.layout()
        if inside is None or not self._list.rows:
            return
        room = self.recent.model().rowCount() + (self.height() - inside.totalHeightForWidth(self._body.width())) // theme.px(ROW)
        self._room = min(room, RECENT) if room >= LEAST else RECENT
        self.recent.show_runs(self._list.rows[: self._room])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.restyles(event) and hasattr(self, "_clock"):
            self._arrange()

    def _stand(self, across: int) -> None:
        """The entries, so many side by side."""
        if across != self._across:
            self._across = across
            for i, entry in enumerate(self._cards):
                self._entries.addWidget(entry, i // across, i % across)
                self._entries.setColumnStretch(i, 1 if i < across else 0)

    def _arrange(self) -> None:
        inside = self.width() - 2 * MARGIN
        across = next((n for n in (len(self._cards), 2) if inside >= n * theme.px(_ENTRY_WIDTH) + (n - 1) * GAP), 1)
        self._stand(across)
        for entry in self._cards:
            entry.setMinimumHeight(ENTRY if theme.scale() == 1 else round(ENTRY * (0.5 + theme.scale() / 2)))
        wide = inside >= theme.px(900)
        self._foot_row.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        self._foot_row.setSpacing(24 if wide else 8)
        self._foot_right.setStretch(0, 1 if wide else 0)
        self._keep_to_its_icon()


def _look_around() -> str:
    """The computer in one line, with %memory for what changes."""
    tr = words.tr
    cards = machine.graphics()
    parts = [
        machine.processor(),
        tr("1 thread") if machine.threads() == 1 else tr("%1 threads").replace("%1", str(machine.threads())),
        "%memory",
        cards or tr("no graphics card"),
    ]
    return "  ·  ".join(parts)


PAGE = HomePage
