"""The child's side of an engine: takes requests on stdin, runs one job at a time, writes what it says on stdout.

Both ways one JSON object a line.
In:  {"id", "job", "args"}, {"cancel": id}, {"stop": id}, {"pause": id}, {"go_on": id}, {"rate": id, "factor": x}
Out: {"id", "event"}, {"id", "result"}, {"id", "error"}; a result or an error is the last line of its id.

The end of stdin means that the parent is gone, and ends this process at once.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import gc
import importlib
import inspect
import json
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import IO, Any

from tlstudio import events
from tlstudio.control import Control, Tell
from tlstudio.engine import environment
from tlstudio.engine.failures import explain
from tlstudio.errors import InputError, StudioError

Jobs = Mapping[str, Callable[..., Any]]
_ENDED_FROM_OUTSIDE = 128 + 15
_REST = 1.0  # seconds without a job after which memory is given back


class Stream:
    """The way out: whole lines, from any thread."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()

    def write(self, line: str) -> None:
        left = memoryview(line.encode())
        with self._lock:
            while left:
                try:
                    left = left[os.write(self._fd, left) :]
                except OSError:  # nobody reads any more: the parent is gone
                    os._exit(0)


class Loop:
    """Requests in, answers out. The main thread works; a thread of its own reads, so that a cancel is heard in mid-job."""

    def __init__(self, requests: IO[bytes], stream: Stream) -> None:
        self._requests, self._stream = requests, stream
        self._waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._controls: dict[int, Control] = {}
        self._running: Control | None = None
        self._ending = False

    def read(self) -> None:
        """Runs in its own thread until the parent is gone."""
        for line in self._requests:
            if not line.endswith(b"\n"):  # cut short: the parent died while it wrote
                break
            said = json.loads(line)
            if "job" in said:
                self._controls[said["id"]] = Control()
                self._waiting.put(said)
                continue
            for word in ("cancel", "stop", "pause", "go_on"):
                control = self._controls.get(said.get(word, -1))
                if control is not None:
                    getattr(control, word)()
            if "rate" in said and (control := self._controls.get(said["rate"])) is not None:
                with contextlib.suppress(InputError):  # the parent's `scale_rates` has refused it already
                    control.scale_rates(said["factor"])
        os._exit(0)

    def terminate(self, *_: object) -> None:
        """SIGTERM: cancel what runs, then end."""
        self._ending = True
        if self._running is None:
            os._exit(_ENDED_FROM_OUTSIDE)
        # In a thread, because the signal may have interrupted the main thread while it held the very locks that cancel() takes.
        threading.Thread(target=self._running.cancel, daemon=True).start()

    def run(self, jobs: Jobs) -> None:
        while not self._ending:
            said = self._next()
            self._running = self._controls[said["id"]]
            self._stream.write(self._answer(said, jobs, self._running))
            self._running = None
            del self._controls[said["id"]]
        os._exit(_ENDED_FROM_OUTSIDE)

    def _next(self) -> dict[str, Any]:
        """The next request, waited for; after a while without one, memory is given back."""
        try:
            return self._waiting.get(timeout=_REST)
        except queue.Empty:
            give_back()
            return self._waiting.get()

    def _answer(self, said: dict[str, Any], jobs: Jobs, control: Control) -> str:
        number, job = said["id"], said["job"]

        def tell(event: events.Event) -> None:
            self._stream.write(f'{{"id":{number},"event":{event.to_line().rstrip()}}}\n')

        try:
            control.check()  # cancelled while it waited
            if job not in jobs:
                raise StudioError(f"There is no job '{job}'")
            return f'{{"id":{number},"result":{events.dumps(call(jobs[job], said["args"], tell, control))}}}\n'
        except BaseException as error:  # whatever it is, SystemExit too, is an answer and not the end of the engine
            return f'{{"id":{number},"error":{events.dumps(explain(error, job).to_json())}}}\n'


def give_back() -> None:
    """Give back what torch still holds of a graphics card after a job: gigabytes, which the other engine's next job may need."""
    torch = sys.modules.get("torch")
    with contextlib.suppress(AttributeError, RuntimeError):  # an import that failed half-way; a card that is lost
        if torch is not None and torch.cuda.is_initialized():
            gc.collect()
            torch.cuda.empty_cache()


def call(job: Callable[..., Any], args: Mapping[str, Any], tell: Tell, control: Control) -> Any:
    """Run a job; it gets `tell` and `control` if it has such parameters."""
    takes = inspect.signature(job).parameters
    own = {name: value for name, value in (("tell", tell), ("control", control)) if name in takes}
    return job(**args, **own)


def _own_pipes() -> tuple[IO[bytes], Stream]:
    """Move requests and stream to private descriptors. What prints, in Python or in C, then prints into the log;
    what reads stdin finds it empty. (On Windows a library that looks at stdin while a thread reads it would hang.)"""
    requests = os.fdopen(os.dup(0), "rb")
    stream = Stream(os.dup(1))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, stream


def main() -> None:
    requests, stream = _own_pipes()
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole process group; the parent decides what it means
    environment.be_modest()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", default="tlstudio.api")
    loop = Loop(requests, stream)
    threading.Thread(target=loop.read, name="requests", daemon=True).start()
    signal.signal(signal.SIGTERM, loop.terminate)
    jobs: Jobs = importlib.import_module(parser.parse_args().jobs).JOBS
    sys.stdout.flush()
    loop.run(jobs)


if __name__ == "__main__":
    main()
