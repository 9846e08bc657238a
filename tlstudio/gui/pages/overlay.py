"""Overlay: pictures under their masks. The picture fills the page; everything else floats on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent
from PySide6.QtWidgets import QStackedLayout

from tlstudio.errors import StudioError
from tlstudio.gui.page import Page
from tlstudio.gui.run_list import Row, RunList
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.drop_zone import folders_in, images_in, videos_in
from tlstudio.gui.widgets.parts import GAP, MARGIN, column, widget
from tlstudio.gui.widgets.state_panel import Offer, StatePanel
from tlstudio.gui.words import count
from tlstudio.runs import Run

if TYPE_CHECKING:
    from tlstudio.gui.overlay.opened import Opened


class OverlayPage(Page):
    """Until something is open: one sentence, and the buttons that open it."""

    key = "overlay"
    icon_name = "stack"
    order = 5

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._list = RunList.of(session)
        self._opened: Opened | None = None
        self._kept = 0  # the last epoch of the live run whose kept masks were looked for
        self._own = False  # whether the user opened something here, which a run that ends does not push aside
        self._list.changed.connect(self._list_changed)
        session.result_changed.connect(self._result_changed)
        session.masks_asked.connect(self._show_asked)
        session.run_changed.connect(self._run_goes_on)
        self.setAcceptDrops(True)

    def word(self) -> str:
        return self.tr("Overlay")

    def mark(self) -> tuple[str, str]:
        opened = self._opened
        if opened is not None and self._editing.unsaved and not self.isVisible():
            return "problem", self.tr("A mask is not saved")
        if opened is not None and opened.loading.state == "busy":
            return "running", self.tr("Opening")
        if opened is None or opened.collection is None:
            return "none", self.tr("Masks on images")
        reel = opened.collection.reel
        if reel is not None:
            return "ready", self.tr("Camera") if reel.live else count(len(reel), self.tr("frame"), self.tr("frames"))
        return "ready", count(len(opened.collection.entries), self.tr("photo"), self.tr("photos"))

    def guide(self) -> str:
        from tlstudio.gui.overlay.keys import guide

        return guide()

    @property
    def busy(self) -> bool:
        """Whether something is being opened, or its picture read."""
        return self._opened is not None and (self._opened.loading.state == "busy" or self._viewer.loader.busy)

    def entered(self) -> None:
        self._list.ask()
        self._build()
        self._open_result()
        self.mark_changed.emit()

    # building

    def _build(self) -> None:
        if self._opened is not None:
            return
        # numpy and Pillow come with these: the window is on the screen before.
        from tlstudio.gui.overlay.editing import Editing
        from tlstudio.gui.overlay.errands import Errands
        from tlstudio.gui.overlay.keys import Keys
        from tlstudio.gui.overlay.opened import Opened
        from tlstudio.gui.overlay.source_bar import SourceBar
        from tlstudio.gui.overlay.task import Task
        from tlstudio.gui.overlay.videos import Videos
        from tlstudio.gui.overlay.viewer import Viewer
        from tlstudio.gui.overlay.watching import Watching

        self._opened = Opened(self.session, self)
        self._task = Task(self)
        self._source = SourceBar()
        self._viewer = Viewer(self.session.settings, self._source, self._task)
        self._editing = Editing(self.session, self._viewer, self._source, self)
        self._watching = Watching(self._viewer, self)
        self._keys = Keys(self, self._viewer, self._editing.toggle, self._editing.leave, self._watching.toggle)
        self._errands = Errands(self.session, self._viewer, self._task, self)
        self._state = StatePanel("overlayState")
        self._stack = QStackedLayout(self)
        self._stack.addWidget(widget(column(self._state, margins=(MARGIN, GAP, MARGIN, GAP))))
        self._stack.addWidget(self._viewer)
        source = self._source
        source.folder_asked.connect(self.ask_for_folder)
        source.sample_asked.connect(self._sample)
        source.run_chosen.connect(self._choose_run)
        source.split_chosen.connect(self._choose_split)
        self._videos = Videos(self.session, self._viewer, self._list, source, self)
        self._videos.wanted.connect(self._open_own)
        timeline, classes = self._viewer.panels.timeline, self._viewer.panels.classes
        for predict in (source.predict_asked, timeline.predict_asked):
            predict.connect(lambda: self._errands.ask_to_predict(self._runs()))
        classes.predict_asked.connect(lambda: self._videos.ask_for_run(lambda: self._errands.ask_to_predict(self._runs())))
        source.export_asked.connect(self._errands.ask_to_export)
        self._errands.predicted.connect(self._show_predicted)
        self._opened.changed.connect(self._follow)
        self._show_runs()
        self._follow()

    # what is opened

    def show_run(self, run: str, split: str = "val") -> None:
        """Open the masks of a run (a folder) on one of its splits."""
        row = self._list.find(run)
        title = str(row.get("title") or row["name"]) if row is not None else Path(run).name
        self._open(lambda opened: opened.open_run(run, title, split))

    def show_folder(self, folder: str, masks: str = "") -> None:
        """Open pictures, with their masks where there are some. masks: the folder that they are in, if it is another one."""
        self._open_own(lambda opened: opened.open_folder(folder, masks))

    def _show_asked(self, place: str, split: str) -> None:
        """Another page wants masks looked at: a run's on a split, or, without a split, a folder's."""
        self._own = True
        if split:
            self.show_run(place, split)
            return
        epoch = Path(place).name.removeprefix("epoch_")
        title = self.tr("Masks of epoch %1").replace("%1", str(int(epoch))) if epoch.isdecimal() else ""
        self._open(lambda opened: opened.open_folder(place, title=title))

    def _show_predicted(self, folder: str, title: str) -> None:
        self._open_own(lambda opened: opened.open_folder(folder, title=title))

    def show_pictures(self, paths: list[str]) -> None:
        """Open these files, without masks."""
        self._open_own(lambda opened: opened.open_pictures(paths))

    def show_video(self, source: str, run: str | None = None) -> None:
        """Open a video file or a camera ("camera:0"). run: that looks at it, "" for none; None: that which is open, or the newest."""
        self._build()
        self._videos.show(source, run)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._opened is not None:
            self._watching.stop()
            self.mark_changed.emit()

    def _open_own(self, how: Callable[[Opened], None]) -> None:
        """Open what the user chose here."""
        self._own = True
        self._open(how)

    def _open(self, how: Callable[[Opened], None]) -> None:
        """Open something else, unless a corrected mask would be lost and the user wants to keep it."""
        self._build()
        opened = self._opened
        assert opened is not None
        if self._editing.may_leave(lambda: self._open(how)):
            how(opened)

    def ask_for_folder(self) -> None:
        """Where are the pictures, where are the masks."""
        from tlstudio.gui.overlay.open_sheet import OpenSheet

        sheet = OpenSheet(self)
        sheet.chosen.connect(self.show_folder)
        sheet.open()

    def _sample(self) -> None:
        self._open_own(lambda opened: opened.open_sample())

    def _choose_run(self, run: str) -> None:
        self._own = True
        self.show_run(run)

    def _choose_split(self, split: str) -> None:
        if self._opened is not None and self._opened.collection is not None:
            self.show_run(self._opened.collection.run, split)

    def _open_result(self) -> None:
        """The run that Results looks at, if it makes masks; else the newest that does. Only as long as nothing else was opened."""
        assert self._opened is not None
        if self._own or self._editing.unsaved or self._opened.loading.state == "busy":
            return
        wanted = self.session.result_run
        if not wanted or not _makes_masks(wanted, self._list.find(wanted)):
            wanted = next((run["path"] for run in self._runs()), "")
        if wanted and wanted != self._opened.source:
            self.show_run(wanted)

    def _result_changed(self) -> None:
        if self._opened is not None and self.isVisible():
            self._open_result()

    def _run_goes_on(self) -> None:
        """The run that is open is training: it may have kept the masks of one more epoch."""
        live = self.session.live
        kept = live.history.masks.epoch if live.history.masks is not None else 0
        if self._opened is None or kept == self._kept:
            return
        self._kept = kept
        collection = self._viewer.collection
        if collection is not None and collection.run and collection.run == live.run:
            self._viewer.past.refresh()

    def _runs(self) -> list[Row]:
        return [run for run in self._list.finished if run.get("task") == "segmentation"]

    def _list_changed(self) -> None:
        if self._opened is not None:
            self._show_runs()
            if self.isVisible() and self._list.loading.ready:
                self._open_result()

    def _show_runs(self) -> None:
        self._source.show_runs(self._runs())

    # what is shown

    def _follow(self) -> None:
        opened = self._opened
        assert opened is not None
        loading, collection = opened.loading, opened.collection
        folder = Offer(
            self.tr("Open a folder…"), self.tr("Pictures with masks, from anywhere; no model is needed"), self.ask_for_folder,
            "folder-open", "primary", "openOverlayFolder",
        )  # fmt: skip
        video_tip = self.tr("A video, with what a run says of each frame")
        video = Offer(self.tr("Open a video…"), video_tip, self._videos.ask, "film-strip", "", "openVideoHere")
        sample_tip = self.tr("Generated leaves with their exact masks; drawn on this computer the first time")
        sample = Offer(self.tr("Show the sample"), sample_tip, self._sample, "leaf", "", "showOverlaySample")
        if loading.state == "busy":
            cancel = Offer(self.tr("Cancel"), self.tr("Open nothing"), opened.cancel, name="cancelOverlay")
            words = self.tr("Opening the pictures and their masks")
            if opened.predicts:
                begun = loading.progress is not None
                words = self.tr("The run predicts these pictures for the first time") if begun else self.tr("The model is being loaded")
            self._state.show_busy(words, loading.progress, [cancel])
        elif loading.state == "failed" and loading.error is not None:
            again = Offer(self.tr("Try again"), self.tr("Open it once more"), opened.again, "arrow-clockwise")
            back = Offer(self.tr("Back"), self.tr("To what was open before"), opened.leave, "caret-left")
            self._state.show_error(loading.error, [again, folder._replace(kind=""), *([back] if collection is not None else [])])
        elif collection is None:
            more = self.tr("What a model said, what is true, and where they differ. No model is needed to look.")
            self._state.show_state("stack", "muted", self.tr("Look at images with their masks"), more, [folder, video, sample])
        elif self._viewer.collection is not collection:
            self._editing.close()
            self._viewer.show_collection(collection)
            self._source.show_collection(collection)
            self._watching.show_collection(collection)
        ready = loading.ready and collection is not None
        self._stack.setCurrentIndex(1 if ready else 0)
        self.setFocusProxy(self._viewer.panels.canvas if ready else self._state)
        self.mark_changed.emit()

    # dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if folders_in(event.mimeData()) or images_in(event.mimeData()) or videos_in(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A folder of pictures, a second one with their masks, or pictures."""
        folders, pictures, videos = folders_in(event.mimeData()), images_in(event.mimeData()), videos_in(event.mimeData())
        if folders:
            event.acceptProposedAction()
            self.show_folder(folders[0], folders[1] if len(folders) > 1 else "")
        elif pictures:
            event.acceptProposedAction()
            self.show_pictures(pictures)
        elif videos:
            event.acceptProposedAction()
            self.show_video(videos[0])


def _makes_masks(run: str, row: Row | None) -> bool:
    if row is not None:
        return row.get("task") == "segmentation"
    try:
        return Run(Path(run)).recipe().data.task == "segmentation"
    except StudioError:
        return False


PAGE = OverlayPage
