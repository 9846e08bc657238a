"""A run as the window draws it: events folded into arrays, live or from a run folder, with the same code. Knows no Qt."""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Iterable

from tlstudio import events
from tlstudio.events import Event
from tlstudio.gui.layer_signals import LayerSignals

MAX_NOTES = 500


def head_alone(stage: events.StageStarted) -> bool:
    """Whether nothing but the head learns in a stage, so that the backbone has no rate."""
    return stage.learns == "head" or (stage.backbone_lr is None and stage.lr is not None)


class RunHistory:
    """Everything an event stream said, ready to draw.

    x: place of each training step in epochs (epoch - 1 + step / steps an epoch); loss, accuracy, lr, backbone_lr: one a step.
    epochs: the epoch table; best: its best line; rates: changes of the rates while it ran; back: when it last went back; caches: what is
    kept in each stage, the last said last; remarks: what was noted after the last step, of how the stages did; the last of each other kind
    of event under its name.
    """

    def __init__(self, said: Iterable[Event] = ()) -> None:
        self.started: events.RunStarted | None = None
        self.stages: list[events.StageStarted] = []
        self.caches: list[events.PrefixCached] = []
        self.x, self.loss, self.accuracy = array("d"), array("d"), array("d")
        self.lr, self.backbone_lr = array("d"), array("d")
        self.epochs: list[events.EpochEnded] = []
        self.best: events.EpochEnded | None = None
        self.rates: list[events.RateChanged] = []
        self.back: events.WentBack | None = None
        self.notes: list[events.Note] = []
        self.remarks: list[events.Note] = []
        self.progress: events.Progress | None = None
        self.checkpoint: events.CheckpointWritten | None = None
        self.masks: events.MasksKept | None = None
        self.watched: events.Watched | None = None
        self.proof: events.FrozenProof | None = None
        self.signals = LayerSignals()
        self.ended: events.RunEnded | None = None
        self.failed: events.RunFailed | None = None
        for event in said:
            self.add(event)

    def add(self, event: Event) -> None:
        match event:
            case events.Steps():
                self.remarks = []
                self._add_steps(event)
            case events.EpochEnded():
                self.epochs.append(event)
                self.best = event if event.best else self.best
            case events.Progress():
                self.progress = event
            case events.Note():
                self.notes.append(event)
                del self.notes[:-MAX_NOTES]
                if self.epochs and event.level == "info":
                    self.remarks.append(event)
            case events.RunStarted():
                self._start(event)
            case events.StageStarted():
                self.remarks = []
                self.stages = [stage for stage in self.stages if stage.first_epoch < event.first_epoch] + [event]
            case events.RateChanged():
                self.rates.append(event)
            case events.WentBack():
                self.back = event
                self._cut_back(event.epochs, event.steps)
            case events.PrefixCached():
                self.caches = [cache for cache in self.caches if cache.stage != event.stage] + [event]
            case events.CheckpointWritten():
                self.checkpoint = event
            case events.MasksKept():
                self.masks = event
            case events.Watched():
                self.watched = event
            case events.Signals():
                self.signals.add(event, self.place(event.epoch, event.step))
            case events.FrozenProof():
                self.proof = event
            case events.RunEnded():
                self.ended = event
            case events.RunFailed():
                self.failed = event

    def stage_of(self, epoch: int) -> events.StageStarted | None:
        """The stage to which an epoch belongs, as far as it has begun."""
        return next((stage for stage in reversed(self.stages) if stage.first_epoch <= epoch), None)

    @property
    def epoch_now(self) -> int:
        """The epoch that is being trained, or was last; 0 before the run is known."""
        return min(len(self.epochs) + 1, self.started.epochs) if self.started else 0

    @property
    def factor(self) -> float:
        """What the recipe's rates are multiplied with now."""
        return self.rates[-1].factor if self.rates else 1.0

    def place(self, epoch: int, step: int) -> float:
        """Where on the axis of epochs that is, after `step` steps of the epoch (1-based)."""
        return epoch - 1 + step / max(1, self.started.steps_per_epoch if self.started else 1)

    def _start(self, event: events.RunStarted) -> None:
        self.started, self.ended, self.failed, self.remarks = event, None, None, []
        self._cut_back(*(event.resumed_from or (0, 0)))  # without a checkpoint it began anew

    def _cut_back(self, epochs: int, steps: int) -> None:
        """Forget what lies beyond a place: it goes on from there."""
        self.epochs = [epoch for epoch in self.epochs if epoch.epoch <= epochs]
        self.best = next((epoch for epoch in reversed(self.epochs) if epoch.best), None)
        self.rates = [one for one in self.rates if (one.epoch - 1, one.step) <= (epochs, steps)]
        self.stages = [stage for stage in self.stages if stage.first_epoch <= epochs + 1]
        self.signals.cut_back(self.place(epochs + 1, steps))
        keep = bisect.bisect_right(self.x, self.place(epochs + 1, steps) + 1e-9)
        for values in (self.x, self.loss, self.accuracy, self.lr, self.backbone_lr):
            del values[keep:]

    def _add_steps(self, event: events.Steps) -> None:
        steps = max(1, self.started.steps_per_epoch) if self.started else 1
        nan = float("nan")
        self.x.extend(event.epoch - 1 + (event.first + i) / steps for i in range(len(event.loss)))
        self.loss.extend(nan if v is None else v for v in event.loss)
        self.accuracy.extend(nan if v is None else v for v in event.accuracy)
        self.lr.extend(event.lr)
        self.backbone_lr.extend(event.backbone_lr)
