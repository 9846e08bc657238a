"""Cost as the data grows 1x, 4x, 16x: seconds for each photo more, and memory."""

from __future__ import annotations

from table.figures import spread, total
from table.results import Results
from table.row import Row, memory, seconds

TIMES = (1, 4, 16)
CELLS = tuple(f"growth-{times}" for times in TIMES)


def rows(results: Results) -> list[Row]:
    took = [spread(results.values(cell, total).values()) for cell in CELLS]
    held = [spread(results.values(cell, lambda sample: sample["memory"]).values()) for cell in CELLS]
    what = "head only, 25 epochs, 1x, 4x, 16x the photos"
    missing = [cell for cell, of in zip(CELLS, took, strict=True) if of is None]
    if missing:
        return [Row(what, f"{missing[0]}: {results.why_not(missing[0])}", target="linear within 10 %")]
    a, b, c = (of.median for of in took if of)
    early, late = (b - a) / 3, (c - b) / 12
    bend = late / early - 1 if early > 0 else float("nan")
    x, y, z = (of.median for of in held if of)
    return [
        Row(
            what,
            ", ".join(of.text(seconds) for of in took if of),
            ratio=f"{100 * bend:+.0f} %",
            target="linear within 10 %",
            met=bend <= 0.1,
            note="cost of a photo more between 4x and 16x, against that between 1x and 4x",
        ),
        Row(
            "its peak memory",
            ", ".join(of.text(memory) for of in held if of),
            ratio=f"{(z - y) / max(y, 1):+.0%}",
            target="flat once on disk",
            met=z <= 1.1 * y,
            note=f"from 4x to 16x; from 1x to 4x {(y - x) / max(x, 1):+.0%}",
        ),
    ]
