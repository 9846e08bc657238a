"""Peak memory, head only: all processes of a contestant together."""

from __future__ import annotations

from table.results import Results
from table.row import Row, Side, compared
from table.row import memory as gigabytes

CELLS = ("ours-head", "fastai", "lightning-head", "tutorial-head")


def rows(results: Results) -> list[Row]:
    ours = Side("ours-head", lambda sample: sample["memory"])
    peers = (
        ("fastai", "fastai fine_tune(1)", 3.0),
        ("lightning-head", "Lightning, frozen", None),
        ("tutorial-head", "tutorial, frozen", None),
    )
    return [
        compared(
            results,
            f"peak memory, head only, against {title}",
            ours,
            Side(cell, lambda sample: sample["memory"]),
            target=target,
            form=gigabytes,
            note="" if target is None else "the target is a third",
        )
        for cell, title, target in peers
    ]
