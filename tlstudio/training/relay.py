"""Between a process that started torchrun and rank 0: events and the result one way, stop, pause, rates and cancel the other.

JSON lines over a connection on this machine, whose port and secret rank 0 finds in its environment.
There: {"event"}, {"result"} or {"error"}, one of which is the last. Back: {"word": stop, pause, go_on or cancel}, {"rate": factor}.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tlstudio import events
from tlstudio.control import Control, Tell
from tlstudio.errors import InputError, StudioError

WHERE, SECRET = "TLSTUDIO_RELAY", "TLSTUDIO_RELAY_SECRET"


class Line:
    """One end of the connection: whole lines, from any thread."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._lines = connection, connection.makefile("rb")
        self._lock = threading.Lock()

    def say(self, said: dict[str, Any]) -> None:
        """What is not heard any more is let go: the reading end notices."""
        line = events.dumps(said) + "\n"
        with self._lock, contextlib.suppress(OSError):
            self._connection.sendall(line.encode())

    def heard(self) -> Iterator[Any]:
        """What the other end says, until it is gone."""
        with contextlib.suppress(OSError, ValueError):  # gone, or closed here
            for line in self._lines:
                if line.endswith(b"\n"):
                    yield json.loads(line)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()


def relayed(work: Callable[[Tell, Control], Any], tell: Tell, control: Control) -> Any:
    """work(tell, control), whose events, result and error go to the process that started torchrun, if one did that wants them."""
    with connected(control) as line:
        if line is None:
            return work(tell, control)
        try:
            result = work(lambda event: line.say({"event": event.to_json()}), control)
        except StudioError as error:
            line.say({"error": error.to_json()})
            raise
        line.say({"result": result})
        return result


@contextmanager
def connected(control: Control) -> Iterator[Line | None]:
    """The way to that process, whose words go to the control; None where nobody waits. That it is gone cancels."""
    if WHERE not in os.environ:
        yield None
        return
    try:
        connection = socket.create_connection(("127.0.0.1", int(os.environ[WHERE])), 30.0)
    except OSError as error:
        raise StudioError("The program that started this training is gone", str(error), "Resume the run") from None
    connection.settimeout(None)
    line = Line(connection)
    line.say({"secret": os.environ.get(SECRET, "")})

    def listen() -> None:
        for said in line.heard():
            if "rate" in said:
                with contextlib.suppress(InputError):
                    control.scale_rates(said["rate"])
            else:
                getattr(control, said["word"])()
        control.cancel()

    threading.Thread(target=listen, name="relay", daemon=True).start()
    try:
        yield line
    finally:
        line.close()
