"""Training on several graphics cards at once, asked for by the recipe: this process starts torchrun, passes on what rank 0 tells, and
what it is told itself."""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import socket
import subprocess
import sys
import threading
from typing import Any

from tlstudio.control import Control, Tell
from tlstudio.errors import Cancelled, StudioError, from_json
from tlstudio.events import Note, RunFailed
from tlstudio.events import from_json as event_from_json
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.rank_environment import several
from tlstudio.training.relay import SECRET, WHERE, Line

_TORCHRUN = (sys.executable, "-P", "-m", "torch.distributed.run", "--standalone")
_LOOK = 0.05  # seconds between two looks at what is heard and what is to be passed on
_PATIENCE = 5.0  # for the first word of who connects
_GRACE = 15.0  # that ranks get to end in good order


def processes(recipe: Recipe, tell: Tell) -> int:
    """How many processes are to train together; 1 for this one. Where there are fewer cards than were asked for, a Note says so."""
    wanted = recipe.training.gpus
    if wanted == 1 or several():
        return 1
    import torch

    from tlstudio.training.prepare import device_of

    kind = device_of(recipe).type
    if recipe.training.device == "cpu":  # asked for: processes that share the processor
        return max(1, wanted)
    there = torch.cuda.device_count() if kind == "cuda" else 0
    if wanted > there:
        said = {0: "none that several processes can train on together", 1: "one"}.get(there, str(there))
        on = "on it" if there == 1 else f"on these {there}" if there else f"on one device ({kind})"
        tell(Note(level="warn", message=f"{wanted} graphics cards were asked for, and there is {said}: training goes on {on}."))
    return max(1, min(wanted or there, there))


def launched(run: Run, size: int, tell: Tell, control: Control) -> dict[str, Any]:
    """Train the run, or go on with it, in so many processes of torchrun: its summary. Raises as `recorded.train`."""
    with run.locked():  # one that is live is refused here
        pass
    secret = secrets.token_hex(16)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_LOOK)
        environment = {**os.environ, WHERE: str(server.getsockname()[1]), SECRET: secret}
        torchrun = subprocess.Popen(
            [*_TORCHRUN, f"--nproc-per-node={size}", "-m", "tlstudio", "resume", str(run.path)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            process_group=0 if sys.platform != "win32" else None,  # Ctrl+C is for this process, which passes it on as stop
        )
        try:
            line = _accepted(server, secret, torchrun, control)
            return _passed_on(line, torchrun, run, tell, control)
        finally:
            _ended(torchrun)


def _accepted(server: socket.socket, secret: str, torchrun: subprocess.Popen[bytes], control: Control) -> Line | None:
    """The way to rank 0 once it is there; None where it is not coming. Raises Cancelled."""
    while torchrun.poll() is None:
        control.check()
        try:
            connection, _ = server.accept()
        except TimeoutError:
            continue
        connection.settimeout(_PATIENCE)
        line = Line(connection)
        with contextlib.suppress(OSError):  # somebody else who connects and says nothing
            if next(line.heard(), None) == {"secret": secret}:
                connection.settimeout(None)
                return line
        line.close()
    return None


class _Words:
    """What has been passed on of a control."""

    def __init__(self, control: Control, line: Line) -> None:
        self._control, self._line = control, line
        self._stopped = self._paused = False

    def pass_on(self) -> None:
        """Raises Cancelled once that was passed on."""
        control = self._control
        if not control.paused:
            try:
                control.check()
            except Cancelled:
                self._line.say({"word": "cancel"})
                raise
        if control.stopping and not self._stopped:
            self._stopped = True
            self._line.say({"word": "stop"})
        if control.paused != self._paused:
            self._paused = not self._paused
            self._line.say({"word": "pause" if self._paused else "go_on"})
        if (factor := control.taken_factor()) is not None:
            self._line.say({"rate": factor})


def _passed_on(line: Line | None, torchrun: subprocess.Popen[bytes], run: Run, tell: Tell, control: Control) -> dict[str, Any]:
    if line is None:
        raise _nothing_heard(run)
    coming: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def listen() -> None:
        for said in line.heard():
            coming.put(said)
        coming.put(None)

    threading.Thread(target=listen, name="relay", daemon=True).start()
    words = _Words(control, line)
    try:
        while True:
            words.pass_on()
            try:
                said = coming.get(timeout=_LOOK)
            except queue.Empty:
                continue
            if said is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    torchrun.wait(_GRACE)
                raise _nothing_heard(run)
            if "event" in said:
                if (event := event_from_json(said["event"])) is not None:
                    tell(event)
            elif "error" in said:
                raise from_json(said["error"])
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    torchrun.wait(_GRACE)
                return dict(said["result"])
    finally:
        line.close()


def _nothing_heard(run: Run) -> StudioError:
    """What the run's own record says of its end, where rank 0 could not tell any more."""
    last = None
    for event in run.events():
        last = event
    if isinstance(last, RunFailed):
        return StudioError(last.what, last.why, last.do)
    return StudioError(
        "The processes that train together ended",
        "what they said last is in the log",
        "Resume the run: it goes on from the last checkpoint",
    )


def _ended(torchrun: subprocess.Popen[bytes]) -> None:
    """See torchrun out: it ends its ranks."""
    for force in (None, torchrun.terminate, torchrun.kill):
        if force is not None:
            force()
        with contextlib.suppress(subprocess.TimeoutExpired):
            torchrun.wait(_GRACE if force is not None else 1.0)
            return
