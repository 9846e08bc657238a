"""The surroundings of an engine, settled before it starts: environment, command line, priority, log file."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import tlstudio
from tlstudio import places
from tlstudio.training.rank_environment import of_rank

# glibc serves blocks above the first threshold with mmap and gives the top of the heap back above the second; each batch then
# pays again for the page faults of the one before. Raised, a step's blocks are used again by the next step.
# In pages of 2 MB, where Linux gives them to who asks (from glibc 2.35 on; before, nothing asks): 7 to 9 % less processor time for the
# steps and forward passes of EfficientNet-Lite0, as fewer addresses have to be looked up; the first step, which makes them, takes longer.
_GLIBC = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
_MALLOPT = {-3: 1 << 30, -1: 2**31 - 1}  # the same by number, M_MMAP_THRESHOLD and M_TRIM_THRESHOLD, for a process that has begun
_EVERYWHERE = {
    # Waiting OpenMP threads sleep: spinning ones took 2 to 16 times the training time on a busy two-core machine.
    "OMP_WAIT_POLICY": "PASSIVE",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONIOENCODING": "utf-8:backslashreplace",
}
KEPT_LOGS = 10


def for_child(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of an engine: `base` (default: ours) and what makes torch fast. What the user has set is kept."""
    base = os.environ if base is None else base
    out = {**_EVERYWHERE, **(_GLIBC if sys.platform == "linux" else {}), **base}
    root = Path(tlstudio.__file__).parents[1]
    if root.name not in ("site-packages", "dist-packages"):  # run from a checkout, perhaps not installed
        out["PYTHONPATH"] = os.pathsep.join(part for part in (out.get("PYTHONPATH"), str(root)) if part)
    return out


def settle() -> None:
    """The same for a rank of torchrun, a process that is there already; before torch is imported."""
    os.environ.update({**for_child(), **of_rank(os.environ)})
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
            libc = ctypes.CDLL(None)
            for option, value in _MALLOPT.items():
                libc.mallopt(option, value)


def command(jobs: str) -> list[str]:
    """What starts an engine that runs the jobs of that module. -P: the current folder's random.py must not hide Python's."""
    return [sys.executable, "-P", "-m", "tlstudio.engine.child", "--jobs", jobs]


def no_console() -> int:
    """Windows: no black window for a child of a program that has none. Elsewhere 0."""
    if sys.platform == "win32":
        return subprocess.CREATE_NO_WINDOW
    return 0


def be_modest() -> None:
    """Lower this process's priority, so that the window and the user's other programs go first."""
    with contextlib.suppress(OSError):  # a sandbox may forbid it; we are then only less polite
        if sys.platform == "win32":
            import psutil

            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(10)


def open_log(name: str) -> tuple[Path, IO[bytes]]:
    """A fresh log file `engine-NAME-N.log` in the place for logs, of which the newest are kept.

    Where none can be written (full disk, read-only home) the log goes nowhere, for work must go on.
    """
    folder = places.logs()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = sorted(
            (int(m[1]), path) for path in folder.iterdir() if (m := re.fullmatch(rf"engine-{re.escape(name)}-(\d+)\.log", path.name))
        )
        for _, old in there[: max(0, len(there) - KEPT_LOGS + 1)]:
            with contextlib.suppress(OSError):  # in use by another window (Windows)
                old.unlink()
        n = there[-1][0] + 1 if there else 1
        while True:
            path = folder / f"engine-{name}-{n}.log"
            try:
                return path, path.open("xb")
            except FileExistsError:  # another process took the number meanwhile
                n += 1
    except OSError:
        return Path(os.devnull), Path(os.devnull).open("wb")


def last_lines(log: Path, lines: int = 40) -> str:
    """The end of a log, "" if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 16_384))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
