"""Head only, time to an accuracy, against the frozen tutorial loop and against fastai."""

from __future__ import annotations

from functools import partial

from table.figures import time_measured, time_to
from table.results import Results
from table.row import Row, Side, compared

CELLS = ("ours-head", "ours-head-cli", "tutorial-head", "fastai")


def rows(results: Results) -> list[Row]:
    accuracy = results.accuracies["head"]
    trained = partial(time_to, accuracy=accuracy)
    started = partial(time_to, accuracy=accuracy, from_process=True)
    measured = partial(time_measured, from_process=True)
    out = []
    for peer, title, target in (("tutorial-head", "tutorial", 4.0), ("fastai", "fastai", 12.0)):
        what = f"head only, to {accuracy:g}, against {title}"
        out.append(compared(results, what, Side("ours-head", trained), Side(peer, trained, title, bound=time_measured), target=target))
        ours = Side("ours-head-cli", started)
        out.append(compared(results, f"{what}, with process start", ours, Side(peer, started, title, bound=measured), target=None))
    return out
