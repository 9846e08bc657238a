"""The file of what a run said of every image of a split: arrays, because text would take ten bytes where a number takes four."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tlstudio.runs import write_atomic
from tlstudio.training.measure import Measured


def write(path: Path, classes: list[str], paths: list[str], measured: Measured) -> None:
    """An .npz of N images and C classes, readable with `numpy.load` alone.

    truth: (N,) int64 class indices; probabilities: (N, C) float32; loss: (N,) float32, nats.
    names: UTF-8 bytes of the JSON {classes: C names, paths: N absolute paths}: an array of text would be as wide as its longest entry.
    Raises StudioError where it cannot be written.
    """
    names = np.frombuffer(json.dumps({"classes": classes, "paths": paths}).encode(), np.uint8)
    truth, probabilities, loss = measured.labels.numpy(), measured.probabilities.numpy(), measured.losses.numpy()
    write_atomic(path, lambda file: np.savez(file, names=names, truth=truth, probabilities=probabilities, loss=loss))
