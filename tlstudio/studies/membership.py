"""To which study a run belongs, so that whoever goes on with the run can be told. Needs neither torch nor Optuna."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from tlstudio.errors import StudioError
from tlstudio.runs import Run
from tlstudio.studies.documents import rows
from tlstudio.studies.folder import StudyFolder, all_studies
from tlstudio.studies.queue import Queue


def study_of(run: Path) -> dict[str, Any] | None:
    """The row of the study that a run (its folder) was begun for, as `api.studies` gives it; None for a run that belongs to none.

    Reads the queues of all studies: for a background thread.
    """
    run = run.absolute()
    for folder in all_studies():
        with contextlib.suppress(StudioError):
            if _holds(folder, run):
                return next((row for row in rows() if row["study"] == folder.name), None)
    return None


def _holds(folder: StudyFolder, run: Path) -> bool:
    if folder.said()["kind"] == "sweep":  # its trials stand in a database that only Optuna reads; their runs are called after it
        return Run(run).recipe().name.endswith(f" of {folder.name}")
    return any(entry.run is not None and Path(entry.run) == run for entry in Queue(folder.path).entries())
