"""Jobs for the engines: a QThread worker starts, feeds and supervises each engine and turns its events into signals."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from tlstudio.engine.client import Engine
from tlstudio.engine.handle import Handle
from tlstudio.errors import Cancelled, StudioError
from tlstudio.events import Event
from tlstudio.gui.alive import gone

COALESCE = 1 / 30  # seconds of events that arrive in the window as one list


class JobHandle(QObject):
    """A job asked of an engine, as the window sees it. Signals arrive in the window's thread, in order.

    The next list of events comes only when the last one was taken: a window that is busy gets fewer, longer lists, never a queue.
    """

    events = Signal(list)
    done = Signal(object)
    failed = Signal(object)

    def __init__(self, job: str, args: dict[str, Any]) -> None:
        super().__init__()
        self.job, self.args = job, args
        self.taken = threading.Event()
        self.taken.set()
        self._handle: Handle | None = None
        self._said: set[str] = set()
        self._factor: float | None = None
        self._forgotten = False
        self._on_events: Callable[[list[Event]], Any] | None = None
        self._on_done: Callable[[Any], Any] | None = None
        self._on_failed: Callable[[StudioError], Any] | None = None
        self.events.connect(self._take_events)
        self.done.connect(self._take_result)
        self.failed.connect(self._take_error)

    def connect_to(
        self,
        events: Callable[[list[Event]], Any] | None = None,
        done: Callable[[Any], Any] | None = None,
        failed: Callable[[StudioError], Any] | None = None,
    ) -> JobHandle:
        """Call these in the window's thread; nothing more once the job is forgotten, or what they are about deleted."""
        self._on_events, self._on_done, self._on_failed = events, done, failed
        return self

    def _take_events(self, said: list[Event]) -> None:
        try:
            if self._on_events is not None and not self._forgotten and not gone(self._on_events):
                self._on_events(said)
        finally:
            self.taken.set()

    def _take_result(self, document: object) -> None:
        self.deleteLater()
        if self._on_done is not None and not self._forgotten and not gone(self._on_done):
            self._on_done(document)

    def _take_error(self, error: StudioError) -> None:
        self.deleteLater()
        if self._on_failed is not None and not self._forgotten and not gone(self._on_failed):
            self._on_failed(error)

    def cancel(self) -> None:
        """End as soon as possible; `failed` comes with Cancelled."""
        self._tell("cancel")

    def stop(self) -> None:
        """End in good order and keep the best so far."""
        self._tell("stop")

    def pause(self) -> None:
        self._said.discard("go_on")
        self._tell("pause")

    def go_on(self) -> None:
        self._said.discard("pause")
        self._tell("go_on")

    def scale_rates(self, factor: float) -> None:
        """From the next step on multiply the recipe's rates with that, instead of with what was said before; only training knows it."""
        self._factor = factor
        if self._handle is not None:
            self._handle.scale_rates(factor)

    def forget(self) -> None:
        """Cancel, and call nobody any more: the answer is not wanted."""
        self._forgotten = True
        self.cancel()

    def _tell(self, what: str) -> None:
        self._said.add(what)
        if self._handle is not None:
            getattr(self._handle, what)()

    # for the worker

    @property
    def cancelled(self) -> bool:
        return "cancel" in self._said

    def begin(self, handle: Handle) -> None:
        """The engine has it; what was said before is said again."""
        self._handle = handle
        for what in sorted(self._said):
            getattr(handle, what)()
        if self._factor is not None:
            handle.scale_rates(self._factor)


class EngineWorker(QThread):
    """One engine and the thread that talks with it; jobs run one after the other."""

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.engine = Engine(name)
        self._jobs: queue.SimpleQueue[JobHandle | None] = queue.SimpleQueue()
        self._warm = self._closed = False

    def submit(self, job: str, args: dict[str, Any] | None = None) -> JobHandle:
        """Ask for a job; the thread and the engine are started where they are not running."""
        handle = JobHandle(job, args or {})
        handle.setParent(self)
        if self._closed:  # a timer that fired while the window was closing
            QTimer.singleShot(0, handle, lambda: handle.failed.emit(Cancelled("Cancelled")))
            return handle
        self._jobs.put(handle)
        if not self.isRunning():
            self.start()
        return handle

    def warm(self) -> None:
        """Start the engine and have it import what its jobs need, so that the first job begins at once."""
        if not self._warm:
            self._warm = True
            self.submit("warm", {"engine": self.objectName()})

    def close(self) -> None:
        """End the engine and the thread; jobs that were running are cut off (a run can be resumed)."""
        close_all([self])

    def run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._work(job)
            except StudioError as error:
                job.failed.emit(error)

    def _work(self, job: JobHandle) -> None:
        if job.cancelled or self._closed:  # closed: no child is started again for what still waits
            raise Cancelled("Cancelled")
        handle = self.engine.request(job.job, job.args)
        job.begin(handle)
        said: list[Event] = []
        due = 0.0
        while not handle.done:
            event = handle.wait(COALESCE if said else None)
            if event is not None:
                said.append(event)
            if said and (handle.done or (time.monotonic() >= due and job.taken.is_set())):
                job.taken.clear()
                job.events.emit(said)
                said, due = [], time.monotonic() + COALESCE
        job.done.emit(handle.result())


def close_all(workers: Sequence[EngineWorker]) -> None:
    """End engines and their threads, all at once: it takes as long as the slowest."""
    for worker in workers:
        worker._closed = True
        worker._jobs.put(None)
    enders = [threading.Thread(target=worker.engine.close, kwargs={"grace": 0.5}) for worker in workers]
    for ender in enders:
        ender.start()
    for worker, ender in zip(workers, enders, strict=True):
        ender.join()
        worker.wait()
        worker.engine.close(grace=0.5)  # one that the thread started in between
