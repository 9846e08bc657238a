"""Jobs that do nothing useful, in every way a job can do it. Run by a real engine: `--jobs fake_jobs`."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from typing import Any

from tlstudio.control import Control, Tell
from tlstudio.errors import InputError
from tlstudio.events import Note, Progress


def echo(word: str) -> dict[str, str]:
    return {"word": word}


def count(n: int, *, tell: Tell, control: Control, pause: float = 0.0) -> int:
    done = 0
    for i in range(n):
        control.check()
        if control.stopping:
            break
        done = i + 1
        tell(Progress(phase="count", done=done, total=n))
        time.sleep(pause)
    return done


def rates(*, control: Control) -> float:
    """Waits until it is told a factor."""
    while (factor := control.taken_factor()) is None:
        control.check()
        time.sleep(0.01)
    assert control.taken_factor() is None
    return factor


def noisy(*, tell: Tell) -> str:
    tell(Note(message="before"))
    sys.stdout.write('{"id": 1, "result": "a lie"}\nno newline')
    os.write(1, b'{"id": 1, "result": "another lie"}\n')
    libc = ctypes.CDLL(None)
    libc.printf(b'{"id": 1, "result": "a lie in C"}\n')
    libc.fflush(None)
    tell(Note(message="after"))
    return input_or_end()


def input_or_end() -> str:
    try:
        return input()
    except EOFError:
        return "stdin is empty"


def fail(kind: str) -> None:
    if kind == "input":
        raise InputError("The folder is not there", "it was moved", "Choose another")
    if kind == "memory":
        raise MemoryError
    if kind == "gpu":
        raise type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory")
    if kind == "exit":
        sys.exit(5)
    raise ValueError("a number is odd\nand more")


def not_json() -> Any:
    return {"nan": float("nan"), "fine": 1.5}


def not_serialisable() -> Any:
    return object()


def die(how: str, *, tell: Tell) -> None:
    tell(Note(message="about to die"))
    sys.stderr.write("last words\n")
    if how == "exit":
        os._exit(9)
    if how == "segfault":
        ctypes.string_at(0)
    os.kill(os.getpid(), getattr(signal, how))


def deaf(seconds: float, *, tell: Tell) -> None:
    """Never looks at its control, like one long call into a library."""
    tell(Note(message=str(os.getpid())))
    time.sleep(seconds)


def facts() -> dict[str, Any]:
    return {"pid": os.getpid(), "nice": os.nice(0), "omp": os.environ.get("OMP_WAIT_POLICY"), "path0": sys.path[0], "group": os.getpgid(0)}


def train(n: int, *, tell: Tell, control: Control, pause: float = 0.0, last: float = 20.0) -> int:
    """Stops like training does, though not before `last` seconds, so that a second Ctrl+C has something to cancel."""
    for i in range(n):
        control.check()
        tell(Progress(phase="count", done=i + 1, total=n))
        if control.stopping:
            for _ in range(round(100 * last)):
                control.check()
                time.sleep(0.01)
            return i + 1
        time.sleep(pause)
    return n


def train_longer(n: int, *, tell: Tell, control: Control, pause: float = 0.0) -> int:
    return train(n, tell=tell, control=control, pause=pause, last=0.1)


def train_deaf(n: int, *, tell: Tell, pause: float = 0.0) -> None:
    """Hears nothing."""
    tell(Progress(phase="count", done=1, total=n))
    time.sleep(60)


_TRAINING = (train, train_longer, train_deaf)
JOBS = {f.__name__: f for f in (echo, count, rates, noisy, fail, not_json, not_serialisable, die, deaf, facts, *_TRAINING)}
