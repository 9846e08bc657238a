"""A row of the table: ours, theirs, the ratio, the target and whether it is met, with the accuracies beside the times."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from table.figures import Sample, Spread, accuracy_text, ratios, spread
from table.results import Results

Figure = Callable[[Sample], float | None]


@dataclass(frozen=True)
class Row:
    """met: None where it is not known. ratio_value: for the chart."""

    what: str
    ours: str
    theirs: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None
    accuracy: str = ""
    note: str = ""
    ratio_value: float | None = None


def seconds(value: float) -> str:
    if math.isinf(value):
        return "not reached"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def memory(value: float) -> str:
    return f"{value / 1e9:.2f} GB"


def per_second(value: float) -> str:
    return f"{value:.1f}/s"


def times(value: float) -> str:
    return "∞" if math.isinf(value) else f"{value:.2f}x" if value < 10 else f"{value:.0f}x"


@dataclass(frozen=True)
class Side:
    """One side of a comparison. extrapolated: whether epochs are. series: "again" for the second run of a process.

    bound: what the figure is at least where it is infinite. last_stage_only: the accuracy is that of the last stage's epochs.
    """

    cell: str
    figure: Figure
    title: str = ""
    extrapolated: bool = False
    series: str = ""
    bound: Figure | None = None
    last_stage_only: bool = False

    def values(self, results: Results) -> dict[int, float]:
        return results.values(self.cell, self.figure)

    def text(self, results: Results, form: Callable[[float], str]) -> str:
        of = spread(self.values(results).values())
        name = f"{self.title}: " if self.title else ""
        if of is None:
            return f"{name}{results.why_not(self.cell)}"
        there = sum(math.isfinite(value) for value in self.values(results).values())
        reached = f", reached in {there} of {of.n}" if 0 < there < of.n else ""
        return f"{name}{'≈ ' if self.extrapolated else ''}{of.text(form)}{reached}"

    def accuracy(self, results: Results) -> str:
        return accuracy_text(results.of(self.cell), self.series, last_stage_only=self.last_stage_only)


def compared(
    results: Results,
    what: str,
    ours: Side,
    theirs: Side,
    *,
    target: float | None,
    form: Callable[[float], str] = seconds,
    higher_is_better: bool = False,
    note: str = "",
) -> Row:
    """A row of two contestants. target: by how many times ours has to be better; None: reported only.

    A figure of theirs that is infinite stands as its bound, with a ">": the target is met if even that is enough, else nobody knows.
    """
    a, b = theirs.values(results), ours.values(results)
    ratio: Spread | None = ratios(b, a) if higher_is_better else ratios(a, b)
    at_least = ""
    if theirs.bound is not None and ratio is not None and math.isinf(ratio.median):
        ratio, at_least = ratios(results.values(theirs.cell, theirs.bound), b), "> "
    of_ours, of_theirs = ours.accuracy(results), theirs.accuracy(results)
    return Row(
        what=what,
        ours=ours.text(results, form),
        theirs=theirs.text(results, form),
        ratio=at_least + ratio.text(times) if ratio else "",
        target=f"{target:g}x" if target is not None else "reported",
        met=_met(ratio, target, bool(at_least)),
        accuracy=f"{of_ours} / {of_theirs}" if of_ours or of_theirs else "",
        note=note,
        ratio_value=ratio.median if ratio and math.isfinite(ratio.median) else None,
    )


def _met(ratio: Spread | None, target: float | None, at_least: bool) -> bool | None:
    if ratio is None or target is None:
        return None
    return True if ratio.median >= target else None if at_least else False


def single(
    results: Results,
    what: str,
    side: Side,
    *,
    target: str,
    good: Callable[[float], bool] | None,
    form: Callable[[float], str],
    note: str = "",
) -> Row:
    """A row with one figure of ours and a bound."""
    of = spread(side.values(results).values())
    said = side.text(results, form)
    met = None if of is None or good is None else good(of.median)
    return Row(what=what, ours=said, target=target, met=met, accuracy=side.accuracy(results), note=note)
