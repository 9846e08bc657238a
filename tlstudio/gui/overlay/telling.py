"""What the line below the picture tells of the open picture: its name, what is under the pointer, and that it is being read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QTimer

from tlstudio.gui.overlay.status_line import Reading

if TYPE_CHECKING:
    from tlstudio.gui.overlay.viewer import Viewer

BUSY_AFTER = 200  # ms until it is said that a picture is being read


class Telling(QObject):
    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._viewer = viewer
        self._under: QPoint | None = None  # the pointer
        self.patience = QTimer(self, singleShot=True, interval=BUSY_AFTER)
        self.patience.timeout.connect(self._say_busy)

    def hover(self, pixel: QPoint | None) -> None:
        """The pointer is over that pixel of the picture, or over none."""
        self._under, picture = pixel, self._viewer.picture
        if pixel is None or picture is None or pixel.x() >= picture.width or pixel.y() >= picture.height:
            self._viewer.status.show_reading(None)
        else:
            self._viewer.status.show_reading(Reading.of(picture, self._viewer.looking.look.classes, pixel.x(), pixel.y()))

    def show_file(self) -> None:
        """Which picture it is, or which could not be read."""
        viewer, collection = self._viewer, self._viewer.collection
        assert collection is not None
        size = (viewer.picture.width, viewer.picture.height) if viewer.picture is not None else (0, 0)
        reel = collection.reel
        if reel is None:
            viewer.status.show_file(collection.title, self._name(), *size)
            viewer.status.show_reading(None)
            return
        pace = "" if reel.live else self.tr("%1 frames/s").replace("%1", f"{reel.rate:.4g}")
        by = self.tr("predicted by %1").replace("%1", reel.title) if reel.run else ""
        viewer.status.show_file("", "   ".join(part for part in (collection.title, pace, by) if part), *size)
        self.hover(self._under)  # the pointer rests, the picture below it moves

    def _name(self) -> str:
        viewer = self._viewer
        assert viewer.collection is not None
        return Path(viewer.collection.entries[viewer.place]["path"]).name

    def _say_busy(self) -> None:
        viewer = self._viewer
        if viewer.loader.busy and viewer.collection is not None and viewer.collection.reel is None:
            viewer.status.show_reading(None)
            viewer.status.show_file(viewer.collection.title, self.tr("%1 is being read…").replace("%1", self._name()), 0, 0)
