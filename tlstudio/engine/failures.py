"""Sentences for what goes wrong around a job: an exception that nobody foresaw, an engine that is gone."""

from __future__ import annotations

import errno
import signal
import traceback

from tlstudio.errors import EngineDied, StudioError

_SMALLER = "Choose a smaller batch size or image size, or close other programs"
_AGAIN = "Try again; if it happens again, report it with the log"


def explain(error: BaseException, job: str) -> StudioError:
    """The error for the user that an exception in a job becomes; the traceback goes into its details."""
    if isinstance(error, StudioError):
        return error
    details = "".join(traceback.format_exception(error))
    if isinstance(error, MemoryError) or "DefaultCPUAllocator" in str(error):
        return StudioError("The computer ran out of memory", "", _SMALLER, details=details)
    if any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__):  # torch's, known without importing torch
        return StudioError(
            "The graphics card ran out of memory", "", f"{_SMALLER}, or train on the processor (device cpu)", details=details
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f": {error.filename} could not be written" if error.filename else ""
        return StudioError(f"The disk is full{where}", "", "Make room, then try again", details=details)
    said = str(error).strip().splitlines()
    why = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
    return StudioError(f"'{job}' failed in a way that was not foreseen", why, _AGAIN, details=details)


# What ended it -> (what happened, likely cause, what to do)
_SIGNALS: dict[str, tuple[str, str, str]] = {
    "SIGKILL": ("was killed", "Probably by the system, for lack of memory", _SMALLER),
    "SIGSEGV": ("crashed (segmentation fault)", "A fault in a compiled library or a driver", _AGAIN),
    "SIGBUS": ("crashed (bus error)", "A full disk or a file that shrank while it was read", "Make room on the disk, then try again"),
    "SIGABRT": (
        "gave up (abort)",
        "A compiled library met something it cannot go on with, often a lack of memory",
        f"{_SMALLER}, then try again",
    ),
    "SIGILL": ("crashed (illegal instruction)", "This processor may be too old for the installed torch", "Install an older torch"),
    "SIGFPE": ("crashed (arithmetic fault)", "A fault in a compiled library", _AGAIN),
    "SIGTERM": ("was ended from outside", "", "Try again"),
}
_WINDOWS = {0xC0000005: "SIGSEGV", 0xC0000409: "SIGABRT", 0xC0000017: "SIGKILL", 0xC000001D: "SIGILL", 3: "SIGABRT"}


def died(returncode: int, log: str, *, windows: bool = False) -> EngineDied:
    """The error for an engine that ended without being asked to. returncode as subprocess gives it: -N for signal N.
    log: the end of what it printed."""
    name = ""
    if returncode < 0:
        try:
            name = signal.Signals(-returncode).name
        except ValueError:
            name = f"signal {-returncode}"
    elif returncode == 128 + 15:
        name = "SIGTERM"
    elif windows:
        name = _WINDOWS.get(returncode, "")
    if name in _SIGNALS:
        what, why, do = _SIGNALS[name]
        if name == "SIGABRT" and "bad_alloc" in log:
            why = "It ran out of memory"
        return EngineDied(f"The engine that does the computing {what}", why, do, details=log)
    how = name or f"exit code {returncode}"
    return EngineDied(f"The engine that does the computing ended unexpectedly ({how})", _last_exception(log), _AGAIN, details=log)


def _last_exception(log: str) -> str:
    """The line that names the exception of a traceback at the end of a log, "" if it does not end in one."""
    last = log.rstrip().splitlines()[-1:]
    return last[0] if last and "Traceback (most recent call last)" in log else ""
