"""What the page has open and how it got there: a run's masks, a folder's, or pictures alone. Asks the engines; knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from tlstudio.data import overlay_index
from tlstudio.errors import StudioError
from tlstudio.events import Event, Progress
from tlstudio.gui.jobs import EngineWorker, JobHandle
from tlstudio.gui.loading import Loading
from tlstudio.gui.overlay.collection import Collection
from tlstudio.gui.overlay.reel import Reel, new_folder
from tlstudio.gui.session import Session


class Opened(QObject):
    """`loading` says how it stands, `collection` is what is open; it stays while something else is being opened and when that fails."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.loading = Loading()
        self.collection: Collection | None = None
        self.predicts = False
        """Whether a run first has to predict what is being opened, which takes a while."""
        self._job: JobHandle | None = None
        self._again: tuple[EngineWorker, str, dict[str, Any], str, str] | None = None

    @property
    def source(self) -> str:
        """The run or folder that is open or being opened."""
        return self.loading.what

    def open_run(self, run: str, title: str = "", split: str = "val") -> None:
        """Look at a run on one of its splits; it is evaluated first where that has not been done."""
        done = Path(run, "evaluations", split, overlay_index.NAME).is_file()
        worker = self._session.librarian if done else self._session.inspector  # what is there needs no torch, nor waits for it
        self.predicts = not done
        self._ask(worker, "overlay", {"source": run, "split": split}, title)

    def open_folder(self, folder: str, masks: str = "", title: str = "") -> None:
        """Open pictures and masks in whatever layout, or pictures alone. masks: the folder that they are in, where that is another one."""
        self.predicts = False
        self._ask(self._session.librarian, "overlay", {"source": folder, "masks": masks}, title or Path(folder).name)

    def open_sample(self) -> None:
        """The generated leaves with their masks; drawn if they are not there yet."""
        self.predicts = False
        self._ask(self._session.librarian, "sample", {"task": "segmentation"}, self.tr("Generated leaves"))

    def open_video(self, source: str, run: str = "", title: str = "", run_title: str = "") -> None:
        """A video file or a camera ("camera:0"), with the run that is to look at it; "" for none."""
        self.predicts = False
        folder = new_folder()
        self._ask(self._session.librarian, "open_video", {"source": source, "run": run, "folder": str(folder)}, title, run_title)

    def open_pictures(self, paths: Sequence[str]) -> None:
        """These pictures, without masks."""
        self._drop()
        self.collection = Collection.of_pictures(paths)
        self._show(Loading("ready", self.collection.source))

    def again(self) -> None:
        """Ask once more for what failed."""
        if self._again is not None:
            self._ask(*self._again)

    def cancel(self) -> None:
        """What is under way is heard of no more; it ends when it can."""
        if self._job is not None:
            self._drop()
            self.leave()

    def leave(self) -> None:
        """Go back to what was open before the last wish failed."""
        self._show(Loading("ready", self.collection.source) if self.collection is not None else Loading())

    def _drop(self) -> None:
        if self._job is not None:
            self._job.forget()
            self._job = None

    def _ask(self, worker: EngineWorker, job: str, args: dict[str, Any], title: str, run_title: str = "") -> None:
        self._drop()
        self._again = (worker, job, args, title, run_title)
        source = str(args.get("source", job))
        self._show(Loading("busy", source))

        def events(said: list[Event]) -> None:
            progress = [event for event in said if isinstance(event, Progress)]
            if progress:
                self._show(replace(self.loading, progress=progress[-1]))

        def done(document: dict[str, Any]) -> None:
            self._job = None
            if job == "sample":
                self._ask(worker, "overlay", {"source": document["path"], "masks": ""}, title)
                return
            video = job == "open_video"
            self.collection = self._video(document, args, title, run_title) if video else Collection.of(document, source, title)
            self._show(Loading("ready", source))

        def failed(error: StudioError) -> None:
            self._job = None
            self._show(Loading("failed", source, error=error))

        self._job = worker.submit(job, args).connect_to(events, done, failed)

    def _video(self, document: dict[str, Any], args: dict[str, Any], title: str, run_title: str) -> Collection:
        reel = Reel(self._session.watcher, self._session.librarian, document, Path(args["folder"]), run_title, self)
        return Collection.of_video(document, reel, title)

    def _show(self, loading: Loading) -> None:
        self.loading = loading
        self.changed.emit()
