"""Head only once more, with another rate, on a warm cache and in a warm engine."""

from __future__ import annotations

from functools import partial

from table.figures import spread, time_to, total
from table.results import Results
from table.row import Row, Side, seconds, single

CELLS = ("ours-head",)


def rows(results: Results) -> list[Row]:
    accuracy = results.accuracies["head"]
    to = spread(results.values("ours-head", partial(time_to, accuracy=accuracy, series="again")).values())
    return [
        single(
            results,
            "head only, all 25 epochs again with another rate: warm cache, warm engine",
            Side("ours-head", partial(total, series="again"), series="again"),
            target="< 2 s",
            good=lambda value: value < 2,
            form=seconds,
            note=f"to {accuracy:g}: {to.text(seconds)}" if to else "",
        )
    ]
