"""Full fine-tuning, an epoch (training and validation), against the tutorial loop and against Lightning."""

from __future__ import annotations

from table.figures import epoch_seconds
from table.results import Results
from table.row import Row, Side, compared

CELLS = ("ours-full", "tutorial-full", "lightning-full")


def rows(results: Results) -> list[Row]:
    ours = Side("ours-full", epoch_seconds, last_stage_only=True)
    peers = (("tutorial-full", "tutorial"), ("lightning-full", "Lightning"))
    return [
        compared(results, f"full fine-tuning, an epoch, against {title}", ours, Side(cell, epoch_seconds), target=1.7, note="2x hoped for")
        for cell, title in peers
    ]
