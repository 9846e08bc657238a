"""What a run said of every image of a split: read piece by piece from the file that `evaluate` leaves. Knows no Qt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.errors import StudioError

CHUNK = 1 << 20  # characters read at a time
_IMAGES = re.compile(r'"images"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")


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
    """Read a file {images: [{path, truth, probabilities, loss}]} image by image, so that a large one never holds the interpreter
    (and with it the window) for long. Raises StudioError where it is missing, torn, or of other classes."""
    paths: list[str] = []
    truth: list[int] = []
    loss: list[float] = []
    lines: list[NDArray[np.float32]] = []
    try:
        with path.open(encoding="utf-8") as file:
            for image in _images(file):
                paths.append(str(image["path"]))
                truth.append(int(image["truth"]))
                loss.append(float("nan") if image.get("loss") is None else float(image["loss"]))
                lines.append(np.asarray(image["probabilities"], np.float32))
        table = np.stack(lines) if lines else np.empty((0, len(classes)), np.float32)
        if table.shape[1] != len(classes) or any(not 0 <= t < len(classes) for t in truth):
            raise ValueError("other classes")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudioError(
            "What the model said of each image could not be read", "The file is missing or incomplete", "Measure again", details=repr(error)
        ) from None
    return Predictions(classes, paths, np.asarray(truth, np.int64), table, np.asarray(loss, np.float32))


def _images(file: IO[str]) -> Iterator[dict[str, Any]]:
    """The objects of the array "images", one after the other."""
    decode = json.JSONDecoder().raw_decode
    text, ended = "", False
    while (start := _IMAGES.search(text)) is None:
        more = file.read(CHUNK)
        if not more:
            raise ValueError("no images")
        text += more
    at = start.end()
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        if at < len(text):
            if text[at] == "]":
                return
            try:
                image, at = decode(text, at)
            except ValueError:
                if ended:
                    raise
            else:
                yield image
                continue
        elif ended:
            raise ValueError("the list does not end")
        more = file.read(CHUNK)
        ended = not more
        text, at = text[at:] + more, 0
