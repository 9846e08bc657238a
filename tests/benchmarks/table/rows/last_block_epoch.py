"""The last blocks learn: an epoch, against the tutorial loop in full and with the same layers frozen."""

from __future__ import annotations

from table.figures import epoch_seconds
from table.results import Results
from table.row import Row, Side, compared

CELLS = ("ours-last-block", "tutorial-full", "tutorial-last-block")


def rows(results: Results) -> list[Row]:
    ours = Side("ours-last-block", epoch_seconds, last_stage_only=True)
    return [
        compared(results, "last block, an epoch, against full tutorial", ours, Side("tutorial-full", epoch_seconds), target=8),
        compared(results, "last block, an epoch, the same frozen", ours, Side("tutorial-last-block", epoch_seconds), target=4),
    ]
