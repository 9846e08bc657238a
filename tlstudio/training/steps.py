"""The bookkeeping of training steps: values stay on the device and are read a few times a second, not every step."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import torch
from torch import Tensor

from tlstudio.data.masks import IGNORE, MAX_CLASSES
from tlstudio.errors import StudioError
from tlstudio.events import Steps
from tlstudio.training.distributed import ranks

EVERY = 0.1  # seconds between two readings
ROWS = 4  # of masks one row in so many is looked at: all of them took longer than the loss


class Runaway(StudioError):
    """The loss is no number any more: weights went out of all bounds."""


def check_finite(loss: float, epoch: int) -> None:
    """Raises Runaway for a loss that is no number."""
    if not math.isfinite(loss):
        raise Runaway(
            f"The loss is no number any more in epoch {epoch}",
            "the learning rate is most likely too high",
            "Lower the rates to a tenth and start again; the best epoch so far is kept",
        )


def likeliest(logits: Tensor) -> Tensor:
    """The first of the likeliest classes, (B, ...) of logits (B, C, ...): as argmax over dimension 1, which is slow on maps whose
    channels lie apart in memory."""
    if logits.dim() == 2 or not logits.is_contiguous() or logits.shape[1] > MAX_CLASSES:
        return logits.argmax(1)
    classes = logits.shape[1]
    codes = torch.arange(classes, 0, -1, dtype=torch.uint8, device=logits.device).view(-1, *[1] * (logits.dim() - 2))
    highest = (logits >= logits.amax(1, keepdim=True)).view(torch.uint8).mul_(codes).amax(1)
    return (classes - highest).clamp_max_(classes - 1)


class StepLog:
    """Loss and accuracy of each step of an epoch, read in stretches; sums over the epoch for the epoch table."""

    def __init__(self, epoch: int, done: int, sums: dict[str, float]) -> None:
        self.epoch, self.done = epoch, done
        self.sums = sums
        self._before = sums["seen"]
        self._loss: list[Tensor] = []
        self._right: list[Tensor] = []
        self._sizes: list[int] = []
        self._rates: list[tuple[float, float]] = []
        self._next = time.monotonic() + EVERY
        self._ranks, self._read_to = ranks(), done

    @staticmethod
    def zero() -> dict[str, float]:
        return {"loss": 0.0, "right": 0.0, "seen": 0.0}

    @property
    def due(self) -> bool:
        """Whether to read now: every so many steps where several ranks have to do so together."""
        after = self._ranks.until_reading
        return time.monotonic() >= self._next if after is None else self.done >= self._read_to + after

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor, rates: tuple[float, float]) -> None:
        """One step: mean loss (), logits (B, C, ...), labels (B, ...), the rates of head and backbone it was made with.

        Of masks the share of pixels that are right, in every fourth row, counts as the images' accuracy.
        """
        self._loss.append(loss.detach())
        logits = logits.detach()
        if labels.dim() > 1:
            logits, labels = logits[..., ::ROWS, :].contiguous(), labels[..., ::ROWS, :]
        right = (likeliest(logits) == labels).sum()
        if labels.dim() > 1:
            right = right * len(labels) / (labels != IGNORE).sum().clamp_min(1)
        self._right.append(right)
        self._sizes.append(len(labels))
        self._rates.append(rates)
        self.done += 1

    def read(self) -> Iterator[Steps]:
        """The event of the steps since the last reading, if there are any. Raises Runaway when the loss is no number."""
        self._next = time.monotonic() + EVERY
        if not self._sizes:
            return
        rates, self._read_to = self._rates, self.done
        losses, rights, sizes = self._ranks.reading(
            [torch.stack(self._loss).tolist(), torch.stack(self._right).tolist(), self._sizes], EVERY
        )
        losses = [loss / self._ranks.size for loss in losses]
        self._loss, self._right, self._sizes, self._rates = [], [], [], []
        for loss, right, size in zip(losses, rights, sizes, strict=True):
            self.sums["loss"] += loss * size
            self.sums["right"] += right
            self.sums["seen"] += size
        yield Steps(
            epoch=self.epoch,
            first=self.done - len(losses) + 1,
            loss=losses,
            accuracy=[right / size for right, size in zip(rights, sizes, strict=True)],
            lr=[head for head, _ in rates],
            backbone_lr=[backbone for _, backbone in rates],
        )
        for loss in losses:
            check_finite(loss, self.epoch)

    @property
    def seen_now(self) -> float:
        """Images seen since this log began (a resumed epoch began before)."""
        return self.sums["seen"] - self._before

    @property
    def mean_loss(self) -> float:
        return self.sums["loss"] / max(1.0, self.sums["seen"])

    @property
    def accuracy(self) -> float:
        return self.sums["right"] / max(1.0, self.sums["seen"])
