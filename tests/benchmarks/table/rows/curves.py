"""Four curves of 10^6 points each: a redraw."""

from __future__ import annotations

from table.results import Results
from table.row import Row, Side, single

CELLS = ("curves",)


def rows(results: Results) -> list[Row]:
    return [
        single(
            results,
            "four curves of 10^6 points each, a redraw",
            Side("curves", lambda sample: sample["figures"].get("redraw_ms")),
            target="<= 16 ms",
            good=lambda value: value <= 16,
            form=lambda value: f"{value:.1f} ms",
        )
    ]
