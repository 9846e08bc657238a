"""Plays the frames of a video or camera: asks for the frames that will be due when they come, and leaves out those that would be late."""

from __future__ import annotations

import time
from collections import deque

from PySide6.QtCore import QObject, QTimer, Signal

from tlstudio.errors import StudioError
from tlstudio.gui.overlay.picture import Picture
from tlstudio.gui.overlay.reel import Errand, Reel, Said

AHEAD = 2  # frames asked for at a time: one is made while the other travels
_SPAN = 2.0  # seconds over which the frames a second are counted
_EASE = 0.3  # weight of the newest time that a frame took
_ENOUGH = 0.93  # share of a video's frames a second from which on nobody misses one
_LOST = 25  # frames one after the other that cannot be decoded, from which on it stops


class Player(QObject):
    """`shown` brings each frame when it is due; `changed` tells that it plays, or no more; `failed` why it stopped by itself."""

    shown = Signal(int, object)
    changed = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reel: Reel | None = None
        self.playing = False
        self.place = 0
        self.dropped = 0
        """Frames left out since it plays."""
        self._coming: list[Errand] = []
        self._ready: deque[tuple[int, Picture]] = deque()
        self._asked = self._lost = 0
        self._last: int | None = None  # the frame that is shown, since it plays
        self._takes = 0.0  # seconds from asking to having
        self._began: float | None = None  # when the frame at second 0 was, or would have been, shown; None until the first one is
        self._times: deque[float] = deque()
        self._due = QTimer(self, singleShot=True)
        self._due.timeout.connect(self._show_due)

    @property
    def fps(self) -> float:
        """Frames shown a second, lately."""
        now = time.perf_counter()
        while len(self._times) > 2 and now - self._times[0] > _SPAN:  # of a model that takes longer the last two tell
            self._times.popleft()
        if len(self._times) < 2 or not self.playing:
            return 0.0
        return (len(self._times) - 1) / max(1e-3, self._times[-1] - self._times[0])

    @property
    def late(self) -> str:
        """What frames are left out for while it plays: "model" or "video", whose decoding takes longer; "" where none are."""
        reel, fps = self._reel, self.fps
        if reel is None or reel.live or not fps or fps >= _ENOUGH * reel.rate:
            return ""
        return "model" if reel.predicting > reel.decoding else "video"

    @property
    def waiting(self) -> bool:
        """Whether the first frame is still on its way: a model may have to be loaded."""
        return self.playing and self._began is None

    def show_reel(self, reel: Reel | None) -> None:
        """Play another one; what played is stopped."""
        self.pause()
        self._reel = reel
        self.place = 0

    def play(self, place: int = 0) -> None:
        """From that frame on; from the first where that is the last."""
        if self.playing or self._reel is None:
            return
        self.playing = True
        self.place = self._asked = 0 if place >= len(self._reel) - 1 else place
        self._began, self._last, self.dropped, self._lost = None, None, 0, 0
        self._takes = 0.0
        self._times.clear()
        self.changed.emit()
        self._ask()

    def pause(self) -> None:
        """Stop, and let a camera go."""
        if not self.playing:
            return
        self.playing = False
        for errand in self._coming:
            errand.forget()
        self._coming.clear()
        self._ready.clear()
        self._due.stop()
        if self._reel is not None:
            self._reel.let_go()
        self.changed.emit()

    # inside

    def _ask(self) -> None:
        reel = self._reel
        while self.playing and reel is not None and len(self._coming) + len(self._ready) < AHEAD:
            place = self._asked
            if not reel.live:
                if self._began is not None:
                    due = reel.at(time.perf_counter() - self._began + self._takes)
                    self.dropped += max(0, min(due, len(reel)) - place)
                    place = max(place, due)
                if place >= len(reel):
                    break
            self._asked = place + 1
            self._bring(reel, place)

    def _bring(self, reel: Reel, place: int) -> None:
        began = time.perf_counter()

        def came(said: Said) -> None:
            self._coming.remove(errand)
            self._came(said, time.perf_counter() - began)

        first = self._began is None and not self._coming
        errand = reel.bring(place, came, alone=reel.live and first)  # at once: a model may take seconds to load
        self._coming.append(errand)

    def _came(self, said: Said, took: float) -> None:
        place, picture = said
        if isinstance(picture, StudioError):
            self._lost += 1
            if self._reel is None or self._reel.live or self._lost > _LOST:
                self.pause()
                self.failed.emit(picture)
                return
        else:
            self._lost = 0
            if self._began is not None:  # the first one waited for the model
                self._takes = took if not self._takes else (1 - _EASE) * self._takes + _EASE * took
            self._put(place, picture)
        self._show_due()
        self._ask()
        if not self._coming and not self._ready:
            self.pause()  # it was the last

    def _put(self, place: int, picture: Picture) -> None:
        """Files are read in threads: what is overtaken is put in its place, or left out where that is past."""
        if self._last is not None and place <= self._last:
            self.dropped += 1
            return
        after = next((i for i, (other, _) in enumerate(self._ready) if other > place), len(self._ready))
        self._ready.insert(after, (place, picture))

    def _show_due(self) -> None:
        reel = self._reel
        if not self.playing or reel is None or not self._ready:
            return
        now = time.perf_counter()
        if self._began is None:
            self._began = now - (0.0 if reel.live else float(reel.times[self._ready[0][0]]))
        while len(self._ready) > 1 and (reel.live or self._began + float(reel.times[self._ready[1][0]]) <= now):
            self._ready.popleft()  # the next is due, too
            self.dropped += 1
        wait = 0.0 if reel.live else self._began + float(reel.times[self._ready[0][0]]) - now
        if wait > 0.001:
            self._due.start(max(1, round(1000 * wait)))
            return
        self.place, picture = self._ready.popleft()
        self._last = self.place
        self._times.append(now)
        self.shown.emit(self.place, picture)
        self._ask()
        if self._ready:
            self._show_due()
        elif not self._coming:
            self.pause()
