"""Full fine-tuning, images a second while training, against a tuned bare loop with the same malloc settings."""

from __future__ import annotations

from table.figures import speed
from table.results import Results
from table.row import Row, Side, compared, per_second

CELLS = ("ours-full", "bare-full")


def rows(results: Results) -> list[Row]:
    ours, bare = Side("ours-full", speed, last_stage_only=True), Side("bare-full", speed, "bare")
    what = "full fine-tuning, images per second, against a tuned bare loop"
    return [compared(results, what, ours, bare, target=1.0, form=per_second, higher_is_better=True)]
