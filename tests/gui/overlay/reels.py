"""An engine that answers for frames of a video, and a page that looks at one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.overlay.viewer import Viewer
from tlstudio.gui.pages.overlay import OverlayPage
from tlstudio.gui.session import Session

N, RATE = 40, 10.0
CLASSES = [{"name": "sky", "colour": [10, 20, 30]}, {"name": "road", "colour": [200, 100, 0]}]
RUN = {"path": "/runs/a", "name": "a", "title": "Streets", "task": "segmentation", "state": "finished"}


class Engine:
    """Answers what is asked for frames, of 24 x 16 pixels that tell their number."""

    def __init__(self, jobs: Any) -> None:
        self.jobs, self.answered, self.n = jobs, 0, 0
        self.predicting = 0.14

    @property
    def open(self) -> list[JobHandle]:
        return [job for job in self.jobs[self.answered :] if job.job == "video_frame" and not job.cancelled]

    def answer(self) -> bool:
        """The oldest question that is not forgotten; whether there was one."""
        for i, job in enumerate(self.jobs[self.answered :], self.answered):
            self.answered = i + 1
            if job.job == "video_frame" and not job.cancelled:
                job.done.emit(self._frame(job.args))
                return True
        return False

    def _frame(self, args: dict[str, Any]) -> dict[str, Any]:
        folder, at = Path(args["folder"]), args["at"]
        if args["source"].startswith("camera:"):
            self.n += 5
            at = self.n
        folder.mkdir(parents=True, exist_ok=True)
        layers = {"image": np.full((16, 24, 3), at, np.uint8)}
        if args["run"]:
            layers |= {key: np.full((16, 24), at % 2, np.uint8) for key in ("labels", "confidence", "entropy")}
        files = {key: str(folder / f"{args['name']}.{key}.npy") for key in layers}
        for key, file in files.items():
            np.save(file, layers[key])
        took = {"decoding": 0.01, "predicting": self.predicting if args["run"] else 0.0}
        return {"at": at, "seconds": at / RATE, "labels": None, "confidence": None, "entropy": None, **files, **took}


def document(source: str = "/films/street.mp4", run: str = "/runs/a") -> dict[str, Any]:
    live = source.startswith("camera:")
    n, rate = (0, 0.0) if live else (N, RATE)
    known = {"frames": n, "rate": rate, "seconds": n / RATE, "width": 24, "height": 16, "times": None}
    return {"path": source, "live": live, **known, "classes": CLASSES if run else [], "run": run}


def viewer_of(page: OverlayPage) -> Viewer:
    found = page.findChild(Viewer)
    assert found is not None
    return found


def child(page: QWidget, name: str, kind: type[Any] = QWidget) -> Any:
    found = page.findChild(kind, name)
    assert found is not None, name
    return found


def until(qtbot: QtBot, engine: Engine, wanted: Callable[[], bool]) -> None:
    def answered() -> bool:
        engine.answer()
        return wanted()

    qtbot.waitUntil(answered)


@pytest.fixture
def page(qtbot: QtBot, session: Session, jobs: Any) -> Iterator[OverlayPage]:
    made = OverlayPage(session)
    made.resize(1096, 704)
    made.show()
    made.entered()
    jobs.last("runs").done.emit([RUN])
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def engine(page: OverlayPage, jobs: Any) -> Engine:
    return Engine(jobs)


@pytest.fixture
def opened(page: OverlayPage, engine: Engine, jobs: Any, qtbot: QtBot) -> OverlayPage:
    """The page with a video of forty frames, at the first one."""
    page.show_video("/films/street.mp4")
    asked = jobs.last("open_video").args
    assert (asked["source"], asked["run"]) == ("/films/street.mp4", "/runs/a")  # the newest run that makes masks
    jobs.last("open_video").done.emit(document())
    until(qtbot, engine, lambda: viewer_of(page).picture is not None and viewer_of(page).picture.prediction is not None)
    return page
