"""Full fine-tuning, time to an accuracy, against the best of the peers."""

from __future__ import annotations

import math
import statistics
from functools import partial

from table.figures import time_measured, time_to
from table.results import Results
from table.row import Row, Side, compared, seconds

PEERS = {"tutorial-full": "tutorial", "lightning-full": "Lightning", "fastai": "fastai"}
CELLS = ("ours-full", *PEERS)


def rows(results: Results) -> list[Row]:
    """First the strict one: an epoch counts only if everything learned in it, not one of a head that learned first."""
    accuracy = results.accuracies["full"]
    what = f"full fine-tuning, to {accuracy:g}, against the best of the peers"
    return [
        _row(results, f"{what}: epochs in which everything learns", 2.0, last_stage_only=True),
        _row(results, f"{what}: any epoch, the head's own too", None),
        _row(results, f"{what}: any epoch, with process start", None, from_process=True),
    ]


def _row(results: Results, what: str, target: float | None, *, from_process: bool = False, last_stage_only: bool = False) -> Row:
    figure = partial(time_to, accuracy=results.accuracies["full"], from_process=from_process, last_stage_only=last_stage_only)
    bound = partial(time_measured, from_process=from_process)
    medians = {cell: statistics.median(values) if (values := results.values(cell, figure).values()) else math.inf for cell in PEERS}
    there = [cell for cell in PEERS if results.of(cell)] or list(PEERS)
    best = min(there, key=lambda cell: medians[cell])
    others = "; ".join(f"{PEERS[cell]}: {seconds(medians[cell])}" for cell in there if cell != best)
    ours = Side("ours-full", figure, bound=bound, last_stage_only=last_stage_only)
    theirs = Side(best, figure, PEERS[best], bound=bound, last_stage_only=last_stage_only)
    return compared(results, what, ours, theirs, target=target, note=others)
