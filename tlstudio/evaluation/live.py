"""Cameras: which there are, and the newest picture of one. Nothing of it is kept."""

from __future__ import annotations

import importlib.util
import math
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tlstudio.control import Control
from tlstudio.errors import StudioError
from tlstudio.evaluation.video import CAMERA, Frame, frames, installed

FIRST, NEXT = 15.0, 5.0  # seconds to wait for the first picture (the system may ask for permission), and for each one after it
IDLE = 4.0  # seconds after which a camera is let go of which the window asks for no picture
_WAIT = 0.05
_DEVICES, _SYSTEM = Path("/dev"), Path("/sys/class/video4linux")


def cameras() -> list[tuple[str, str]]:
    """(source, name) of each camera, such as ("camera:0", "Integrated Camera"); none where PyAV is not installed. Opens none of them."""
    if importlib.util.find_spec("av") is None:
        return []
    system = str(sys.platform)  # a plain string, lest the type checker leaves out what is for other systems
    if system.startswith("linux"):
        return _linux_cameras()
    try:
        found = installed().enumerate_input_devices("dshow" if system == "win32" else "avfoundation")
    except Exception:  # FFmpeg's list may fail in as many ways as there are drivers; then there is none to offer
        return []
    wanted = [one for one in found if "video" in one.media_types and "screen" not in one.description.lower()]
    by_name = system == "win32"
    return [(CAMERA + (one.description if by_name else one.name), one.description) for one in wanted]


def _linux_cameras() -> list[tuple[str, str]]:
    """A camera has several devices; its first one (index 0) gives pictures, the others tell about them."""
    out = []
    for device in sorted(_DEVICES.glob("video*"), key=lambda path: (len(path.name), path.name)):
        number = device.name.removeprefix("video")
        about = _SYSTEM / device.name
        if number.isdecimal() and _line(about / "index", "0") == "0":
            out.append((CAMERA + number, _line(about / "name", f"{CAMERA}{number}")))
    return out


def _line(path: Path, otherwise: str) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or otherwise
    except OSError:
        return otherwise


class Live:
    """An open camera. Its pictures come in a thread of their own and only the newest is held, so that nobody sees the past."""

    def __init__(self, source: str, *, idle: float = math.inf) -> None:
        """idle: seconds without a question after which the camera is let go."""
        self.source, self._idle = source, idle
        self._new = threading.Condition()
        self._newest: Frame | None = None
        self._given = -1
        self._error: StudioError | None = None
        self._ended = self._over = False
        self._asked = time.monotonic()
        self._thread = threading.Thread(target=self._read, name=source, daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether the camera was let go."""
        return not self._thread.is_alive()

    def newest(self, control: Control | None = None) -> Frame:
        """The newest picture that was not given yet; waits for one. Raises StudioError where none comes, Cancelled."""
        control = control or Control()
        until = time.monotonic() + (FIRST if self._given < 0 else NEXT)
        with self._new:
            while True:
                self._asked = time.monotonic()
                if self._newest is not None and self._newest.index > self._given:
                    self._given = self._newest.index
                    return self._newest
                if self._error is not None:
                    raise self._error
                if self._over or self._ended or time.monotonic() > until:
                    why = "it gives no pictures" if not self._ended else "it was stopped"
                    raise StudioError(f"Nothing comes from {self.source}", why, "Check that it is connected, and used by no other program")
                self._new.wait(_WAIT)
                control.check()

    def close(self) -> None:
        """Let the camera go; returns when it is free, or after a while where it hangs."""
        self._ended = True
        self._thread.join(3.0)

    def _read(self) -> None:
        try:
            coming = frames(self.source)
            try:
                for frame in coming:
                    with self._new:
                        self._newest = frame
                        self._new.notify_all()
                        idle = time.monotonic() - self._asked > self._idle
                    if self._ended or idle:
                        break
            finally:
                coming.close()  # type: ignore[attr-defined]
        except StudioError as error:
            self._error = error
        finally:
            self._over = True


@contextmanager
def live(source: str) -> Iterator[Live]:
    """A camera for as long as the block lasts."""
    camera = Live(source)
    try:
        yield camera
    finally:
        camera.close()


_lock = threading.Lock()
_kept: list[Live] = []


def live_of(source: str) -> Live:
    """That camera, open between two questions; it is let go by `let_go`, or when nobody asks for some seconds."""
    with _lock:
        if _kept and (_kept[0].over or _kept[0].source != source):
            _kept.pop().close()
        if not _kept:
            _kept.append(Live(source, idle=IDLE))
        return _kept[0]


def let_go() -> None:
    """Close the camera that is open between two questions, if there is one."""
    with _lock:
        while _kept:
            _kept.pop().close()
