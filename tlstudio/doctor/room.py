"""Memory, disk, and whether the program may write where it writes; the weights that were downloaded."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psutil

from tlstudio import places
from tlstudio.doctor.check import Check

_GB = 1 << 30
_ELSEWHERE = "Set TLSTUDIO_HOME to a folder with room, then start again"


def checks() -> list[Check]:
    return [_memory(), _disk(), _writable(), _weights()]


def _memory() -> Check:
    memory = psutil.virtual_memory()
    message = f"{memory.available / _GB:.1f} of {memory.total / _GB:.1f} GB free"
    if memory.available < 2 * _GB:
        return Check("memory", "warn", message, "Close other programs, or train with a smaller batch size")
    return Check("memory", "ok", message)


def _disk() -> Check:
    folder = _existing(places.runs())
    free = shutil.disk_usage(folder).free
    message = f"{free / _GB:.1f} GB free at {folder}"
    if free < 2 * _GB:
        return Check("disk", "bad" if free < _GB // 5 else "warn", message, _ELSEWHERE)
    return Check("disk", "ok", message)


def _writable() -> Check:
    refused = []
    for place in (places.runs(), places.samples(), places.cache(), places.logs(), places.trash(), places.settings().parent):
        # A file in the way counts. Path.exists would raise for what lies in a folder that may not be entered.
        folder = next(path for path in (place, *place.parents) if os.path.exists(path))  # noqa: PTH110
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError:
            refused.append(str(folder))
    if refused:
        return Check(
            "places",
            "bad",
            f"cannot write to {', '.join(sorted(set(refused)))}",
            "Set TLSTUDIO_HOME to a folder of yours, then start again",
        )
    return Check("places", "ok", "everything the program writes can be written")


def _weights() -> Check:
    folder = places.torch_weights()
    try:
        files = [path for path in folder.iterdir() if path.suffix in (".pth", ".pt", ".safetensors")]
        held = sum(path.stat().st_size for path in files)
    except OSError:
        files, held = [], 0
    if not files:
        return Check("downloaded weights", "ok", f"none yet; they will lie in {folder}")
    return Check("downloaded weights", "ok", f"{len(files)} {'model' if len(files) == 1 else 'models'}, {held / 1e6:.0f} MB, in {folder}")


def _existing(path: Path) -> Path:
    """The nearest folder that is there."""
    return path if os.path.isdir(path) or path.parent == path else _existing(path.parent)  # noqa: PTH112 - see _writable
