"""Training with a record: every event but the passing ones goes into the run's folder, and so does what ended it."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from tlstudio.control import Control, Tell
from tlstudio.errors import Cancelled, StudioError
from tlstudio.event_log import EventLog
from tlstudio.events import Event, Progress, RunFailed
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.tracking import Trackers
from tlstudio.training.distributed import ranks
from tlstudio.training.launch import launched, processes


def train(recipe: Recipe, run: Run, tell: Tell, control: Control | None) -> dict[str, Any]:
    """Run `fit` under the run's lock: its summary with `run`, the folder. Raises as `fit`, once the folder says why."""
    if "torch" not in sys.modules:  # which takes seconds
        tell(Progress(phase="start", done=0))
    if (size := processes(recipe, tell)) > 1:
        return launched(run, size, tell, control or Control())
    with run.locked():
        if ranks().size == 1 and (summary := run.summary()) is not None:  # another process brought it to its end meanwhile
            return {**summary, "run": str(run.path)}
        log, trackers = EventLog(run), Trackers(recipe, run)

        def record(event: Event) -> None:
            of_log = log.write(event) if not isinstance(event, Progress) else None  # how far it is matters only while it runs
            tell(event)
            if of_log is not None:
                tell(of_log)

        try:
            from tlstudio.training.fit import fit  # with torch: should that fail, the folder says so

            for event in ranks().led(fit(recipe, run, control=control), recipe, run):
                record(event)
                for note in () if isinstance(event, Progress) else trackers.take(event):
                    record(note)
        except StudioError as error:
            if not isinstance(error, Cancelled):
                failed = RunFailed(what=error.what, why=error.why, do=error.do)
                tell(failed)
                with contextlib.suppress(StudioError):  # a full disk is told by the error itself
                    log.write(failed)
            raise
        except Exception as error:
            with contextlib.suppress(StudioError):
                log.write(RunFailed(what="Something unforeseen ended the run", why=f"{type(error).__name__}: {error}"))
            raise
        finally:
            for note in trackers.close():
                with contextlib.suppress(StudioError):
                    record(note)
            log.close()
    return {**(run.summary() or {}), "run": str(run.path)}
