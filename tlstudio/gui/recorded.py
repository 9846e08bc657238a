"""The run that comes with the program, so that there is something to show before anything was trained."""

from __future__ import annotations

from tlstudio import places

RECORDED = "recorded"
"""Folder of the resources; `packaging/record_demo.py` makes it."""


def recorded_run() -> str | None:
    """Its folder, or None in a copy of the program without it."""
    folder = places.resources() / RECORDED
    return str(folder) if (folder / "events.jsonl").is_file() else None
