"""From what contestants said to figures: medians with their spread, accuracies with their interval, time to an accuracy."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Sample = Mapping[str, Any]
"""One repeat of a cell, as `watched` returned it, with cell and repeat."""


@dataclass(frozen=True)
class Spread:
    """The median of n values, the least and the greatest. Infinite values (never reached) count as the greatest."""

    median: float
    low: float
    high: float
    n: int

    def text(self, form: Callable[[float], str]) -> str:
        if form(self.low) == form(self.high):
            return form(self.median)
        return f"{form(self.median)} ({form(self.low)}–{form(self.high)})"


def spread(values: Iterable[float | None]) -> Spread | None:
    """None where there is no value."""
    found = sorted(value for value in values if value is not None)
    return Spread(statistics.median(found), found[0], found[-1], len(found)) if found else None


def ratios(theirs: Mapping[int, float], ours: Mapping[int, float]) -> Spread | None:
    """Theirs over ours: the median is that of the medians, the spread that of the repeats which both have."""
    if not theirs or not ours:
        return None
    middle = _ratio(statistics.median(theirs.values()), statistics.median(ours.values()))
    pairs = [_ratio(theirs[n], ours[n]) for n in theirs.keys() & ours.keys()] or [middle]
    real = [pair for pair in pairs if not math.isnan(pair)] or [middle]
    return None if math.isnan(middle) else Spread(middle, min(real), max(real), len(real))


def _ratio(a: float, b: float) -> float:
    """Ours was never there (b infinite): theirs is better by any factor, 0; neither was, or nothing is known: NaN."""
    if math.isinf(b) or b == 0:
        return math.nan if math.isinf(a) or b == 0 else 0.0
    return a / b


def interval(correct_share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    z = 1.959964
    centre = (correct_share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(correct_share * (1 - correct_share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def epochs(sample: Sample, series: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sample.get(series or "epochs", [])
    return found


def start(sample: Sample, series: str = "") -> float:
    """When training began, modules imported: seconds from the start of the process. 0 where the process does not say."""
    marks = sample["marks"]
    return float(marks["series"] if series else marks.get("imported", 0.0))


def last_stage(sample: Sample) -> list[dict[str, Any]]:
    """The epochs of the last stage: of a full fine-tuning those in which everything learns."""
    of = epochs(sample)
    return [epoch for epoch in of if epoch["stage"] == of[-1]["stage"]] if of else []


def epoch_seconds(sample: Sample) -> float | None:
    """Training and validation: the median over the epochs of the last stage."""
    of = [epoch["seconds"] for epoch in last_stage(sample)]
    return statistics.median(of) if of else None


def speed(sample: Sample) -> float | None:
    """Images a second while training: the median over the epochs of the last stage, without the first, in which pictures may be decoded."""
    of = [epoch["images_per_second"] for epoch in last_stage(sample) if epoch["images_per_second"]]
    return statistics.median(of[1:] or of) if of else None


def best_accuracy(sample: Sample, series: str = "", *, last_stage_only: bool = False) -> tuple[float, int] | None:
    """(share, images) of the best epoch, whose weights are kept; or of the best of the last stage."""
    of = last_stage(sample) if last_stage_only else epochs(sample, series)
    best = max(of, key=lambda epoch: epoch["val_accuracy"], default=None)
    return (best["val_accuracy"], best["n"]) if best else None


def time_to(
    sample: Sample, accuracy: float, *, from_process: bool = False, series: str = "", last_stage_only: bool = False
) -> float | None:
    """Seconds to the end of the first epoch with that validation accuracy, from the start of training or of the process.

    Infinite where no measured epoch has it, None where none was measured.
    last_stage_only: epochs before the last stage do not count (their time does).
    """
    of = last_stage(sample) if last_stage_only else epochs(sample, series)
    if not of:
        return None
    zero = 0.0 if from_process else start(sample, series)
    return next((epoch["at"] - zero for epoch in of if epoch["val_accuracy"] >= accuracy - 1e-9), math.inf)


def time_measured(sample: Sample, *, from_process: bool = False) -> float | None:
    """Seconds to the end of the last epoch: what a time to an accuracy that was not reached is at least."""
    of = epochs(sample)
    return of[-1]["at"] - (0.0 if from_process else start(sample)) if of else None


def total(sample: Sample, *, from_process: bool = False, series: str = "", all_epochs: int = 0) -> float | None:
    """Seconds of the whole training, from the start of training or of the process to `done`.

    all_epochs: where fewer were measured, the others are added at the median of those after the first.
    """
    end = sample["marks"].get("done_again" if series else "done")
    if end is None:
        return None
    of = epochs(sample, series)
    seconds = end - (0.0 if from_process else start(sample, series))
    if all_epochs > len(of) and of:
        seconds += (all_epochs - len(of)) * statistics.median([epoch["seconds"] for epoch in of[1:] or of])
    return float(seconds)


def accuracy_text(samples: Sequence[Sample], series: str = "", *, last_stage_only: bool = False) -> str:
    """The median of the best accuracies, its 95 % interval for that many images, the least and greatest of the repeats."""
    found = [best for sample in samples if (best := best_accuracy(sample, series, last_stage_only=last_stage_only)) is not None]
    of = spread(accuracy for accuracy, _ in found)
    if of is None:
        return ""
    low, high = interval(of.median, found[0][1])
    seeds = f"; seeds {of.low:.3f}–{of.high:.3f}" if of.n > 1 else ""
    return f"{of.median:.3f} [{low:.3f}, {high:.3f}]{seeds}"
