"""What any job says: how far it is, and lines for the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tlstudio.events.event import Event


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """How far the present phase is.

    phase: scan, unpack, sample, download, features, train, validate, test, evaluate, predict, ... Of a run that is being prepared also
    start (torch is loaded), network, probe (what is fastest is tried out), begin (a stage is set up): nobody knows how far these are.
    done, total: in `unit` (images, files, bytes, steps); total 0: not known.
    overall: share 0..1 of the whole job, or None.
    remaining: seconds to the end of the whole job as (low, high), or None while not known.
    """

    kind: ClassVar[str] = "progress"
    phase: str
    done: int
    total: int = 0
    unit: str = "images"
    overall: float | None = None
    remaining: tuple[float, float] | None = None
    per_second: float | None = None


@dataclass(frozen=True, kw_only=True)
class Note(Event):
    """A line for the log and, from `warn` on, for the eyes. level: info, warn, bad."""

    kind: ClassVar[str] = "note"
    message: str
    level: str = "info"


@dataclass(frozen=True, kw_only=True)
class StudyStep(Event):
    """A study comes to the run `index` (from 1) of `of`, whose own events follow, or is through with it.

    study: its name; run: the folder, "" where there is none yet; title: for the user. state: running, done, failed, pruned.
    value: of a done run the validation accuracy, or mean IoU. why: a sentence for a failed one.
    """

    kind: ClassVar[str] = "study"
    study: str
    index: int
    of: int
    run: str
    title: str
    state: str = "running"
    value: float | None = None
    why: str = ""
