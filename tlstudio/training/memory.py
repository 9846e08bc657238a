"""The most memory that a stretch of work took: of this process, or of the graphics card."""

from __future__ import annotations

import contextlib
import ctypes
import re
import sys
import threading
import weakref
from pathlib import Path

import psutil
import torch

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_EVERY = 0.01  # seconds between two looks where the system keeps no record


class PeakMemory:
    """Begins to watch when it is made; `bytes()` is the most that was in use since. Close it, or use it as a context.

    On the CPU that is the resident memory of the whole process, Python and torch included. Linux keeps the record itself; elsewhere a
    thread looks a hundred times a second. On CUDA it is what torch reserved of the card.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.afresh()
        if device.type != "cuda" and not self._recorded:
            self._thread = threading.Thread(target=_watch, args=(weakref.ref(self), self._stop), name="memory", daemon=True)
            self._thread.start()

    def afresh(self) -> None:
        """Forget what was in use until now."""
        self._seen = 0
        if self._device.type == "cuda":
            torch.cuda.empty_cache()  # what it still holds of earlier work would count as this work's
            torch.cuda.reset_peak_memory_stats(self._device)
            return
        _give_back()
        self._recorded = _reset_record()

    def bytes(self) -> int:
        if self._device.type == "cuda":
            return torch.cuda.max_memory_reserved(self._device)
        if self._recorded:
            found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
            if found:
                return int(found[1]) * 1024
        self.look()
        return self._seen

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> PeakMemory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def look(self) -> None:
        """Take note of what is in use at this moment."""
        self._seen = max(self._seen, int(psutil.Process().memory_info().rss))


def _watch(peak: weakref.ref[PeakMemory], stop: threading.Event) -> None:
    """Until it is closed or nobody has it any more: a run may break off before it closes anything."""
    while not stop.wait(_EVERY) and (watched := peak()) is not None:
        watched.look()
        del watched


def _reset_record() -> bool:
    """Have Linux begin its record of this process's largest resident memory anew; whether it did."""
    try:
        _CLEAR.write_text("5")
    except OSError:
        return False
    return True


def _give_back() -> None:
    """Free memory that glibc still holds from earlier work would count as this work's."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # musl has no such function
            ctypes.CDLL(None).malloc_trim(0)
