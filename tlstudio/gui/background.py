"""Work that may wait for a disk, done in a thread of Qt's pool; its end is told in the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal
from shiboken6 import isValid

from tlstudio.errors import StudioError

T = TypeVar("T")
_at_work: set[Any] = set()


class Background(QObject, Generic[T]):
    """One call in a thread. `done` or `failed` (StudioError) is called in the window's thread, unless it was forgotten."""

    _ended = Signal(object, object)

    def __init__(
        self, call: Callable[[], T], done: Callable[[T], Any] | None = None, failed: Callable[[StudioError], Any] | None = None
    ) -> None:
        super().__init__()
        self._call, self._done, self._failed = call, done, failed
        self.forgotten = False
        self._ended.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        _at_work.add(self)  # nobody else has to hold on to it
        QThreadPool.globalInstance().start(self._run)

    def forget(self) -> None:
        """Nobody wants the answer any more."""
        self.forgotten = True

    def _run(self) -> None:
        said: T | None = None
        error: Exception | None = None
        try:
            if not self.forgotten:
                said = self._call()
        except Exception as raised:
            error = raised
        try:
            self._ended.emit(said, error)
        except RuntimeError:  # the application is gone
            return

    def _tell(self, said: Any, error: Exception | None) -> None:
        _at_work.discard(self)
        if self.forgotten or _gone(self._done):
            return
        if error is None:
            if self._done is not None:
                self._done(said)
        elif isinstance(error, StudioError) and self._failed is not None:
            self._failed(error)
        else:
            raise error


def _gone(call: Callable[..., Any] | None) -> bool:
    """Whether the widget that wanted the answer was deleted meanwhile."""
    owner = getattr(call, "__self__", None)
    return isinstance(owner, QObject) and not isValid(owner)
