"""Which video or camera is opened, and which run looks at it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from tlstudio.evaluation.live import cameras
from tlstudio.gui import theme
from tlstudio.gui.overlay.opened import Opened
from tlstudio.gui.overlay.reel import Reel
from tlstudio.gui.overlay.source_bar import MOST, SourceBar
from tlstudio.gui.overlay.viewer import Viewer
from tlstudio.gui.run_list import Row, RunList
from tlstudio.gui.session import Session
from tlstudio.gui.widgets.drop_zone import VIDEO_ENDINGS
from tlstudio.gui.widgets.elided_label import elide


class Videos(QObject):
    """`wanted` brings a call that opens something, for whoever may have to ask before what is open is left."""

    wanted = Signal(object)

    def __init__(self, session: Session, viewer: Viewer, runs: RunList, source: SourceBar, page: QWidget) -> None:
        super().__init__(page)
        self._session, self._viewer, self._runs, self._source, self._page = session, viewer, runs, source, page
        self._cameras: list[tuple[str, str]] = []
        source.video_asked.connect(self.ask)
        source.camera_asked.connect(self.show)
        source.watcher_chosen.connect(self._choose_run)
        source.opening.connect(self._find_cameras)
        self._told: Reel | None = None  # what was explained last
        runs.changed.connect(self._explain)
        viewer.picture_shown.connect(self._picture_shown)

    def ask(self) -> None:
        """Which file."""
        dialog = QFileDialog(self._page, self.tr("Open a video"))
        dialog.setObjectName("openVideo")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        endings = " ".join(f"*{ending}" for ending in (*VIDEO_ENDINGS, ".gif"))
        dialog.setNameFilters([f"{self.tr('Videos')} ({endings})", f"{self.tr('All files')} (*)"])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.show)
        dialog.open()

    def show(self, source: str, run: str | None = None) -> None:
        """A video file or a camera ("camera:0"). run: that looks at it, "" for none; None: that which is open, or the newest."""
        collection = self._viewer.collection
        if run is None and collection is not None:
            run = collection.reel.run if collection.reel is not None else collection.run or None
        if run is None:
            run = next((str(row["path"]) for row in self._makers()), "")
        row = self._runs.find(run)
        run_title = str(row.get("title") or row["name"]) if row is not None else Path(run).name
        title = next((name for camera, name in self._cameras if camera == source), Path(source).name)

        def how(opened: Opened) -> None:
            opened.open_video(source, run, title, run_title)

        self.wanted.emit(how)

    def ask_for_run(self, otherwise: Callable[[], object]) -> None:
        """Which run is to look at the video that is open, or the way to one; otherwise: what to do where no video is open."""
        if self._reel is None:
            otherwise()
            return
        makers = self._makers()[:MOST]
        if not makers:
            self._session.asked_for.emit("data")
            return
        button = self._viewer.panels.classes.predict
        menu = QMenu(button)
        menu.setObjectName("chooseWatcher")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for row in makers:
            words = elide(str(row.get("title") or row["name"]), theme.px(300), button).replace("&", "&&")
            menu.addAction(words).triggered.connect(lambda _=False, run=str(row["path"]): self._choose_run(run))
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    @property
    def _reel(self) -> Reel | None:
        collection = self._viewer.collection
        return collection.reel if collection is not None else None

    def _picture_shown(self) -> None:
        if self._reel is not self._told:  # not with each frame
            self._explain()

    def _explain(self) -> None:
        """In the place of the classes: why there is no mask, where no run looks at the video."""
        reel, classes = self._reel, self._viewer.panels.classes
        self._told = reel
        if reel is None or reel.run:
            classes.show_bare()
        elif self._makers():
            words = self.tr("No model looks at this video, so there are no masks. Choose a run that learned to make them.")
            classes.show_bare(words, self.tr("Choose a run…"), self.tr("What it says of each frame is laid over the video"))
        else:
            words = self.tr("Masks come from a model, and none was trained on masks yet. Train one on your own images, then look again.")
            classes.show_bare(words, self.tr("Go to Data"), self.tr("Open images with masks to train on"))

    def _makers(self) -> list[Row]:
        return [row for row in self._runs.finished if row.get("task") == "segmentation"]

    def _choose_run(self, run: str) -> None:
        """Another one looks at the video that is open, at the same place."""
        collection, viewer = self._viewer.collection, self._viewer
        if collection is not None and collection.reel is not None:
            viewer.begin_at = viewer.place
            self.show(collection.reel.source, run)

    def _find_cameras(self) -> None:
        """Before the menu is shown: cameras come and go."""
        if sys.platform.startswith("linux"):  # a look into a folder; elsewhere FFmpeg is asked, which is an engine's to do
            self._cameras = cameras()
            self._source.show_cameras(self._cameras)
        else:
            self._session.librarian.submit("cameras").connect_to(None, self._found)

    def _found(self, said: list[dict[str, str]]) -> None:
        self._cameras = [(one["source"], one["name"]) for one in said]
        self._source.show_cameras(self._cameras)
