"""What events and checkpoints cost together, in epochs of more than a second."""

from __future__ import annotations

from table.figures import spread
from table.results import Results
from table.row import Row, Side, seconds, single

CELLS = ("record",)


def rows(results: Results) -> list[Row]:
    epoch = spread(results.values("record", lambda sample: sample["figures"].get("epoch_seconds")).values())
    return [
        single(
            results,
            "cost of events and checkpoints together",
            Side("record", lambda sample: sample["figures"].get("cost")),
            target="<= 3 %",
            good=lambda value: value <= 0.03,
            form=lambda value: f"{100 * value:.1f} %",
            note=f"an epoch {epoch.text(seconds)}" if epoch else "",
        )
    ]
