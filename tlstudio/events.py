"""What a job says while it works: small frozen records, one JSON object a line, told apart by `kind`.

`fit` yields them, an engine writes them to its parent, a run folder keeps them in `events.jsonl`, the window draws from them,
live or from disk, with the same code. Arrays and images never ride in an event: they travel by file.
"""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

_KINDS: dict[str, type[Event]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. `at` is the wall clock in seconds since 1970."""

    kind: ClassVar[str] = ""
    at: float = field(default_factory=time.time)

    def __init_subclass__(cls) -> None:
        _KINDS[cls.kind] = cls

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **{f.name: getattr(self, f.name) for f in dataclasses.fields(self)}}

    def to_line(self) -> str:
        """One line of JSON with its newline. NaN and infinities become null: they are not JSON."""
        return dumps(self.to_json()) + "\n"

    def replace(self, **changes: Any) -> Self:
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """How far the present phase is.

    phase: scan, unpack, sample, download, features, train, validate, test, evaluate, predict, ...
    done, total: in `unit` (images, files, bytes, steps); total 0: not known.
    overall: share 0..1 of the whole job, or None.
    remaining: seconds to the end of the whole job as (low, high), or None while not known.
    """

    kind: ClassVar[str] = "progress"
    phase: str
    done: int
    total: int = 0
    unit: str = "images"
    overall: float | None = None
    remaining: tuple[float, float] | None = None
    per_second: float | None = None


@dataclass(frozen=True, kw_only=True)
class Note(Event):
    """A line for the log and, from `warn` on, for the eyes. level: info, warn, bad."""

    kind: ClassVar[str] = "note"
    message: str
    level: str = "info"


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """The run begins or, with resumed_from (epochs done, steps done in the next), goes on."""

    kind: ClassVar[str] = "run_started"
    run: str
    name: str
    task: str
    model: str
    strategy: str
    epochs: int
    steps_per_epoch: int
    n_train: int
    n_val: int
    n_test: int
    classes: list[str]
    device: str
    params: int
    params_learning: int
    cached: bool
    resumed_from: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class StageStarted(Event):
    """A stretch of epochs with its own frozen set and rates.

    learns: words for the user ("head", "last block", "everything"). Epochs are counted through all stages of a run, from 1.
    lr, backbone_lr: the rates it begins with, of the head and of what learns of the backbone.
    """

    kind: ClassVar[str] = "stage"
    name: str
    learns: str
    first_epoch: int
    last_epoch: int
    lr: float | None = None
    backbone_lr: float | None = None


@dataclass(frozen=True, kw_only=True)
class PrefixCached(Event):
    """What a stage need not compute again: the outputs of the frozen part in front, kept for every image.

    stage: name of the stage. sentence: for the user: what is kept, why not if not, what it saves.
    how: features (what enters the head), graph (the network cut at its first node that learns), modules (outputs of whole frozen
    layers), none. images: of training and validation; computed, reused: of their views, now and before; views: of a training image.
    bytes, dtype: of what is kept; where: memory, disk, device or "". seconds: spent on it; saves_seconds: that the stage saves, or None.
    """

    kind: ClassVar[str] = "cache"
    stage: str
    sentence: str
    how: str = "none"
    images: int = 0
    computed: int = 0
    reused: int = 0
    views: int = 1
    bytes: int = 0
    dtype: str = ""
    where: str = ""
    seconds: float = 0.0
    saves_seconds: float | None = None


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
class CheckpointWritten(Event):
    """`last.ckpt` now holds everything up to here (and `best.safetensors` the best so far)."""

    kind: ClassVar[str] = "checkpoint"
    epoch: int
    step: int
    best: bool


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
class RateChanged(Event):
    """From the next step on the recipe's rates are multiplied with `factor` (instead of with an earlier one).

    epoch: 1-based; step: steps of it that are done. lr, backbone_lr: of the next step. why: user, or guard after a runaway.
    """

    kind: ClassVar[str] = "rate"
    epoch: int
    step: int
    factor: float
    lr: float
    backbone_lr: float
    why: str = "user"


@dataclass(frozen=True, kw_only=True)
class WentBack(Event):
    """Training goes on from an earlier place: `epochs` whole ones and `steps` steps of the next are done. sentence: why, for the user."""

    kind: ClassVar[str] = "went_back"
    epochs: int
    steps: int
    sentence: str


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


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """The run is complete ("completed"), was ended because it got no better ("early"), or was stopped and keeps its best ("stopped").
    summary: what summary.json holds."""

    kind: ClassVar[str] = "run_ended"
    reason: str
    summary: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RunFailed(Event):
    """The run could not go on; what, why and do are sentences for the user. It can be resumed from its last checkpoint."""

    kind: ClassVar[str] = "run_failed"
    what: str
    why: str = ""
    do: str = ""


@dataclass(frozen=True, kw_only=True)
class StudyStep(Event):
    """A study comes to the run `index` (from 1) of `of`, whose own events follow, or is through with it.

    study: its name; run: the folder, "" where there is none yet; title: for the user. state: running, done, failed, pruned.
    value: of a done run the validation accuracy, or mean IoU. why: a sentence for a failed one.
    """

    kind: ClassVar[str] = "study"
    study: str
    index: int
    of: int
    run: str
    title: str
    state: str = "running"
    value: float | None = None
    why: str = ""


def from_json(said: dict[str, Any]) -> Event | None:
    """The event that `to_json` described; None for a kind of a newer version. Unknown keys are passed over."""
    named = said.get("kind")
    kind = _KINDS.get(named) if isinstance(named, str) else None
    if kind is None:
        return None
    names = {f.name for f in dataclasses.fields(kind)}
    values: Any = {
        key: tuple(value) if isinstance(value, list) and key in _TUPLES else value for key, value in said.items() if key in names
    }
    try:
        event: Event = kind(**values)
        return event
    except TypeError:  # a field of a newer or older version is missing
        return None


_TUPLES = {"remaining", "resumed_from"}


def dumps(said: Any, *, indent: int | None = None) -> str:
    """A document as JSON, on one line unless `indent` is given. NaN and infinities become null: they are not JSON."""
    separators = (",", ":") if indent is None else None
    try:
        return json.dumps(said, allow_nan=False, separators=separators, indent=indent)
    except ValueError:
        return json.dumps(_finite(said), allow_nan=False, separators=separators, indent=indent)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return value
