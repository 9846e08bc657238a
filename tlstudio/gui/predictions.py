"""What a run said of every image of a split: read from the file that `evaluate` leaves. Knows no Qt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from tlstudio.errors import StudioError


@dataclass(frozen=True)
class Predictions:
    """N images, C classes.

    classes: names; paths: N absolute paths; truth: (N,) int64 class indices; probabilities: (N, C) float32, each line sums to 1;
    loss: (N,) float32, nats.
    """

    classes: list[str]
    paths: list[str]
    truth: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    loss: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.paths)

    @cached_property
    def said(self) -> NDArray[np.int64]:
        """(N,) index of the most probable class."""
        if not len(self):
            return np.empty(0, np.int64)
        return np.asarray(self.probabilities.argmax(1), np.int64)

    @cached_property
    def of_truth(self) -> NDArray[np.float32]:
        """(N,) probability given to the truth."""
        return np.asarray(self.probabilities[np.arange(len(self)), self.truth], np.float32)

    @cached_property
    def most_wrong(self) -> NDArray[np.int64]:
        """Indices of the images that were told wrong, the surest mistakes first."""
        wrong = np.flatnonzero(self.said != self.truth)
        return wrong[np.argsort(self.of_truth[wrong], kind="stable")]

    @cached_property
    def least_sure(self) -> NDArray[np.int64]:
        """All indices, lowest probability of the truth first."""
        return np.argsort(self.of_truth, kind="stable")

    @cached_property
    def by_truth(self) -> NDArray[np.int64]:
        """All indices sorted by truth, within it the surest first."""
        return np.lexsort((-self.of_truth, self.truth))

    def cell(self, truth: int, said: int) -> NDArray[np.int64]:
        """Indices of the images of one cell of the confusion matrix, the least sure of the truth first."""
        found = np.flatnonzero((self.truth == truth) & (self.said == said))
        return found[np.argsort(self.of_truth[found], kind="stable")]

    def ranked(self, image: int, most: int) -> list[tuple[str, float]]:
        """The most probable classes of an image with their probabilities, highest first; the truth is always among them."""
        line = self.probabilities[image]
        order = np.argsort(-line, kind="stable")[:most].tolist()
        if self.truth[image] not in order:
            order[-1] = int(self.truth[image])
        return [(self.classes[i], float(line[i])) for i in order]


def read(path: Path, classes: list[str]) -> Predictions:
    """Read an .npz of the arrays truth, probabilities, loss and names (UTF-8 JSON {classes, paths}).

    For a background thread: arrays come from the file with the interpreter left to the window.
    Raises StudioError where it is missing, torn, or of other classes.
    """
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            names = json.loads(file["names"].tobytes())
            said = Predictions(classes, names["paths"], file["truth"], file["probabilities"], file["loss"])
        n = len(said)
        if (
            names["classes"] != classes
            or said.probabilities.shape != (n, len(classes))
            or said.truth.shape != (n,)
            or said.loss.shape != (n,)
        ):
            raise ValueError("other classes")
        if n and not 0 <= said.truth.min() <= said.truth.max() < len(classes):
            raise ValueError("classes that are not there")
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise StudioError(
            "What the model said of each image could not be read", "The file is missing or incomplete", "Measure again", details=repr(error)
        ) from None
    return said
