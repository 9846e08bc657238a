"""CSV files in the run folder, for spreadsheets: steps.csv and epochs.csv."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import IO, Any

from tlstudio.events import EpochEnded, Event, RunStarted, Steps, WentBack
from tlstudio.recipe import Recipe, Section
from tlstudio.registry import Kind
from tlstudio.runs import Run

STEPS = ("epoch", "step", "loss", "accuracy", "lr", "backbone_lr")
EPOCHS = (
    *("epoch", "stage", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_mean_iou", "correct", "n", "lr", "backbone_lr"),
    *("seconds", "images_per_second", "best"),
)


class Options(Section):
    """Nothing but where."""


class CsvFiles:
    """Both files tell one continuous run: when it goes on from an earlier place, they are written anew from its events."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._files: list[IO[str]] = []

    def take(self, event: Event) -> None:
        if isinstance(event, RunStarted | WentBack):
            self._begin()
            for past in self._run.history():  # the event itself is among them already, and no row
                self._write(past)
        else:
            self._write(event)

    def close(self) -> None:
        for file in self._files:
            file.close()
        self._files = []

    def _begin(self) -> None:
        self.close()
        for name, columns in (("steps.csv", STEPS), ("epochs.csv", EPOCHS)):
            file = (self._run.path / name).open("w", encoding="utf-8", newline="")
            self._files.append(file)
            csv.writer(file).writerow(columns)

    def _write(self, event: Event) -> None:
        if not self._files:
            return
        steps, epochs = self._files
        if isinstance(event, Steps):
            columns: Sequence[Sequence[float]] = (event.loss, event.accuracy, event.lr, event.backbone_lr)
            rows = ([event.epoch, event.first + i, *row] for i, row in enumerate(zip(*columns, strict=True)))
            csv.writer(steps).writerows(rows)
            steps.flush()
        elif isinstance(event, EpochEnded):
            csv.writer(epochs).writerow([getattr(event, column) for column in EPOCHS])
            epochs.flush()


def _make(options: Options, run: Run, recipe: Recipe) -> Any:
    return CsvFiles(run)


KIND = Kind("csv", "CSV", "steps.csv and epochs.csv in the run folder, for spreadsheets.", Options, _make)
