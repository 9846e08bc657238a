"""Curves of several runs over each other: read from their events, smoothed, on the axis of one's choice. Knows no widgets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tlstudio.events import EpochEnded, Event, RunStarted
from tlstudio.gui import metric
from tlstudio.gui.history import RunHistory
from tlstudio.gui.series import Floats
from tlstudio.runs import Run

METRICS = ("val", "val_loss", "train_loss", "train_accuracy", "lr")
AXES = ("epochs", "steps", "minutes")
NEVER_SMOOTHED = ("lr",)


@dataclass(frozen=True)
class Told:
    """What a run said. steps: (S,) place of each training step in epochs; loss, accuracy, lr: (S,) there; NaN where not finite.

    epochs: (E,) numbers of the whole epochs; val, val_loss: (E,) after each; seconds: (E,) since the start.
    """

    steps: Floats
    loss: Floats
    accuracy: Floats
    lr: Floats
    epochs: Floats
    val: Floats
    val_loss: Floats
    seconds: Floats
    steps_per_epoch: int = 1

    @classmethod
    def of(cls, said: Sequence[Event]) -> Told:
        """said: the events as `Run.history` gives them. Time is by the clock, without what lay between an interruption and its resume."""
        history, clock, last, ends = RunHistory(said), 0.0, math.nan, {}
        for event in said:
            if isinstance(event, RunStarted):
                last = event.at
            if not math.isnan(last):
                clock, last = clock + max(0.0, event.at - last), event.at
            if isinstance(event, EpochEnded):
                ends[event.epoch] = clock
        rows = history.epochs
        val = [metric.of_epoch(row) for row in rows]
        return cls(
            np.array(history.x), np.array(history.loss), np.array(history.accuracy), np.array(history.lr),
            np.array([row.epoch for row in rows], float), np.array([math.nan if v is None else v for v in val], float),
            np.array([math.nan if row.val_loss is None else row.val_loss for row in rows], float),
            np.array([ends.get(row.epoch, math.nan) for row in rows], float),
            max(1, history.started.steps_per_epoch) if history.started else 1,
        )  # fmt: skip

    @classmethod
    def of_curve(cls, curve: Sequence[float | None]) -> Told:
        """What the row of a run knows before its events are read: one value an epoch."""
        none, n = np.empty(0), len(curve)
        val = np.array([math.nan if v is None else v for v in curve], float)
        return cls(none, none, none, none, np.arange(1.0, n + 1), val, np.full(n, math.nan), np.full(n, math.nan))

    def line(self, what: str, axis: str) -> tuple[Floats, Floats]:
        """x and y of a metric, (N,) each; none where the run did not say it, or does not know that axis yet."""
        if what in ("val", "val_loss"):
            places, values = self.epochs, self.val if what == "val" else self.val_loss
        else:
            places, values = self.steps, {"train_loss": self.loss, "train_accuracy": self.accuracy, "lr": self.lr}[what]
        x = self._on(axis, places)
        kept = np.isfinite(x)
        return x[kept], values[kept]

    def _on(self, axis: str, places: Floats) -> Floats:
        if axis == "epochs":
            return places
        if axis == "steps":
            return places * self.steps_per_epoch if self.steps_per_epoch > 1 or len(self.steps) else np.full(len(places), math.nan)
        if not len(self.epochs) or not np.isfinite(self.seconds).all():
            return np.full(len(places), math.nan)
        ends, seconds = np.r_[0.0, self.epochs], np.r_[0.0, self.seconds]
        out = np.interp(places, ends, seconds)
        if len(places) and places[-1] > ends[-1]:  # in an epoch that goes on: as fast as the one before
            pace = (seconds[-1] - seconds[-2]) / (ends[-1] - ends[-2])
            beyond = places > ends[-1]
            out[beyond] = seconds[-1] + pace * (places[beyond] - ends[-1])
        return np.asarray(out / 60.0)


def read(run: str) -> Told:
    """For a background thread: a run of a million steps takes seconds."""
    return Told.of(Run(Path(run)).history())


def smoothed(values: Floats, weight: float) -> Floats:
    """The running mean s[i] = weight s[i-1] + (1 - weight) values[i], s[0] = values[0]; (N,). NaN leaves the mean as it was.

    In blocks that fit the range of a double: 1e6 values take as long as one thousand by a loop.
    """
    if weight <= 0.0 or len(values) < 2:
        return values
    finite = np.isfinite(values)
    good = values[finite]
    if not len(good):
        return values
    size = max(1, min(512, int(-20.0 / math.log(weight))))  # weight ** size stays above 1e-9: the sum keeps seven digits and more
    powers = weight ** np.arange(1, size + 1)
    out, mean = np.empty(len(good)), float(good[0])
    for start in range(0, len(good), size):
        part = good[start : start + size]
        falls = powers[: len(part)]
        block = falls * (mean + (1 - weight) * np.cumsum(part / falls))
        out[start : start + size] = block
        mean = float(block[-1])
    whole = np.full(len(values), math.nan)
    place = np.cumsum(finite) - 1
    begun = place >= 0
    whole[begun] = out[place[begun]]
    return whole
