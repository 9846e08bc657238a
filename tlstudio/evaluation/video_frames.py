"""Any frame of a video file by its number: known by the times that its packets tell, decoded from the nearest key frame before it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.control import Control, Tell, silent
from tlstudio.errors import InputError
from tlstudio.evaluation.video import Frame, Pixels, opened, upright
from tlstudio.events import Note, Progress
from tlstudio.recipe import MAX_PIXELS
from tlstudio.runs import absolute

CACHE_BYTES = 128_000_000  # of decoded frames: four of 4K
BEHIND = 8  # frames before the wanted one that are kept where it had to be sought backwards: more steps back will follow
_NEAR = 3  # frames that are decoded rather than sought past
IDLE = 60.0  # seconds after which a file that nobody asks for is closed
_TELL_EVERY = 2000  # packets


class VideoFrames:
    """An open video. Not for several threads at once. times: (N,) float64, seconds of each frame from the first, rising."""

    def __init__(self, path: Path, *, max_pixels: int = MAX_PIXELS, tell: Tell = silent, control: Control | None = None) -> None:
        """Reads all packets once, without decoding them. Raises InputError as `video.opened` and where there is no frame, Cancelled."""
        self.path = path
        self._max_pixels = max_pixels
        self._kept: OrderedDict[int, Pixels] = OrderedDict()
        self._stack = ExitStack()
        self._coming: Iterator[Any] = iter(())
        self._video: Any
        self._open()
        try:
            self.rate = float(self._video.rate)
            self._stamps = self._read_stamps(tell, control or Control())
            base = float(self._video.stream.time_base or 0)
            steps = np.arange(len(self._stamps)) / self.rate
            self.times: NDArray[np.float64] = (self._stamps - self._stamps[0]) * base if self._timed and base else steps
            self._open()
            first = self.frame(0).pixels
        except BaseException:
            self.close()
            raise
        self.height, self.width = first.shape[:2]

    def __len__(self) -> int:
        return len(self._stamps)

    @property
    def steady(self) -> bool:
        """Whether every frame stands as long as any other."""
        return len(self) < 3 or float(np.ptp(np.diff(self.times))) < 0.5 / self.rate

    def at(self, seconds: float) -> int:
        """The number of the frame that is shown at that time."""
        return int(np.clip(np.searchsorted(self.times, seconds + 1e-6, side="right") - 1, 0, len(self) - 1))

    def frame(self, i: int, control: Control | None = None) -> Frame:
        """The frame of that number, 0 to N - 1. Raises InputError where it cannot be decoded, Cancelled."""
        kept = self._kept.get(i)
        if kept is None:
            kept = self._decode(i, control or Control())
        self._kept.move_to_end(i)
        return Frame(i, float(self.times[i]), kept)

    def glance(self, i: int) -> Pixels:
        """The key frame before that one, which takes no decoding of those in between. Raises as `frame`."""
        if not (self._timed and self._video.seek(int(self._stamps[i]))):
            return self.frame(i).pixels
        self._coming = self._video.decoded()
        found = next((decoded for decoded in self._coming if decoded is not None), None)
        if found is None:
            return self.frame(i).pixels
        self._next = self._number(found) + 1
        return upright(found)

    def close(self) -> None:
        """Let the file go; nothing can be asked any more."""
        self._kept.clear()
        self._coming = iter(())
        self._stack.close()

    # inside

    def _open(self) -> None:
        self._stack.close()
        self._video = self._stack.enter_context(opened(self.path, max_pixels=self._max_pixels))
        self._coming, self._next = self._video.decoded(), 0

    def _read_stamps(self, tell: Tell, control: Control) -> NDArray[np.int64]:
        """(N,) the presentation time of each frame in the stream's units; where packets do not tell it, their numbers."""
        stamps, keys = list[int](), list[int]()
        size = max(1, self.path.stat().st_size)
        untimed = lost = 0
        for n, packet in enumerate(self._video.packets()):
            if n % _TELL_EVERY == 0:
                control.check()
                tell(Progress(phase="read", done=n, total=0, overall=min(0.99, (packet.pos or 0) / size) if packet is not None else None))
            if packet is None:
                lost += 1
            elif packet.size and not packet.is_discard:
                stamp = packet.pts if packet.pts is not None else packet.dts
                untimed += stamp is None
                stamps.append(0 if stamp is None else int(stamp))
                if packet.is_keyframe:
                    keys.append(stamps[-1])
        if not stamps:
            why = "what is in it cannot be read" if lost else "it ends before the first one"
            raise InputError(f"There is no frame in {self.path}", why, "Give another video")
        if lost:
            tell(Note(level="warn", message=f"{self.path.name} is damaged; what could be read of it is shown, {len(stamps):,} frames."))
        self._timed = not untimed
        rising = np.unique(np.array(stamps, np.int64)) if self._timed else np.arange(len(stamps), dtype=np.int64)
        self._keys = np.unique(np.searchsorted(rising, np.array(keys, np.int64))) if self._timed else np.zeros(0, np.int64)
        return rising

    def _decode(self, i: int, control: Control) -> Pixels:
        """Go on from where the last frame was if that is near, else from a key frame before; if that fails, from the beginning."""
        back = i < self._next
        for way in ("on", "sought", "beginning"):
            if way == "on" and (back or (self._timed and self._key_between(i))):
                continue
            if way == "sought" and not (self._timed and self._video.seek(int(self._stamps[i]))):
                continue
            if way == "sought":
                self._coming, self._next = self._video.decoded(), -1
            if way == "beginning":
                self._open()
            if self._pass_to(i, back, control):
                return self._kept[i]
        why = "what is there cannot be decoded"
        raise InputError(f"Frame {i + 1:,} of {self.path.name} is damaged", why, "Look at another frame")

    def _key_between(self, i: int) -> bool:
        """Whether a key frame lies nearer before that frame than where the last one was; a few frames are decoded in any case."""
        before = self._keys[: np.searchsorted(self._keys, i, side="right")]
        return i - self._next > _NEAR and len(before) > 0 and int(before[-1]) > self._next

    def _pass_to(self, i: int, back: bool, control: Control) -> bool:
        """Decode until that frame has come; False where what comes lies behind it, or nothing more comes."""
        while True:
            control.check()
            decoded = next(self._coming, _END)
            if decoded is _END:
                self._next = len(self)
                return False
            if decoded is None:
                continue
            at = self._number(decoded)
            self._next = at + 1
            if at == i or (back and i - BEHIND < at < i):
                self._keep(at, upright(decoded))
            if at >= i:
                return at == i

    def _number(self, decoded: Any) -> int:
        if not self._timed:
            return self._next
        stamp = decoded.pts if decoded.pts is not None else decoded.dts
        return int(np.searchsorted(self._stamps, stamp)) if stamp is not None else max(0, self._next)

    def _keep(self, i: int, pixels: Pixels) -> None:
        self._kept[i] = pixels
        self._kept.move_to_end(i)
        used = sum(one.nbytes for one in self._kept.values())
        while used > CACHE_BYTES and len(self._kept) > 1:
            used -= self._kept.popitem(last=False)[1].nbytes


_END = object()


class _Kept:
    """The video of the last question, which stays open: the next question is most likely about the frame after."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._of: object = None
        self._frames: VideoFrames | None = None
        self._timer: threading.Timer | None = None

    def get(self, source: str, tell: Tell, control: Control | None) -> VideoFrames:
        path = absolute(source)
        try:
            facts = path.stat()
            of: object = (path, facts.st_size, facts.st_mtime_ns)
        except OSError:
            of = path  # `opened` says what is wrong with it
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._frames is None or self._of != of:
                self.let_go()
                self._frames, self._of = VideoFrames(path, tell=tell, control=control), of
            self._timer = threading.Timer(IDLE, self.let_go)
            self._timer.daemon = True
            self._timer.start()
            return self._frames

    def let_go(self) -> None:
        with self._lock:
            if self._frames is not None:
                self._frames.close()
            self._frames = None


_kept = _Kept()


def frames_of(source: str, *, tell: Tell = silent, control: Control | None = None) -> VideoFrames:
    """That video, open; it stays so until another one is asked for, or none for a minute. Raises as `VideoFrames`."""
    return _kept.get(source, tell, control)
