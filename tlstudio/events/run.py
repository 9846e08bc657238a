"""What happens to a run as a whole: its beginning, its stages, what turned it, its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tlstudio.events.event import Event


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """The run begins or, with resumed_from (epochs done, steps done in the next), goes on.

    best: of one that goes on, the epoch whose weights are the best so far; 0: there are none; None: not told.
    """

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
    best: int | None = None

    def __post_init__(self) -> None:
        """Raises TypeError where an epoch has no number of steps, as in a damaged file: places of everything would follow from it."""
        if type(self.steps_per_epoch) is not int or self.steps_per_epoch < 0:
            raise TypeError("steps_per_epoch is no number of steps")


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
class CheckpointWritten(Event):
    """`last.ckpt` now holds everything up to here (and `best.safetensors` the best so far)."""

    kind: ClassVar[str] = "checkpoint"
    epoch: int
    step: int
    best: bool


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
    """Training goes on from an earlier place: `epochs` whole ones and `steps` steps of the next are done. sentence: why, for the user.

    best: the epoch whose weights are the best from here on; 0: there are none, it is chosen anew; None: not told.
    """

    kind: ClassVar[str] = "went_back"
    epochs: int
    steps: int
    sentence: str
    best: int | None = None


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
