"""What a run says of what a camera sees, as it sees it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tlstudio.control import Control, Tell, silent
from tlstudio.errors import InputError
from tlstudio.evaluation.live import live
from tlstudio.evaluation.trained import Trained
from tlstudio.evaluation.video import CAMERA
from tlstudio.evaluation.video_predict import Job, folder_of
from tlstudio.events import Note, Progress

_TELL_EVERY = 1.0  # seconds


def watch(
    model: Trained,
    source: str,
    *,
    out: str | None = None,
    seconds: float = 0.0,
    flips: bool = False,
    tile: int = 0,
    tell: Tell = silent,
    control: Control | None = None,
) -> dict[str, Any]:
    """Look at the newest picture of a camera again and again until the control says stop, or for some seconds if that is above 0.

    {path, folder, table, frames, seconds} and labels: {name: frames} or classes: {name: mean share}. out: gets OUT/CAMERA with a table
    and the masks, as those of a video; without it nothing is written. The pictures themselves are never kept.
    Raises InputError for what is no camera and for one that cannot be opened, StudioError where it gives nothing more, Cancelled.
    """
    if not source.startswith(CAMERA):
        raise InputError(f"'{source}' is no camera", "", "Say camera:0 for the first one")
    control = control or Control()
    with _folder(model, source, out) as folder:
        job = Job(model, folder, flips, tile, control)
        began = time.perf_counter()
        try:
            with live(source) as camera:
                told, frames = began, 0
                while not control.stopping and (not seconds or time.perf_counter() - began < seconds):
                    job.look(camera.newest(control))
                    frames += 1
                    now = time.perf_counter()
                    tell(Progress(phase="watch", done=frames, total=0, unit="frames", per_second=frames / (now - began)))
                    if now >= told + _TELL_EVERY:
                        told = now
                        tell(Note(message=f"{now - began:.0f} s: {job.newest()}"))
        finally:
            job.write_table()
        return {"path": source, **job.told(), "seconds": time.perf_counter() - began}


@contextmanager
def _folder(model: Trained, source: str, out: str | None) -> Iterator[Path | None]:
    if out is None:
        yield None
        return
    with folder_of(model, Path(re.sub(r"[^\w-]+", "-", source)), out, "") as folder:
        yield folder
