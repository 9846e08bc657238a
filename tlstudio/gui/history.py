"""A run as the window draws it: events folded into arrays, live or from a run folder, with the same code. Knows no Qt."""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Iterable

from tlstudio import events
from tlstudio.events import Event

MAX_NOTES = 500


class RunHistory:
    """Everything an event stream said, ready to draw.

    x: place of each training step in epochs (epoch - 1 + step / steps an epoch); loss, accuracy, lr, backbone_lr: one a step.
    epochs: the epoch table; best: its best line; caches: what is kept in each stage, the last said last; remarks: what was noted after the
    last step, of how the stages did; the last of each other kind of event under its name.
    """

    def __init__(self, said: Iterable[Event] = ()) -> None:
        self.started: events.RunStarted | None = None
        self.stages: list[events.StageStarted] = []
        self.caches: list[events.PrefixCached] = []
        self.x, self.loss, self.accuracy = array("d"), array("d"), array("d")
        self.lr, self.backbone_lr = array("d"), array("d")
        self.epochs: list[events.EpochEnded] = []
        self.best: events.EpochEnded | None = None
        self.notes: list[events.Note] = []
        self.remarks: list[events.Note] = []
        self.progress: events.Progress | None = None
        self.checkpoint: events.CheckpointWritten | None = None
        self.masks: events.MasksKept | None = None
        self.proof: events.FrozenProof | None = None
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
            case events.PrefixCached():
                self.caches = [cache for cache in self.caches if cache.stage != event.stage] + [event]
            case events.CheckpointWritten():
                self.checkpoint = event
            case events.MasksKept():
                self.masks = event
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

    def _start(self, event: events.RunStarted) -> None:
        self.started, self.ended, self.failed, self.remarks = event, None, None, []
        epochs, steps = event.resumed_from or (0, 0)  # without a checkpoint it began anew
        self.epochs = [epoch for epoch in self.epochs if epoch.epoch <= epochs]
        self.best = next((epoch for epoch in reversed(self.epochs) if epoch.best), None)
        end = epochs + steps / max(1, event.steps_per_epoch) + 1e-9
        keep = bisect.bisect_right(self.x, end)
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
