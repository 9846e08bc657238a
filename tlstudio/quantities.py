"""Times and sizes in plain words, for sentences that the engine and the command line say. The window has its own, which it translates."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Rounded as people say it: "42 s", "7 min", "2.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size(nbytes: float) -> str:
    """In powers of a thousand: "812 bytes", "2.0 MB", "1.4 GB"."""
    for unit in ("bytes", "KB", "MB"):
        if nbytes < 1000:
            return f"{nbytes:.0f} {unit}" if unit == "bytes" else f"{nbytes:.1f} {unit}"
        nbytes /= 1000
    return f"{nbytes:.1f} GB"
