"""A video written frame by frame, with PyAV."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from tlstudio.errors import StudioError
from tlstudio.evaluation.video import Pixels, installed
from tlstudio.runs import cannot_write

_CODECS = ("libx264", "mpeg4")


class Writer:
    """A video of frames that are given one by one, H.264 in MP4 where PyAV has it. It is at its place when `written` ends well."""

    def __init__(self, container: Any, rate: Fraction, path: Path) -> None:
        self._container, self._rate, self._path = container, rate, path
        self._stream: Any = None
        self._last = -1

    def add(self, pixels: Pixels, seconds: float) -> None:
        """pixels: (H, W, 3) uint8 RGB; resized where the first had another size. Raises StudioError where it cannot be written."""
        import av

        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        try:
            if self._stream is None:
                self._stream = self._add_stream(frame.width, frame.height)
            self._last = max(self._last + 1, round(seconds * self._rate))
            frame = frame.reformat(self._stream.width, self._stream.height, self._stream.pix_fmt)
            frame.pts, frame.time_base = self._last, 1 / self._rate
            self._container.mux(self._stream.encode(frame))
        except (av.FFmpegError, OSError) as error:
            raise _not_written(self._path, error) from None

    def _add_stream(self, width: int, height: int) -> Any:
        import av

        codec = next(name for name in _CODECS if name in av.codecs_available)
        stream = self._container.add_stream(codec, rate=self._rate)
        stream.width, stream.height = width, height
        odd = width % 2 or height % 2  # H.264 halves colours, which odd sizes cannot be
        stream.pix_fmt = "yuv444p" if odd and codec == "libx264" else "yuv420p"
        return stream

    def end(self) -> None:
        """Write what the encoder still holds. Raises StudioError."""
        import av

        try:
            if self._stream is not None:
                self._container.mux(self._stream.encode(None))
            self._container.close()
        except (av.FFmpegError, OSError) as error:
            raise _not_written(self._path, error) from None


@contextmanager
def written(path: Path, rate: Fraction) -> Iterator[Writer]:
    """A writer of a video file, which takes the place of an older one when all is written; in failure nothing is left."""
    av = installed()
    temporary = path.with_name(f".{uuid.uuid4().hex[:8]}.mp4")
    try:
        container = av.open(str(temporary), "w", options={"movflags": "+faststart"})
    except (av.FFmpegError, OSError) as error:
        raise _not_written(path, error) from None
    try:
        writer = Writer(container, rate, path)
        yield writer
        writer.end()
        try:
            temporary.replace(path)
        except OSError as error:
            raise cannot_write(path, error) from None
    except BaseException:
        with suppress(Exception):
            container.close()
        temporary.unlink(missing_ok=True)
        raise


def _not_written(path: Path, error: Exception) -> StudioError:
    if isinstance(error, OSError):
        return cannot_write(path, error)
    return StudioError(f"The video {path} cannot be written", str(error), "Choose another folder, or leave the video out")
