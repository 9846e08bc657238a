"""Asks the inspector for previews: the newest wish alone, one job at a time, a moment after the last change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from tlstudio.errors import Cancelled, StudioError
from tlstudio.gui.jobs import JobHandle
from tlstudio.gui.mask_blend import Mask
from tlstudio.gui.session import Session

_PAUSE = 150  # milliseconds without a change before a job is asked for


class PreviewJob(QObject):
    """kind: "resize", which gives {"crop", "pad", "squash": QImage}, or "augment", which gives a list of nine."""

    drawn = Signal(object)
    failed = Signal(object)

    def __init__(self, session: Session, kind: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._kind = session, kind
        self._wish: dict[str, Any] | None = None
        self._asked: dict[str, Any] | None = None
        self._answered: dict[str, Any] | None = None
        self._handle: JobHandle | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._timer.timeout.connect(self._ask)

    @property
    def busy(self) -> bool:
        """Whether what is shown is not yet what was wished for."""
        return self._wish != self._answered

    def wish(self, recipe: dict[str, Any], path: str, seed: int, mask: Mask | None = None) -> None:
        """Ask for the previews of that picture, its mask blended in; the same wish again costs nothing."""
        wish = {"recipe": recipe, "path": path, "kind": self._kind, "seed": seed}
        if mask is not None:
            wish |= {"mask": mask.path, "coding": mask.coding.to_json()}
        if wish != self._wish:
            self._wish = wish
            self._timer.start()

    def again(self) -> None:
        """After a failure: try once more."""
        self._answered = None
        self._ask()

    def _ask(self) -> None:
        if self._handle is not None or self._wish is None or self._wish == self._answered:
            return  # the running job asks again when it ends: jobs must not pile up, and they write to the same files
        self._asked = self._wish
        self._handle = self._session.inspector.submit("previews", self._asked)
        self._handle.connect_to(None, self._done, self._failed)

    def _ended(self, then: Callable[[], None]) -> None:
        self._handle = None
        if self._asked == self._wish:
            self._answered = self._asked
            then()
        else:
            self._ask()

    def _done(self, document: dict[str, Any]) -> None:
        # read at once: the next job writes to the same files
        files = document["images"]
        images = {key: QImage(file) for key, file in files.items()} if isinstance(files, dict) else [QImage(file) for file in files]
        self._ended(lambda: self.drawn.emit(images))

    def _failed(self, error: StudioError) -> None:
        self._ended(lambda: None if isinstance(error, Cancelled) else self.failed.emit(error))
