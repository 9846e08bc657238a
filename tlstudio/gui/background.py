"""Work that may wait for a disk, done in a thread of Qt's pool; its end is told in the window's thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal
from shiboken6 import isValid

from tlstudio.errors import StudioError
from tlstudio.gui.alive import gone

T = TypeVar("T")


class _Courier(QObject):
    """Brings every answer into the window's thread. The works themselves belong to Python alone: the thread may be the last to let go of
    one, and an object of Qt's would then be deleted in the wrong thread."""

    ended = Signal(object, object, object)

    def __init__(self) -> None:
        super().__init__()
        self.ended.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)

    def _hand_over(self, work: Background[Any], said: Any, error: Exception | None) -> None:
        work.tell(said, error)


_courier: list[_Courier] = []
_at_work: set[Background[Any]] = set()


class Background(Generic[T]):
    """One call in a thread. `done` or `failed` (StudioError) is called in the window's thread, unless it was forgotten or what it is
    about was deleted."""

    def __init__(
        self, call: Callable[[], T], done: Callable[[T], Any] | None = None, failed: Callable[[StudioError], Any] | None = None
    ) -> None:
        self._call, self._done, self._failed = call, done, failed
        self.forgotten = False
        if not _courier or not isValid(_courier[0]):
            _courier[:] = [_Courier()]
        self._courier = _courier[0]
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
            self._courier.ended.emit(self, said, error)
        except RuntimeError:  # the application is gone
            return

    def tell(self, said: Any, error: Exception | None) -> None:
        """The call has ended."""
        _at_work.discard(self)
        if self.forgotten or gone(self._done):
            return
        if error is None:
            if self._done is not None:
                self._done(said)
        elif isinstance(error, StudioError) and self._failed is not None:
            self._failed(error)
        else:
            raise error


def forget_all() -> None:
    """The window is closing: what has not begun is not done, and no answer is told."""
    for work in _at_work:
        work.forget()
