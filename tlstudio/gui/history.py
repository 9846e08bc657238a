"""A run as the window draws it: events folded into arrays, live or from a run folder, with the same code. Knows no Qt."""

from __future__ import annotations

import bisect
from array import array
from collections import deque
from collections.abc import Iterable
from typing import cast

from tlstudio import events
from tlstudio.events import Event
from tlstudio.events.turned import kept_of, with_best
from tlstudio.gui.layer_signals import LayerSignals

MAX_NOTES = 500
_LOOKS = 64  # epochs of which pictures are remembered, for a run that goes back


def head_alone(stage: events.StageStarted) -> bool:
    """Whether nothing but the head learns in a stage, so that the backbone has no rate."""
    return stage.learns == "head" or (stage.backbone_lr is None and stage.lr is not None)


class RunHistory:
    """Everything an event stream said, ready to draw.

    x: place of each training step in epochs (epoch - 1 + step / steps an epoch); loss, accuracy, lr, backbone_lr: one a step.
    epochs: the epoch table; best: its line whose weights are kept; rates: changes of the rates while it ran; back: when it last went back;
    caches: what is kept in each stage, the last said last; outset: what was noted before the first step, of how it computes (a better
    batch size, say); remarks: what was noted after the last step, of how the stages did; warnings: what went wrong since the first step,
    each once, the last said last; the last of each other kind of event under its name.
    version: another whenever anything came but progress.
    """

    def __init__(self, said: Iterable[Event] = ()) -> None:
        self.version = 0
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
        self.outset: list[events.Note] = []
        self.remarks: list[events.Note] = []
        self.warnings: list[events.Note] = []
        self._stepped = True  # since the run began, or went on
        self.progress: events.Progress | None = None
        self.checkpoint: events.CheckpointWritten | None = None
        self._looks: deque[events.MasksKept | events.Watched] = deque(maxlen=_LOOKS)
        self.proof: events.FrozenProof | None = None
        self.signals = LayerSignals()
        self.ended: events.RunEnded | None = None
        self.failed: events.RunFailed | None = None
        for event in said:
            self.add(event)

    def add(self, event: Event) -> None:
        self.version += not isinstance(event, events.Progress)
        match event:
            case events.Steps():
                self.remarks, self._stepped = [], True
                self._add_steps(event)
            case events.EpochEnded():
                self.epochs.append(event)
                self.best = event if event.best else self.best
            case events.Progress():
                self.progress = event
            case events.Note():
                self.notes.append(event)
                del self.notes[:-MAX_NOTES]
                self._note(event)
            case events.RunStarted():
                self._start(event)
            case events.StageStarted():
                self.remarks = []
                self.stages = [stage for stage in self.stages if stage.first_epoch < event.first_epoch] + [event]
            case events.RateChanged():
                self.rates.append(event)
            case events.WentBack():
                self.back = event
                self._cut_back(event.epochs, event.steps, event.best)
            case events.PrefixCached():
                self.caches = [cache for cache in self.caches if cache.stage != event.stage] + [event]
            case events.CheckpointWritten():
                self.checkpoint = event
                self.warnings = [note for note in self.warnings if note.level != "bad"]  # that none could be written
            case events.MasksKept() | events.Watched():
                self._looks.append(event)
            case events.Signals():
                self.signals.add(event, self.place(event.epoch, event.step))
            case events.FrozenProof():
                self.proof = event
            case events.RunEnded():
                self.ended = event
                if (best := event.summary.get("best_epoch")) is not None:
                    self._set_epochs((with_best(epoch, best) for epoch in self.epochs), best)
            case events.RunFailed():
                self.failed = event

    @property
    def masks(self) -> events.MasksKept | None:
        """Of the newest epoch of which there are some."""
        return next((look for look in reversed(self._looks) if isinstance(look, events.MasksKept)), None)

    @property
    def watched(self) -> events.Watched | None:
        """Of the newest epoch of which there is some."""
        return next((look for look in reversed(self._looks) if isinstance(look, events.Watched)), None)

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
        self.outset, self.warnings, self._stepped = [], [], False
        self._cut_back(*(event.resumed_from or (0, 0)), event.best)  # without a checkpoint it began anew

    def _note(self, event: events.Note) -> None:
        if not self._stepped:
            self.outset.append(event)
        elif event.level != "info":
            self.warnings = [note for note in self.warnings if note.message != event.message] + [event]
        elif self.epochs:
            self.remarks.append(event)

    def _cut_back(self, epochs: int, steps: int, best: int | None) -> None:
        """Forget what lies beyond a place: it goes on from there. best: the epoch whose weights are the best then, 0 for none."""
        self._set_epochs(kept_of(self.epochs, epochs, steps, best), best)
        self.rates = cast(list[events.RateChanged], kept_of(self.rates, epochs, steps))
        self._looks = deque(cast(list[events.Watched], kept_of(self._looks, epochs, steps)), maxlen=_LOOKS)
        if self.checkpoint is not None and not kept_of([self.checkpoint], epochs, steps):
            self.checkpoint = self.checkpoint.replace(epoch=epochs, step=steps)
        self.stages = [stage for stage in self.stages if stage.first_epoch <= epochs + 1]
        self.signals.cut_back(self.place(epochs + 1, steps))
        keep = bisect.bisect_right(self.x, self.place(epochs + 1, steps) + 1e-9)
        for values in (self.x, self.loss, self.accuracy, self.lr, self.backbone_lr):
            del values[keep:]

    def _set_epochs(self, epochs: Iterable[Event], best: int | None) -> None:
        """Other lines of the table in place of those before. best: the epoch whose weights are kept; None: the last that was the best."""
        self.epochs = cast(list[events.EpochEnded], list(epochs))
        self.best = next((epoch for epoch in reversed(self.epochs) if epoch.best and best in (None, epoch.epoch)), None)

    def _add_steps(self, event: events.Steps) -> None:
        steps = max(1, self.started.steps_per_epoch) if self.started else 1
        nan = float("nan")
        self.x.extend(event.epoch - 1 + (event.first + i) / steps for i in range(len(event.loss)))
        self.loss.extend(nan if v is None else v for v in event.loss)
        self.accuracy.extend(nan if v is None else v for v in event.accuracy)
        self.lr.extend(event.lr)
        self.backbone_lr.extend(event.backbone_lr)
