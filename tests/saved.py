"""What a run has on the disk while it is trained, and what comes of it after a kill."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file

from tlstudio.events import Event, RunStarted, Steps
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training import checkpoint
from tlstudio.training.fit import fit


def has_learned(run: Run) -> bool:
    """Whether its last checkpoint is of a place behind the first step: the first one is written before."""
    saved = checkpoint.load(run)
    return saved is not None and (saved["epoch"], saved["step"]) > (0, 0)


def losses(said: Sequence[Event]) -> list[float]:
    return [loss for event in said if isinstance(event, Steps) for loss in event.loss]


def interrupted(recipe: Recipe, folder: Path, stop_after: int, whole: Run, said: Sequence[Event]) -> None:
    """Train, break off after so many steps as a kill would (no goodbye), go on: the bits are those of `whole`, which said `said`."""
    run, first = Run.create(recipe, folder), list[Event]()
    training = fit(recipe, run)
    while not (has_learned(run) and len(losses(first)) >= stop_after):
        first.append(next(training))
    training.close()
    second = list(fit(recipe, run))
    started = next(event for event in second if isinstance(event, RunStarted))
    assert started.resumed_from is not None
    epochs, steps = started.resumed_from
    done = epochs * started.steps_per_epoch + steps
    assert done >= 1
    assert losses(first)[:done] + losses(second) == losses(said)
    a, b = load_file(whole.best), load_file(run.best)
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert (whole.summary() or {})["metrics"] == (run.summary() or {})["metrics"]
