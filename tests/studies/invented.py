"""Training without training: run folders as they would be left, with scores that a test decides on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from tlstudio.control import Control, Tell
from tlstudio.events import EpochEnded, Progress
from tlstudio.recipe import Recipe
from tlstudio.runs import Run

PICTURES = 100


def epoch_ended(epoch: int, accuracy: float) -> EpochEnded:
    return EpochEnded(
        epoch=epoch,
        stage="head",
        train_loss=1.0,
        train_accuracy=0.5,
        val_loss=1.0,
        val_accuracy=accuracy,
        correct=None,
        n=PICTURES,
        lr=0.1,
        backbone_lr=0.1,
        seconds=1.0,
        images_per_second=1.0,
        best=True,
    )


class Invented:
    """A `Train` whose runs tell `quality(recipe)` of the pictures right, the hard ones wrong in every run. trained: the recipes, in order.

    each: called with every event before it is told, so that a test can interrupt.
    """

    def __init__(self, quality: Callable[[Recipe], float], each: Callable[[Recipe, EpochEnded], None] | None = None) -> None:
        self.trained: list[Recipe] = []
        self.runs: list[Run] = []
        self._quality, self._each = quality, each

    def __call__(self, recipe: Recipe, run: Run, tell: Tell, control: Control | None) -> dict[str, Any]:
        control = control or Control()
        with run.locked():
            return run.summary() or self._train(recipe, run, tell, control)

    def _train(self, recipe: Recipe, run: Run, tell: Tell, control: Control) -> dict[str, Any]:
        self.trained.append(recipe)
        self.runs.append(run)
        quality, reason, epoch = self._quality(recipe), "completed", 0
        for epoch in range(1, recipe.training.epochs + 1):
            control.check()
            ended = epoch_ended(epoch, quality)
            if self._each is not None:
                self._each(recipe, ended)
            tell(ended)
            tell(Progress(phase="train", done=epoch, overall=epoch / recipe.training.epochs, remaining=(1.0, 2.0)))
            if control.stopping:
                reason = "stopped"
                break
        leave(run, right(quality, recipe.training.seed), epochs=epoch, reason=reason)
        return {**(run.summary() or {}), "run": str(run.path)}


def right(quality: float, seed: int) -> np.ndarray[Any, Any]:
    """(N,) bool: pictures are as hard in every run, with a little luck of the seed."""
    hard = np.random.default_rng(0).random(PICTURES)
    return hard + np.random.default_rng([seed, 1]).normal(0, 0.02, PICTURES) < quality


def leave(run: Run, correct: np.ndarray[Any, Any], *, epochs: int = 2, reason: str = "completed", seconds: float = 3.0) -> None:
    """What a finished and evaluated run leaves, as far as studies look."""
    run.best.write_bytes(b"")
    (run.path / "evaluations").mkdir(exist_ok=True)
    names = json.dumps({"classes": ["a", "b"], "paths": [f"/data/{i}.png" for i in range(len(correct))]})
    said = np.where(correct[:, None], [[0.9, 0.1]], [[0.2, 0.8]]).astype(np.float32)
    np.savez(
        run.path / "evaluations" / "val.npz",
        names=np.frombuffer(names.encode(), np.uint8),
        truth=np.zeros(len(correct), np.int64),
        probabilities=said,
        loss=np.zeros(len(correct), np.float32),
    )
    run.write_json("receipt.json", {"data": {"root": "/data"}})
    metrics = {"val_accuracy": float(correct.mean()), "val_n": len(correct)}
    run.write_json("summary.json", {"task": "classification", "metrics": metrics, "epochs": epochs, "seconds": seconds, "reason": reason})
