"""Frames of video files and cameras, one at a time. With PyAV, which is an extra: `av`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.control import Control, Tell, silent
from tlstudio.errors import InputError, StudioError
from tlstudio.events import Note
from tlstudio.recipe import MAX_PIXELS
from tlstudio.runs import absolute

SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv", ".ogv", ".3gp", ".flv"})
CAMERA = "camera:"
_RATE = Fraction(25)  # frames a second where a file does not say it
_MOST_RATE = 240
_TROUBLES = 100  # packets that cannot be decoded, one after the other, from which on the rest is given up

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """index: its number in the video, from 0. seconds: when it is shown, from the first. pixels: (H, W, 3) uint8 RGB, upright."""

    index: int
    seconds: float
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Every:
    """Which frames are taken: each n-th, or where seconds is above 0 the first one after each so many seconds."""

    n: int = 1
    seconds: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Every:
        """ "10" is each tenth frame, "0.5s" one in half a second; "" is all. Raises InputError."""
        word = text.strip().casefold()
        try:
            every = cls(seconds=float(word[:-1])) if word.endswith("s") else cls(n=int(word or 1))
        except ValueError:
            every = cls(n=0)
        if every.n < 1 or not 0 <= every.seconds < float("inf") or (word.endswith("s") and not every.seconds):
            raise InputError(f"'{text}' does not tell which frames to take", "", "Give 10 for each tenth frame, or 0.5s for two a second")
        return every


class Chosen:
    """Tells frame by frame whether it is taken."""

    def __init__(self, every: Every) -> None:
        self._every, self._next = every, 0.0

    def takes(self, index: int, seconds: float) -> bool:
        if not self._every.seconds:
            return index % self._every.n == 0
        if seconds < self._next - 1e-6:
            return False
        while self._next <= seconds + 1e-6:
            self._next += self._every.seconds
        return True


class Video:
    """An open video file, or a camera. rate: frames a second. expected: how many frames it most likely has, 0 where nobody knows."""

    def __init__(self, container: Any, stream: Any, name: str, *, live: bool = False) -> None:
        self._container, self.stream, self._name, self._live = container, stream, name, live
        rate = stream.average_rate or stream.guessed_rate or _RATE
        self.rate = Fraction(rate) if 0 < rate <= _MOST_RATE else _RATE
        self.expected = 0 if live else int(stream.frames) or round(_duration(container, stream) * float(self.rate))

    def frames(self, every: Every | None = None, *, tell: Tell = silent, control: Control | None = None) -> Iterator[Frame]:
        """Those frames, each decoded when it is asked for. Raises InputError where there is none, Cancelled.

        What cannot be decoded is passed over and told in a Note.
        """
        chosen = Chosen(every or Every())
        index, first, lost = 0, None, 0
        for decoded in self.decoded():
            if control is not None:
                control.check()
            if decoded is None:
                lost += 1
                continue
            seconds = decoded.time if decoded.time is not None else index / float(self.rate)
            first = seconds if first is None else first
            if chosen.takes(index, seconds - first):
                yield Frame(index, seconds - first, upright(decoded))
            index += 1
        if not index:
            why = "what is in it cannot be decoded" if lost else "it ends before the first one"
            raise InputError(f"There is no frame in {self._name}", why, "Give another video")
        if lost:
            tell(Note(level="warn", message=f"{self._name} is damaged; what could be read of it is taken, {index:,} frames."))

    def packets(self) -> Iterator[Any]:
        """Packet by packet, from where it stands; None for a part that cannot be read, after which a file is at its end."""
        import av

        packets = self._container.demux(self.stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, ValueError):
                yield None
                return
            if packet is None:
                return
            yield packet

    def seek(self, stamp: int) -> bool:
        """Stand before the last key frame up to that time, in the stream's units; False where the file cannot be sought in."""
        import av

        try:
            self._container.seek(stamp, stream=self.stream, backward=True)
        except (av.FFmpegError, ValueError):
            return False
        return True

    def decoded(self) -> Iterator[Any]:
        """PyAV's frames, from where it stands; None for a part that cannot be decoded."""
        import av

        packets = self._container.demux(self.stream)
        troubles = 0
        while troubles < _TROUBLES:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                yield from packet.decode()
                troubles = 0
            except av.BlockingIOError:  # a camera without a new frame
                continue
            except (av.FFmpegError, ValueError) as error:
                if self._live:
                    raise StudioError(f"There are no more frames from {self._name}", str(error), "Check that it is connected") from None
                yield None
                if isinstance(error, av.EOFError):
                    return
                troubles += 1


