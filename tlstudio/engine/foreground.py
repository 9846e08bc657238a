"""A job waited for in the foreground, in an engine of its own or right here: what the command line does."""

from __future__ import annotations

import importlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tlstudio.control import Control, Tell, silent
from tlstudio.engine import environment
from tlstudio.engine.child import call
from tlstudio.engine.client import JOBS, Engine
from tlstudio.engine.handle import Handle
from tlstudio.events import Note
from tlstudio.training.relay import relayed

_TWICE = 2.0  # seconds within which a Ctrl+C under torchrun is the same one
# Jobs in which the first Ctrl+C means: stop in good order, and keep what there is (of training, the best so far).
_KEEP_ON_STOP = ("train", "resume", "train_longer", "compare_choices", "sweep", "resume_study", "watch_camera")


def run_job(job: str, args: Mapping[str, Any], tell: Tell = silent, *, jobs: str = JOBS) -> Any:
    """Run an api job in an engine, pass its events to `tell`, return its document. Raises the job's StudioError.

    Ctrl+C stops training in good order, and cancels anything else; a second one cancels, a third one ends the engine.
    Under torchrun, whose ranks are processes of their own already, the job runs in this process.
    """
    if "LOCAL_RANK" in os.environ:
        environment.settle()
        found, control = importlib.import_module(jobs).JOBS[job], Control()
        with _interrupted(control):
            return relayed(lambda told, obeyed: call(found, args, told, obeyed), tell, control)
    engine = Engine("cli", jobs=jobs)
    try:
        handle = engine.request(job, args)
        with _interrupts() as pressed:
            obeyed = 0
            while not handle.done:
                event = handle.wait(0.1)
                if event is not None:
                    tell(event)
                if obeyed < pressed():
                    obeyed += 1
                    _interrupt(handle, engine, obeyed if job in _KEEP_ON_STOP else obeyed + 1, tell)
        return handle.result()
    finally:
        engine.close()


def run_here(job: str, args: Mapping[str, Any], tell: Tell = silent, *, jobs: str = JOBS) -> Any:
    """Run an api job in this process: one that needs no torch, or a rank of torchrun."""
    return call(importlib.import_module(jobs).JOBS[job], args, tell, Control())


def _interrupt(handle: Handle, engine: Engine, firmness: int, tell: Tell) -> None:
    if firmness == 1:
        said = {
            "watch_camera": "Stopping after this picture.",
            **dict.fromkeys(("compare_choices", "sweep", "resume_study"), "Stopping; what is done is kept, and can be gone on with."),
        }.get(handle.job, "Stopping after this step; the best so far is kept.")
        tell(Note(message=f"{said} Press Ctrl+C again to cancel.", level="warn"))
        handle.stop()
    elif firmness == 2:
        tell(Note(message="Cancelling. Press Ctrl+C again to end at once.", level="warn"))
        handle.cancel()
    else:
        engine.close(grace=0)


@contextmanager
def _interrupted(control: Control) -> Iterator[None]:
    """While it lasts, Ctrl+C stops what the control is of, later cancels it. torchrun passes each on, so that it comes twice."""
    last = -_TWICE

    def press(*_: object) -> None:
        nonlocal last
        if time.monotonic() >= last + _TWICE:
            last = time.monotonic()
            (control.cancel if control.stopping else control.stop)()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, press)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _interrupts() -> Iterator[Callable[[], int]]:
    """While it lasts, Ctrl+C is counted and nothing else; yields the count's reader. Other threads than the main one get no signals."""
    count = 0

    def press(*_: object) -> None:
        nonlocal count
        count += 1

    if threading.current_thread() is not threading.main_thread():
        yield lambda: 0
        return
    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: count
    finally:
        signal.signal(signal.SIGINT, before)
