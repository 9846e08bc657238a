"""A contestant's process as the bench sees it: what it says, how long it took, what memory it and its children had, why it failed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

_EVERY, _OWN_EVERY = 0.1, 1.5  # seconds between two looks at the memory: at peak sizes, at what a process has for itself
_KEPT_LINES = 12


def watched(command: Sequence[str], environment: Mapping[str, str], limit: float) -> dict[str, Any]:
    """Run it to its end, or to `limit` seconds, when it and its children are killed.

    What it said, with every `at` counted from the start of the process: {seconds, marks, epochs, figures, versions, memory,
    memory_summed, trouble}; epochs of a second run are in `again`. memory: bytes, see `_Memory`. trouble: "" or why it failed; what was
    said before stands.
    """
    out: dict[str, Any] = {"marks": {}, "epochs": [], "again": [], "figures": {}, "versions": {}, "trouble": ""}
    with tempfile.TemporaryFile("w+") as log:
        began = time.time()
        process = subprocess.Popen(
            command, env=dict(environment), stdout=subprocess.PIPE, stderr=log, text=True, errors="replace", start_new_session=True
        )
        reader = threading.Thread(target=_read, args=(process, out, began), daemon=True)
        reader.start()
        memory = _Memory(process.pid)
        late = False
        try:
            while process.poll() is None:
                memory.look()
                if time.time() - began > limit:
                    late = True
                    break
                time.sleep(_EVERY)
            seconds = time.time() - began
        finally:  # when the bench itself is stopped, too
            _end(process)
        reader.join(10)
        out |= {"seconds": seconds, "memory": memory.together, "memory_summed": memory.summed, "returncode": process.returncode}
        if late:
            out["trouble"] = f"cut off at its limit of {limit:.0f} s"
        elif process.returncode:
            log.seek(0)
            out["trouble"] = _reason(log.read().strip().splitlines(), process.returncode)
        elif "done" not in out["marks"]:
            out["trouble"] = "it ended without saying that it was done"
    return out


def _read(process: subprocess.Popen[str], out: dict[str, Any], began: float) -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            _take(line, out, began)


def _take(line: str, out: dict[str, Any], began: float) -> None:
    try:
        said = json.loads(line, parse_constant=lambda _: 0.0)  # a loss that ran away: no accuracy
    except ValueError:
        return
    if not isinstance(said, dict):
        return
    if "at" in said:
        said["at"] -= began
    again = "again" if "series" in out["marks"] else ""
    if "mark" in said:
        name = f"{said['mark']}_{again}" if again and said["mark"] != "series" else said["mark"]
        out["marks"][name] = said["at"]
    elif "epoch" in said:
        out[again or "epochs"].append(said)
    elif "figure" in said:
        out["figures"][f"{said['figure']}_{again}" if again else said["figure"]] = said["value"]
    elif "versions" in said:
        out["versions"] |= said["versions"]


class _Memory:
    """The most that a process and all below it have had, seen by looking now and then.

    together: bytes, the largest one's peak resident size (VmHWM, of which Linux keeps the record) and what each of the others had for
    itself alone: what a worker shares with its parent is there once. summed: their peak sizes simply added up.
    """

    def __init__(self, pid: int) -> None:
        self.together = self.summed = 0
        self._pid = pid
        self._own: dict[int, int] = {}
        self._next = 0.0

    def look(self) -> None:
        peaks = {}
        with contextlib.suppress(psutil.Error):
            parent = psutil.Process(self._pid)
            for one in (parent, *parent.children(recursive=True)):
                peaks[one.pid] = _peak(one)
        if not peaks:
            return
        largest = max(peaks, key=lambda pid: peaks[pid])
        if time.monotonic() >= self._next:  # the system walks through all pages for it: seldom, and not of the one that computes
            self._next = time.monotonic() + _OWN_EVERY
            for pid in peaks.keys() - {largest}:
                with contextlib.suppress(psutil.Error):
                    self._own[pid] = max(self._own.get(pid, 0), psutil.Process(pid).memory_full_info().uss)
        own = sum(self._own.get(pid, 0) for pid in peaks if pid != largest)
        self.together = max(self.together, peaks[largest] + own)
        self.summed = max(self.summed, sum(peaks.values()))


def _peak(process: psutil.Process) -> int:
    with contextlib.suppress(OSError):
        held = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
        if held:
            return 1024 * int(held[1])
    with contextlib.suppress(psutil.Error):  # no such record on this system: what it has now
        return int(process.memory_info().rss)
    return 0


def _end(process: subprocess.Popen[str]) -> None:
    """Nothing of it is left: neither the process nor a worker that outlived it."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _reason(lines: list[str], code: int) -> str:
    """The last line that looks like an error, else the last."""
    said = [line.strip() for line in lines[-_KEPT_LINES:] if line.strip()]
    errors = [line for line in said if re.match(r"[\w.]*(Error|Exception|Died|Interrupt)\b", line)]
    return (errors or said or [f"it ended with code {code}"])[-1][:300]
