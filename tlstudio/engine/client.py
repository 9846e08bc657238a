"""The parent's side of an engine: owns the child process, asks it for jobs, outlives its death. Knows neither torch nor Qt."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tlstudio.engine.handle import Handle
from tlstudio.engine.process import Process
from tlstudio.errors import EngineDied

JOBS = "tlstudio.api"


class Engine:
    """A child process that runs api jobs, one at a time in the order asked for. All methods may be called from any thread.

    name: names the log (inspector, trainer, cli). jobs: the module whose JOBS the child runs.
    env: the environment to start from, default this process's.
    """

    def __init__(self, name: str = "engine", *, jobs: str = JOBS, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._jobs, self._env = jobs, env
        self._process: Process | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the child if there is none. Returns before it is ready; requests wait in its pipe. Raises EngineDied if it cannot start."""
        self._living()

    def _living(self) -> Process:
        with self._lock:
            if self._process is None or not self._process.alive:
                self._process = Process(self.name, self._jobs, self._env)
            return self._process

    def request(self, job: str, args: Mapping[str, Any] | None = None) -> Handle:
        """Ask for a job; a child that is not there (or no more) is started. Returns at once; failures come from the handle's `result`,
        except EngineDied where no child can be started."""
        for _ in range(3):
            handle = self._living().request(job, args or {})
            if handle is not None:
                return handle
        raise EngineDied("The engine that does the computing ends as soon as it starts", "", "Run 'tlstudio doctor'")

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.alive

    @property
    def pid(self) -> int | None:
        """The child's process id, None if there is none."""
        process = self._process
        return process.pid if process is not None and process.alive else None

    @property
    def log(self) -> Path | None:
        """What the present or last child printed, None before the first."""
        return self._process.log if self._process is not None else None

    def close(self, grace: float = 2.0) -> None:
        """End the child: cancel what runs and give it `grace` seconds, then end, terminate, kill. Returns when it is gone;
        jobs that were cut off end with Cancelled. A later request starts a new child."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.close(grace)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
