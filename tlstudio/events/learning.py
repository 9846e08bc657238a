"""What is measured while a network learns: steps, epochs, layers, what is kept to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from tlstudio.events.event import Event


@dataclass(frozen=True, kw_only=True)
class Steps(Event):
    """Training steps since the last such event, in order. One list entry a step; rates are those used in that step.

    epoch: 1-based; first: the 1-based step within the epoch of the first entry.
    loss: mean over the batch (nats for cross-entropy); accuracy: share 0..1 of the batch.
    """

    kind: ClassVar[str] = "steps"
    epoch: int
    first: int
    loss: list[float]
    accuracy: list[float]
    lr: list[float]
    backbone_lr: list[float]


@dataclass(frozen=True, kw_only=True)
class EpochEnded(Event):
    """One line of the epoch table. epoch is 1-based; metrics are fractions; correct of n validation images were right.

    Segmentation: accuracies are shares of pixels, correct is None, val_mean_iou the mean over the classes (None else).
    """

    kind: ClassVar[str] = "epoch"
    epoch: int
    stage: str
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    correct: int | None
    n: int
    lr: float
    backbone_lr: float
    seconds: float
    images_per_second: float
    best: bool
    val_mean_iou: float | None = None


@dataclass(frozen=True, kw_only=True)
class MasksKept(Event):
    """Masks that the network made of a few validation images, always the same ones, after an epoch (segmentation).

    folder: absolute, holds index.json and the PNG files it names, see training/kept_masks.py.
    """

    kind: ClassVar[str] = "masks"
    epoch: int
    folder: str


@dataclass(frozen=True, kw_only=True)
class Watched(Event):
    """What the network makes of a few validation images, always the same ones, after an epoch (classification).

    paths: absolute; truth: index of each one's class. labels: of each the likeliest classes, the first first (at most five), with
    their probabilities, rounded to four digits.
    """

    kind: ClassVar[str] = "watched"
    epoch: int
    paths: list[str]
    truth: list[int]
    labels: list[list[int]]
    probabilities: list[list[float]]


@dataclass(frozen=True, kw_only=True)
class FrozenProof(Event):
    """Checksums (BLAKE2b, hex) over the bytes of all frozen parameters and buffers. moved: paths that changed; ok: none did.

    epoch: after which they were looked at; None at the end of the run. After an epoch the checksums are over quicker sums of the same bits
    (`models.freezing.quick_sum`). values: how many numbers the tensors hold, 0 where that was not told.
    """

    kind: ClassVar[str] = "frozen_proof"
    ok: bool
    tensors: int
    before: str
    after: str
    moved: list[str] = field(default_factory=list)
    epoch: int | None = None
    values: int = 0


@dataclass(frozen=True, kw_only=True)
class Signals(Event):
    """How each layer learns, after `step` steps of the epoch. Lists run along `layers`, dotted paths of modules that own what learns.

    gradient: norm of their gradients; update: norm of the step's change over the norm of the weights; drift: norm of the distance from the
    weights the run began with over the norm of those; dead: share 0..1 of output channels that are 0 for every input. None: not known.
    """

    kind: ClassVar[str] = "signals"
    epoch: int
    step: int
    layers: list[str]
    gradient: list[float | None]
    update: list[float | None]
    drift: list[float | None]
    dead: list[float | None]