@contextmanager
def opened(path: str | Path, *, max_pixels: int = MAX_PIXELS) -> Iterator[Video]:
    """A video file, or a camera by its number ("camera:0") or on Windows by its name.

    Raises InputError for what is no video, holds no pictures, or such of more than max_pixels; StudioError where PyAV is not installed.
    """
    av = installed()
    live = isinstance(path, str) and path.startswith(CAMERA)
    name = str(path) if live else str(absolute(path))
    try:
        container = av.open(**_device(str(path))) if live else av.open(str(_file(absolute(path))))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _not_opened(name, live, error) from None
    with container:
        streams = [one for one in container.streams.video if not one.disposition & av.stream.Disposition.attached_pic]
        if not streams:
            why = "there is only sound in it" if container.streams.audio else "there are no pictures in it"
            raise InputError(f"{name} is no video", why, "Give another file")
        stream = streams[0]
        if stream.codec_context is None:
            raise _not_opened(name, live, ValueError())
        if stream.width * stream.height > max_pixels:
            what = f"The frames of {name} have {stream.width} x {stream.height} pixels"
            raise InputError(what, f"more than data.max_pixels, {max_pixels:,}", "Make it smaller, or raise data.max_pixels")
        stream.thread_type = "AUTO"
        yield Video(container, stream, name, live=live)


def frames(
    path: str | Path,
    every: Every | None = None,
    *,
    max_pixels: int = MAX_PIXELS,
    tell: Tell = silent,
    control: Control | None = None,
) -> Iterator[Frame]:
    """The frames of a video file, or of a camera until the iterator is closed or cancelled; see `opened` and `Video.frames`."""
    with opened(path, max_pixels=max_pixels) as video:
        yield from video.frames(every, tell=tell, control=control)


def installed() -> Any:
    """PyAV. Raises StudioError where it is not there."""
    try:
        import av
    except ImportError as error:
        from tlstudio.doctor.software import pip

        do = f"Install it: {pip('av')}"
        raise StudioError("Videos need the Python package 'av'", "it is not installed, or does not fit this computer", do) from error
    return av


def _file(path: Path) -> Path:
    if not path.exists():
        raise InputError(f"There is no file {path}", "", "Check the path")
    if not path.is_file():
        raise InputError(f"{path} is not a file", "", "Give a video file")
    if not path.stat().st_size:
        raise InputError(f"{path} is empty", "it has 0 bytes", "Fetch it again")
    return path


def _device(name: str) -> dict[str, Any]:
    """How PyAV opens a camera on this system."""
    which = name.removeprefix(CAMERA) or "0"
    if sys.platform == "darwin":
        return {"file": which, "format": "avfoundation", "options": {"framerate": "30"}}
    if sys.platform == "win32":
        return {"file": f"video={which}", "format": "dshow"}
    return {"file": f"/dev/video{which}" if which.isdigit() else which, "format": "v4l2"}


def _duration(container: Any, stream: Any) -> float:
    """Seconds; 0 where nothing says it."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration else 0.0


def upright(decoded: Any) -> Pixels:
    """(H, W, 3) uint8 RGB, turned as the file says that it was taken."""
    pixels: Pixels = decoded.to_ndarray(format="rgb24")
    turns = round(getattr(decoded, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


def _not_opened(name: str, live: bool, error: Exception) -> InputError:
    said = getattr(error, "strerror", None) or str(error)
    if live:
        return InputError(f"The camera {name} cannot be opened", said, "Check that it is connected, and used by no other program")
    if isinstance(error, PermissionError):
        return InputError(f"{name} cannot be read", said, "Check its permissions")
    why = "it is damaged, cut short, or no video that FFmpeg knows"
    return InputError(f"{name} cannot be read as a video", why, "Fetch it again, or convert it to MP4")
