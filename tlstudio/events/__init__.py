"""What a job says while it works: small frozen records, one JSON object a line, told apart by `kind`.

`fit` yields them, an engine writes them to its parent, a run folder keeps them in `events.jsonl`, the window draws from them,
live or from disk, with the same code. Arrays and images never ride in an event: they travel by file.
"""

from __future__ import annotations

from tlstudio.events.event import Event, dumps, from_json
from tlstudio.events.job import Note, Progress, StudyStep
from tlstudio.events.learning import EpochEnded, FrozenProof, MasksKept, Signals, Steps, Watched
from tlstudio.events.run import CheckpointWritten, PrefixCached, RateChanged, RunEnded, RunFailed, RunStarted, StageStarted, WentBack

__all__ = [
    "CheckpointWritten",
    "EpochEnded",
    "Event",
    "FrozenProof",
    "MasksKept",
    "Note",
    "PrefixCached",
    "Progress",
    "RateChanged",
    "RunEnded",
    "RunFailed",
    "RunStarted",
    "Signals",
    "StageStarted",
    "Steps",
    "StudyStep",
    "Watched",
    "WentBack",
    "dumps",
    "from_json",
]
