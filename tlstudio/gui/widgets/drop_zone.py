"""A dashed frame that takes what is dropped on it: the only dashed frame of the program. And what can be dropped, by kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QBoxLayout, QFrame

DATA_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2", ".csv")
VIDEO_ENDINGS = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv", ".ogv", ".3gp", ".flv")
IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm")

Takes = Callable[[QMimeData], list[str]]


def _files(mime: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def data_in(mime: QMimeData) -> list[str]:
    """Paths that `session.open_data` takes: folders, archives, CSV files."""
    return [str(path) for path in _files(mime) if path.is_dir() or path.name.lower().endswith(DATA_ENDINGS)]


def folders_in(mime: QMimeData) -> list[str]:
    """Paths of folders."""
    return [str(path) for path in _files(mime) if path.is_dir()]


def images_in(mime: QMimeData) -> list[str]:
    """Paths of picture files."""
    return [str(path) for path in _files(mime) if path.name.lower().endswith(IMAGE_ENDINGS)]


def videos_in(mime: QMimeData) -> list[str]:
    """Paths of video files."""
    return [str(path) for path in _files(mime) if path.name.lower().endswith(VIDEO_ENDINGS)]


class DropZone(QFrame):
    """takes: what of a drop is taken (`data_in`, `images_in`); the rest is refused. `dropped` brings the paths."""

    dropped = Signal(list)

    def __init__(self, takes: Takes, layout: QBoxLayout, name: str = "") -> None:
        super().__init__()
        self._takes = takes
        self.setObjectName(name)
        self.setProperty("kind", "dropZone")
        self.setAcceptDrops(True)
        self.setLayout(layout)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._takes(event.mimeData()):
            event.acceptProposedAction()
            self._light(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._light(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._light(False)
        paths: Sequence[str] = self._takes(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(list(paths))

    def _light(self, over: bool) -> None:
        self.setProperty("over", over)
        self.style().unpolish(self)
        self.style().polish(self)
