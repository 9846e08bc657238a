"""Where the inputs of a stage come from: what the frozen part gives, computed once, or the pictures themselves; how far all of it is."""

from __future__ import annotations

from collections.abc import Generator

from tlstudio.control import Control
from tlstudio.errors import Cancelled
from tlstudio.events import Event, PrefixCached, Progress
from tlstudio.training.cached import Cached
from tlstudio.training.keeping import none, sentence
from tlstudio.training.pace import Headway, Pace
from tlstudio.training.place import Place
from tlstudio.training.rows import CannotKeep, Stopped
from tlstudio.training.setup import Ground, Setup
from tlstudio.training.source import Source
from tlstudio.training.stages import Stage

# Cost of learning from an image, in forward passes of the whole network: forward and backward; through the head alone; through what
# stands behind a cut, of which is not known where it lies.
LEARN, LEARN_HEAD, LEARN_BEHIND = 3.0, 0.002, 1.0
# Seconds that a step and an epoch take beside that, on two cores: what there is to expect of a head before its first epoch was timed.
_STEP, _EPOCH = 0.001, 0.01


class Inputs:
    """Of one stage after the other. source: of the present one. kept: what was kept in each.

    learn, judge: the cost of an image that is learned from, and of one that is judged, in forward passes of the whole network.
    """

    def __init__(self, ground: Ground, place: Place, control: Control) -> None:
        self._ground, self._place, self._control = ground, place, control
        self._setup: Setup
        self._stage: Stage
        self._source: Source | Cached | None = None
        self.pace = Pace(1.0, control.clock)
        self._headway = Headway(control.clock, place.epoch / ground.stages[-1].last)  # of a run that goes on, where its epochs are
        self.learn = self.judge = 1.0
        self.kept: list[PrefixCached] = []

    @property
    def source(self) -> Source | Cached:
        assert self._source is not None
        return self._source

    def begin(self, stage: Stage, setup: Setup) -> Generator[Event, None, None]:
        """Make the source of a stage, and compute what it keeps. Raises Cancelled where the user stops before anything was learned."""
        place, control, self._setup, self._stage = self._place, self._control, setup, stage
        self.close()
        self._source = None  # its rows go before room for others is looked for
        self._source = source = setup.source(control, place.kept)
        behind = LEARN_HEAD if setup.head_alone else LEARN_BEHIND
        self.learn, self.judge = (behind, behind / 3) if isinstance(source, Cached) else (LEARN, 1.0)
        before = self.pace.later_rate
        self.pace = Pace(1.0, control.clock)
        self.pace.later_rate = before
        self.expect(filling=isinstance(source, Cached))
        stopped = False
        if isinstance(source, Cached):
            try:
                cached = yield from self._fill(source, stage)
            except CannotKeep as trouble:
                stopped = isinstance(trouble, Stopped)
                source.close()
                setup.choice = none(str(trouble))
                self._source = setup.whole(control)
                self.learn, self.judge = LEARN, 1.0
                self.expect()
        if not isinstance(self._source, Cached):
            cached = PrefixCached(stage=stage.name, sentence=sentence(setup.choice, images=0, nbytes=0, computed=0, saves=None))
            if not (stopped or control.stopping):  # a resume keeps what it would have kept
                place.kept = setup.choice.to_json()
        self.pace.afresh()
        self.pace.beside = 0.0
        self.kept.append(cached)
        yield cached

    def _fill(self, source: Cached, stage: Stage) -> Generator[Event, None, PrefixCached]:
        """Raises CannotKeep, and Cancelled where the user stops before anything was learned."""
        try:
            for event in source.fill(["train", "val"], self.pace, stage.name):  # which heeds a stop, where all ranks can
                if isinstance(event, PrefixCached):
                    cached = event
                elif isinstance(event, Progress):
                    yield event.replace(overall=self._headway.at(event.remaining))
                else:
                    yield event
            if self._control.stopping:
                raise Stopped("the run was stopped")
        except Stopped:
            if self._place.best is None:
                raise Cancelled("Stopped before anything was learned", "", "Resume the run, or start again") from None
            raise
        self._place.kept = source.choice.to_json()
        if source.computed and cached.seconds:  # forward passes, which later stages are made of
            self.pace.later_rate = source.computed / cached.seconds
        return cached

    def expect(self, *, filling: bool = False) -> None:
        """Look anew at how much is still to come: work of all of it, in forward passes of one image, and how much of that lies in later
        stages, which are taken to cost what the whole network costs. filling: what the stage keeps is still to be computed."""
        n_train, n_val, place, stage = self._setup.n("train"), self._setup.n("val"), self._place, self._stage
        epochs, kept = stage.last - place.epoch, self._source if isinstance(self._source, Cached) else None
        units = epochs * (n_train * self.learn + n_val * self.judge)
        later = (self._ground.stages[-1].last - stage.last) * (n_train * LEARN + n_val)
        if kept is not None and not kept.exact:  # the best is measured once more, by the whole network
            later += n_val
        else:
            units += n_val * self.judge
        beside = 0.0
        if kept is not None and filling:
            units += n_train * kept.choice.views + n_val
            beside = epochs * (len(self._setup.cuts) * _STEP + _EPOCH)
        self.pace.expect(max(1.0, units + later), later, beside=beside)

    def progress(self, phase: str, done: int, total: int) -> Progress:
        """How far the phase is: train, in steps; validate, in images."""
        pace, cost = self.pace, self.learn if phase == "train" else self.judge
        speed = pace.per_second / cost if pace.per_second is not None else None
        unit = "steps" if phase == "train" else "images"
        left = pace.remaining
        return Progress(phase=phase, done=done, total=total, unit=unit, overall=self._headway.at(left), remaining=left, per_second=speed)

    def close(self) -> None:
        """Let go of the files that the stage's inputs are read from."""
        if self._source is not None:
            self._source.close()
