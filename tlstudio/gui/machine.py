"""What this computer has, as far as it can be told without torch. May read files: ask in a thread."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path


def processor() -> str:
    """AMD Ryzen 5 5600U; the architecture where the system does not name it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return _short(line.partition(":")[2])
    except OSError:
        pass
    if platform.system() == "Darwin":
        said = _asked(["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"])
        if said:
            return _short(said)
    return _short(platform.processor() or platform.machine())


def _short(name: str) -> str:
    """Without trademarks, frequency and "with Radeon Graphics"."""
    for noise in ("(R)", "(TM)", "(tm)", " CPU", " Processor", "Genuine "):
        name = name.replace(noise, "")
    return " ".join(name.partition("@")[0].partition(" with ")[0].split())


def threads() -> int:
    """How many threads this process may run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> tuple[int, int]:
    """(free, all) bytes of memory."""
    import psutil  # 20 ms, and only asked for after the first paint

    said = psutil.virtual_memory()
    return said.available, said.total


def graphics() -> str:
    """The NVIDIA card, or Apple's own graphics, which torch can use; "" if none was found."""
    tool = shutil.which("nvidia-smi")
    if tool:
        return (_asked([tool, "--query-gpu=name", "--format=csv,noheader"]).splitlines() or [""])[0].strip()
    return "Apple graphics" if platform.system() == "Darwin" and platform.machine() == "arm64" else ""


def cards() -> int:
    """How many NVIDIA cards there are."""
    tool = shutil.which("nvidia-smi")
    return len([line for line in _asked([tool, "--list-gpus"]).splitlines() if line.startswith("GPU ")]) if tool else 0


def _asked(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
