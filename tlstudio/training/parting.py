"""How a rank ends that did not choose to: another one is gone, or torchrun ends all. It says so where somebody looks, then goes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable

from tlstudio.errors import StudioError
from tlstudio.event_log import EventLog
from tlstudio.events import RunFailed
from tlstudio.runs import Run

GRACE = 3.0  # seconds that the main thread has to end in good order, once torchrun says that all have to


class Watcher:
    """A thread that hears SIGTERM while the main thread waits in torch for ranks that are gone, where Python's own handler never runs.

    told_to_end: called when it hears it. last_words: what to say, and about which run, where that does not end the main thread, so that
    this one has to end the process. Only in the main thread of a process.
    """

    def __init__(self, told_to_end: Callable[[], None], last_words: Callable[[], tuple[StudioError, Run | None, bool]]) -> None:
        self._told_to_end, self._last_words = told_to_end, last_words
        self._ended = threading.Event()
        if threading.current_thread() is not threading.main_thread():
            return
        heard, told = socket.socketpair()
        told.setblocking(False)
        signal.signal(signal.SIGTERM, lambda *_: None)  # the number still goes into the socket
        signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        self._sockets = heard, told
        threading.Thread(target=self._wait, name="torchrun", daemon=True).start()

    def end(self) -> None:
        """The main thread got to its end."""
        self._ended.set()

    def _wait(self) -> None:
        while signal.SIGTERM not in self._sockets[0].recv(16):
            pass
        self._told_to_end()
        if self._ended.wait(GRACE):
            return
        try:
            error, run, holds = self._last_words()
            if run is not None:  # else rank 0 ended before there was anything to train, and has said why
                say(error, run, holds=holds)
        finally:
            os._exit(1)


def say(error: StudioError, run: Run, *, holds: bool) -> None:
    """On stderr and in the run's events, unless another rank does so or has done: whoever holds the run's lock, else who gets it first.

    holds: this process is the one.
    """
    with contextlib.suppress(StudioError), contextlib.nullcontext() if holds else run.locked(everywhere=False):  # torchrun does not wait
        last = None
        for event in run.events():
            last = event
        if isinstance(last, RunFailed):
            return
        sys.stderr.write(f"tlstudio: {error}\n")
        sys.stderr.flush()
        log = EventLog(run)
        try:
            log.write(RunFailed(what=error.what, why=error.why, do=error.do))
        finally:
            log.close()
