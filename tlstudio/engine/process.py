"""A running child as its parent sees it: one process, the thread that reads it, the jobs it has not answered yet."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from tlstudio import events
from tlstudio.engine import environment
from tlstudio.engine.failures import died
from tlstudio.engine.handle import Handle
from tlstudio.errors import Cancelled, EngineDied, StudioError, from_json

_numbers = itertools.count(1)


class Process:
    """Starts on construction (raises EngineDied if it cannot). Once `over`, it stays so: its engine makes a new one."""

    def __init__(self, name: str, jobs: str, env: Mapping[str, str] | None) -> None:
        self.log, log_file = environment.open_log(name)
        self._open: dict[int, Handle] = {}
        self._lock = threading.Lock()  # guards _open, over and writing to the child
        self._closing = False
        self.over = False
        try:
            with log_file:
                self._popen = subprocess.Popen(
                    environment.command(jobs),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log_file,
                    env=environment.for_child(env),
                    creationflags=environment.no_console(),
                )
        except OSError as error:
            raise EngineDied("The engine that does the computing could not be started", str(error), "Run 'tlstudio doctor'") from None
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._stdin, self._stdout = self._popen.stdin, self._popen.stdout
        self.pid = self._popen.pid
        self._reader = threading.Thread(target=self._read, name=f"engine-{name}", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        return not self.over and self._popen.poll() is None

    def request(self, job: str, args: Mapping[str, Any]) -> Handle | None:
        """Ask for a job; None if this process was found to be gone."""
        handle = Handle(next(_numbers), job, self._send)
        with self._lock:
            if not self.alive:
                return None
            self._open[handle.number] = handle
        self._send({"id": handle.number, "job": job, "args": dict(args)})
        return handle

    def _send(self, said: Mapping[str, Any]) -> None:
        line = json.dumps(said).encode() + b"\n"
        # A child that is gone (OSError) or whose pipe we closed (ValueError) is the reader's to report.
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._stdin.write(line)
            self._stdin.flush()

    def _read(self) -> None:
        with self._stdout:
            for line in self._stdout:
                with contextlib.suppress(ValueError):  # a line torn by the child's death
                    self._take(json.loads(line))
        returncode = self._popen.wait()
        with self._lock:
            self.over = True
            left = list(self._open.values())
            self._open.clear()
            with contextlib.suppress(OSError):
                self._stdin.close()
        for handle in left:
            handle.end(error=self._epitaph(returncode))

    def _epitaph(self, returncode: int) -> StudioError:
        if self._closing:
            return Cancelled("Cancelled")
        end_of_log = f"The end of {self.log}:\n{environment.last_lines(self.log)}"
        return died(returncode, end_of_log, windows=sys.platform == "win32")

    def _take(self, said: dict[str, Any]) -> None:
        with self._lock:
            handle = self._open.get(said["id"]) if "event" in said else self._open.pop(said["id"], None)
        if handle is None:
            return
        if "event" in said:
            event = events.from_json(said["event"])
            if event is not None:
                handle.put(event)
        elif "error" in said:
            handle.end(error=from_json(said["error"]))
        else:
            handle.end(result=said["result"])

    def close(self, grace: float) -> None:
        """Cancel what runs and wait `grace` seconds for it; then end the process, with rising force. Returns when it is gone."""
        with self._lock:
            self._closing = True
            waiting = list(self._open)
        for number in waiting:
            self._send({"cancel": number})
        end = time.monotonic() + grace
        while self._open and self.alive and time.monotonic() < end:
            time.sleep(0.01)
        with self._lock, contextlib.suppress(OSError):
            self._stdin.close()  # the child ends at the end of its stdin
        for force in (self._popen.terminate, self._popen.kill):
            if self._gone_within(1.0):
                return
            force()
        self._reader.join()

    def _gone_within(self, seconds: float) -> bool:
        self._reader.join(seconds)
        return not self._reader.is_alive()
