"""Head only, 25 epochs, against the frozen tutorial loop: training alone, and with the start of the process."""

from __future__ import annotations

from functools import partial

from table.figures import total
from table.results import Results
from table.row import Row, Side, compared

CELLS = ("ours-head", "ours-head-cli", "tutorial-head")


def rows(results: Results) -> list[Row]:
    tutorial = results.cells["tutorial-head"]
    extrapolated = bool(tutorial.extrapolated_to)

    def theirs(from_process: bool) -> Side:
        all_epochs = tutorial.extrapolated_to or tutorial.epochs
        figure = partial(total, from_process=from_process, all_epochs=all_epochs)
        return Side("tutorial-head", figure, "tutorial", extrapolated)

    note = f"the tutorial's epochs after {tutorial.epochs} are extrapolated" if extrapolated else ""
    return [
        compared(results, "head only, 25 epochs, training time", Side("ours-head", total), theirs(False), target=40, note=note),
        compared(
            results,
            "the same with process start (command line, start to exit)",
            Side("ours-head-cli", partial(total, from_process=True)),
            theirs(True),
            target=30,
            note=note,
        ),
    ]
