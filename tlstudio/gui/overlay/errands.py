"""What is done with the open pictures beside looking: masks are predicted, masks are exported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from tlstudio.errors import StudioError
from tlstudio.gui.overlay.export_sheet import ExportSheet
from tlstudio.gui.overlay.predict_sheet import PredictSheet, Wish
from tlstudio.gui.overlay.reel import Reel
from tlstudio.gui.overlay.task import Task
from tlstudio.gui.overlay.viewer import Viewer
from tlstudio.gui.run_list import Row
from tlstudio.gui.session import Session
from tlstudio.gui.words import count


class Errands(QObject):
    """task: tells how far the prediction is."""

    predicted = Signal(str, str)
    """The folder into which the masks were written, and what to call it."""

    def __init__(self, session: Session, viewer: Viewer, task: Task, page: QWidget) -> None:
        super().__init__(page)
        self._session, self._viewer, self._task, self._page = session, viewer, task, page

    def ask_to_predict(self, runs: Sequence[Row]) -> None:
        """With which of the runs, and of which pictures; then begin."""
        collection = self._viewer.collection
        reel = collection.reel if collection is not None else None
        if reel is not None and reel.live:
            return
        if reel is not None:
            self._viewer.opening.emit()  # what plays would take the time away
            sheet = PredictSheet(runs, len(reel), self._page, video=True, chosen=reel.run)
            sheet.asked.connect(lambda wish: self._predict_video(reel, wish))
        else:
            sheet = PredictSheet(runs, len(self._viewer.panels.film.order), self._page)
            sheet.asked.connect(self._predict)
        sheet.train_asked.connect(lambda: self._session.asked_for.emit("data"))
        sheet.open()

    def ask_to_export(self) -> None:
        viewer = self._viewer
        if viewer.collection is not None and viewer.place >= 0:
            picture = str(viewer.collection.entries[viewer.place]["path"])
            ExportSheet(self._session, viewer.collection, viewer.looking.look, picture, self._page).open()

    def _predict(self, wish: Wish) -> None:
        viewer = self._viewer
        if viewer.collection is None or viewer.place < 0:
            return
        title = viewer.collection.title
        places = viewer.panels.film.order if wish.all_ else [viewer.place]
        paths = [str(viewer.collection.entries[place]["path"]) for place in places]
        args = {"run": wish.run, "paths": paths, "flips": wish.flips}
        words = self.tr("Predicting masks")
        first = self.tr("The model is being loaded…")
        self._task.begin(self._session.predictor, "predict", args, words, lambda said: self._predicted(said, title), first)

    def _predict_video(self, reel: Reel, wish: Wish) -> None:
        args = {"run": wish.run, "paths": [reel.source], "flips": wish.flips, "every": wish.every}
        words, first = self.tr("Predicting the video"), self.tr("The model is being loaded…")
        self._task.begin(self._session.predictor, "predict", args, words, self._video_predicted, first, resumes=False)

    def _video_predicted(self, said: list[dict[str, Any]]) -> None:
        (entry,) = said
        if "error" in entry:
            self._session.trouble.emit(StudioError(self.tr("The video could not be predicted"), entry["error"]))
            return
        words = self.tr("%1 predicted").replace("%1", count(entry["frames"], self.tr("frame"), self.tr("frames")))
        self._task.tell(words, entry["folder"])

    def _predicted(self, said: list[dict[str, Any]], title: str) -> None:
        masks = [entry["mask"] for entry in said if entry.get("mask")]
        if masks:
            self.predicted.emit(str(Path(masks[0]).parent), self.tr("%1, predicted").replace("%1", title))
            return
        why = next((entry["error"] for entry in said if entry.get("error")), "")
        self._session.trouble.emit(StudioError(self.tr("No mask of %1 could be predicted").replace("%1", title), why))
