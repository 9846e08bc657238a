"""How good a network is on a set of images: the very code behind every epoch, every summary and `evaluate`."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tlstudio.training.out_of_memory import in_halves

# One batch size for all measuring: float rounding depends on it, and the same figure has to come out each time.
BATCH = 32


@dataclass(frozen=True)
class Measured:
    """What was measured on N images of C classes. logits: (N, C) float32 on the CPU; labels: (N,) int64."""

    logits: Tensor
    labels: Tensor

    @property
    def n(self) -> int:
        return len(self.labels)

    @property
    def predictions(self) -> Tensor:
        """The likeliest class of each image, (N,) int64."""
        return self.logits.argmax(1)

    @property
    def correct(self) -> int:
        return int((self.predictions == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """Share 0..1 of images whose likeliest class is the truth."""
        return self.correct / self.n

    @property
    def metric(self) -> float:
        """What the best epoch is chosen by."""
        return self.accuracy

    @property
    def mean_iou(self) -> None:
        """Only masks have one."""
        return

    def figures(self) -> dict[str, Any]:
        """For summary.json and `evaluate`."""
        interval = list(wilson(self.correct, self.n))
        return {"accuracy": self.accuracy, "accuracy_interval": interval, "loss": self.loss, "correct": self.correct, "n": self.n}

    @property
    def losses(self) -> Tensor:
        """Cross-entropy of each image in nats, (N,) float32."""
        return functional.cross_entropy(self.logits, self.labels, reduction="none")

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats."""
        return float(self.losses.double().mean())

    @property
    def probabilities(self) -> Tensor:
        """Softmax, (N, C) float32."""
        return self.logits.softmax(1)


def measure(forward: Callable[[Tensor], Tensor], batches: Iterable[tuple[Tensor, Tensor]]) -> Measured:
    """As `forward` (modules already in eval) sees batches of (inputs (B, ...), labels (B or fewer)): the logits of what has a label."""
    measuring = measured(forward, batches)
    while True:
        try:
            next(measuring)
        except StopIteration as ended:
            result: Measured = ended.value
            return result


def measured(forward: Callable[[Tensor], Tensor], batches: Iterable[tuple[Tensor, Tensor]]) -> Generator[int, None, Measured]:
    """As `measure`; yields the number of images so far after each batch, for those who tell how far it is."""
    logits, labels, done = [], [], 0
    for inputs, truth in batches:
        with torch.inference_mode():
            logits.append(in_halves(forward, inputs)[: len(truth)].float().cpu())
        labels.append(truth.cpu())
        done += len(truth)
        yield done
    return Measured(torch.cat(logits), torch.cat(labels))


def wilson(correct: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a share (Wilson, 1927), right also near 0 and 1. (0, 1) for n = 0."""
    if n == 0:
        return 0.0, 1.0
    p = correct / n
    centre, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)
    return 0.0 if correct == 0 else low, 1.0 if correct == n else high  # rounding misses these by a hair
