"""A video or a camera as the page sees it: its frames come from an engine, one by one, each a Picture with what a run says of it."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QImage

from tlstudio import places
from tlstudio.errors import StudioError
from tlstudio.gui.background import Background
from tlstudio.gui.jobs import EngineWorker, JobHandle
from tlstudio.gui.overlay.picture import Picture

_EASE = 0.3  # weight of the newest frame in what a frame takes
_OLD = 3600.0  # seconds after which a folder of frames was left behind by a window that did not end well

Said = tuple[int, "Picture | StudioError"]


class Errand:
    """A frame on its way."""

    def __init__(self) -> None:
        self.job: JobHandle | None = None
        self.reading: Background[Picture] | None = None

    def forget(self) -> None:
        """Nobody wants it any more."""
        for one in (self.job, self.reading):
            if one is not None:
                one.forget()


class Reel(QObject):
    """worker: whose engine decodes and predicts. run, title: the run that predicts, "" for none.

    predicts: whether what is brought comes with what the run says of it. warm: whether anything came with that yet.
    decoding, predicting: seconds that a frame takes, lately; the model is asked of those alone that come with what it says.
    """

    def __init__(
        self,
        worker: EngineWorker,
        aside: EngineWorker,
        document: Mapping[str, Any],
        folder: Path,
        title: str = "",
        parent: QObject | None = None,
    ) -> None:
        """document: as the job "open_video" gives it. folder: of `new_folder`; it is this reel's from now on. aside: makes the strip."""
        super().__init__(parent)
        self._worker, self._aside, self.folder = worker, aside, folder
        self.source, self.live = str(document["path"]), bool(document["live"])
        self.run, self.title = str(document["run"]), title
        self.rate = float(document["rate"]) or 25.0
        self.seconds = float(document["seconds"])
        n = int(document["frames"])
        self.times: NDArray[np.float64] = np.load(document["times"]) if document["times"] else np.arange(n) / self.rate
        self.predicts = bool(self.run)
        self.warm = False
        self.decoding = self.predicting = 0.0
        self._n = 0
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self._clear)  # the engines are gone by then

    def __len__(self) -> int:
        return len(self.times)

    def at(self, seconds: float) -> int:
        """The frame that is shown at that time."""
        return int(np.clip(np.searchsorted(self.times, seconds + 1e-6, side="right") - 1, 0, max(0, len(self) - 1)))

    def bring(self, place: int, done: Callable[[Said], Any], *, alone: bool = False) -> Errand:
        """Ask for a frame, of a camera for its newest one; `done` is called in the window's thread with its number and what came.

        alone: the picture, without what the run says of it.
        """
        errand, predicts = Errand(), self.predicts and bool(self.run) and not alone
        self._n += 1
        args = {"source": self.source, "folder": str(self.folder), "name": str(self._n), "at": place, "run": self.run if predicts else ""}

        def came(said: dict[str, Any]) -> None:
            self._learn(said, predicts)
            at = int(said["at"])
            pending = bool(self.run) and not predicts
            errand.reading = Background(lambda: _read(said, self.source, pending), lambda got: done((at, got)), lambda why: done((at, why)))

        errand.job = self._worker.submit("video_frame", args).connect_to(None, came, lambda why: done((place, why)))
        return errand

    def _learn(self, said: Mapping[str, Any], predicts: bool) -> None:
        """What a frame took; the first one that the model saw waited for it to be loaded."""
        for key, counts in (("decoding", True), ("predicting", predicts and self.warm)):
            if counts and said.get(key):
                known = getattr(self, key)
                setattr(self, key, (1 - _EASE) * known + _EASE * said[key] if known else float(said[key]))
        self.warm = self.warm or predicts

    def strip(self, n: int, height: int, done: Callable[[list[QImage]], Any]) -> JobHandle:
        """Ask for n small pictures from the beginning to the end."""

        def came(said: dict[str, Any]) -> None:
            Background(lambda: [_image(one) for one in np.load(said["file"])], done, lambda why: None)

        args = {"source": self.source, "n": n, "height": height, "folder": str(self.folder)}
        return self._aside.submit("video_strip", args).connect_to(None, came, lambda why: None)

    def let_go(self) -> None:
        """Free the camera, if it is one."""
        if self.live:
            self._worker.submit("close_camera").connect_to(None, lambda _: self._clear(), lambda _: None)

    def close(self) -> None:
        """Nothing is wanted any more."""
        if self.live:
            self.let_go()
        else:
            self._clear()

    def _clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def new_folder() -> Path:
    """Where frames travel through; what earlier windows left behind is removed."""
    root = places.cache() / "frames"
    for old in root.glob("*"):
        try:
            if time.time() - old.stat().st_mtime > _OLD:
                shutil.rmtree(old, ignore_errors=True)
        except OSError:
            continue
    return root / uuid.uuid4().hex[:12]


def _read(said: Mapping[str, Any], source: str, pending: bool) -> Picture:
    """Raises StudioError."""
    try:
        image = _image(np.load(said["image"]))
        labels, confidence, entropy = (np.load(said[key]) if said[key] else None for key in ("labels", "confidence", "entropy"))
    except (OSError, ValueError) as error:
        raise StudioError("The frame was gone before it could be shown", str(error), "Show it again") from None
    picture = Picture(source, image, labels, None, confidence, entropy, pending=pending)
    picture.pyramid.build()
    return picture


def _image(pixels: NDArray[np.uint8]) -> QImage:
    """(H, W, 3) RGB as RGB32."""
    height, width = pixels.shape[:2]
    pixels = np.ascontiguousarray(pixels)
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).convertToFormat(QImage.Format.Format_RGB32)


class FrameEntries(Sequence[dict[str, Any]]):
    """An entry a frame, made when it is asked for: a film has a hundred thousand."""

    def __init__(self, reel: Reel) -> None:
        self._reel = reel

    def __len__(self) -> int:
        return max(1, len(self._reel))

    @overload
    def __getitem__(self, i: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, i: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, i: int | slice) -> dict[str, Any] | list[dict[str, Any]]:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        if self._reel.live or -len(self) <= i < len(self):
            return {"path": self._reel.source}
        raise IndexError(i)
