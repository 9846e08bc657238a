"""The machine and the versions that a table was measured with."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import psutil

SHOWN = ("torch", "torchvision", "timm", "numpy", "pillow", "PySide6-Essentials", "pyqtgraph")


def machine() -> dict[str, str]:
    libc = " ".join(platform.libc_ver())
    return {
        "processor": _processor(),
        "cores": f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} usable of {os.cpu_count()}",
        "instructions": _instructions(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, {libc}, Python {platform.python_version()}",
    }


def versions() -> dict[str, str]:
    out = {}
    for name in SHOWN:
        try:
            out[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return out


def load() -> float:
    """Processes that want a core, mean of the last minute; 0 where the system does not say."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def commit() -> str:
    """Of the checkout, with a plus where files differ from it; "" outside of one."""
    top = Path(__file__).parents[3]
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"], cwd=top, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip()


def _processor() -> str:
    if sys.platform == "linux":
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(errors="replace"))
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def _instructions() -> str:
    if sys.platform != "linux":
        return platform.machine()
    flags = set(re.findall(r"[\w.]+", (re.search(r"flags\s*: (.+)", Path("/proc/cpuinfo").read_text(errors="replace")) or [""])[0]))
    return ", ".join(name for name in ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16") if name in flags) or platform.machine()
