"""torch and the devices it sees, asked in a child process: importing torch takes seconds and hundreds of megabytes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tlstudio.doctor.check import Check
from tlstudio.doctor.software import pip

_ASK = """
import json, platform, torch
found = [{"device": "cpu", "name": platform.processor() or platform.machine(), "threads": torch.get_num_threads()}]
if torch.cuda.is_available():
    for i in range(torch.cuda.device_count()):
        card = torch.cuda.get_device_properties(i)
        found.append({"device": f"cuda:{i}", "name": card.name, "memory": card.total_memory})
if torch.backends.mps.is_available():
    found.append({"device": "mps", "name": "Apple graphics"})
if hasattr(torch, "xpu") and torch.xpu.is_available():
    found += [{"device": f"xpu:{i}", "name": torch.xpu.get_device_name(i)} for i in range(torch.xpu.device_count())]
print("\\n" + json.dumps(found))
"""


def devices(timeout: float = 120.0) -> tuple[list[dict[str, Any]], Check]:
    """What torch can compute on, [{device, name, threads or memory (bytes)}], and whether torch works at all."""
    try:
        asked = subprocess.run(
            [sys.executable, "-P", "-c", _ASK], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired:
        return [], Check("torch", "bad", f"did not answer within {timeout:.0f} s", "Try again when the computer is less busy")
    except OSError as error:
        return [], Check("torch", "bad", f"Python could not be started: {error}")
    if asked.returncode != 0:
        said = asked.stderr.strip().splitlines()
        return [], Check(
            "torch", "bad", f"cannot be used: {said[-1] if said else f'exit code {asked.returncode}'}", pip("--force-reinstall", "torch")
        )
    found: list[dict[str, Any]] = json.loads(asked.stdout.strip().splitlines()[-1])
    cards = [device["name"] for device in found[1:]]
    return found, Check(
        "torch", "ok", f"computes on {', '.join(cards)}" if cards else "computes on the processor; no graphics card that it can use"
    )
