"""Where the inputs of a stage come from: what the frozen part gives, computed once, or the pictures themselves; how far all of it is."""

from __future__ import annotations

from collections.abc import Generator

from tlstudio.control import Control
from tlstudio.errors import Cancelled
from tlstudio.events import Event, PrefixCached, Progress
from tlstudio.training.cached import Cached
from tlstudio.training.keeping import none, sentence
from tlstudio.training.pace import Pace
from tlstudio.training.place import Place
from tlstudio.training.rows import CannotKeep
from tlstudio.training.setup import Ground, Setup
from tlstudio.training.source import Source
from tlstudio.training.stages import Stage

# Cost of learning from an image, in forward passes of the whole network: forward and backward; through the head alone; through what
# stands behind a cut, of which is not known where it lies.
LEARN, LEARN_HEAD, LEARN_BEHIND = 3.0, 0.002, 1.0


class Inputs:
    """Of one stage after the other. source: of the present one. kept: what was kept in each.

    learn, judge: the cost of an image that is learned from, and of one that is judged, in forward passes of the whole network.
    """

    def __init__(self, ground: Ground, place: Place, control: Control) -> None:
        self._ground, self._place, self._control = ground, place, control
        self._setup: Setup
        self._stage: Stage
        self._source: Source | Cached | None = None
        self.pace: Pace
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
        before = self.pace if self.kept else Pace(1.0, control.clock)
        self.pace = Pace(1.0, control.clock, done=before.share)
        self.pace.later_rate = before.later_rate
        self.expect()
        if isinstance(source, Cached):
            try:
                cached = yield from self._fill(source, stage)
            except CannotKeep as trouble:
                source.close()
                setup.choice = none(str(trouble))
                self._source = setup.whole(control)
                self.learn, self.judge = LEARN, 1.0
                self.expect()
        if not isinstance(self._source, Cached):
            cached = PrefixCached(stage=stage.name, sentence=sentence(setup.choice, images=0, nbytes=0, computed=0, saves=None))
            if not control.stopping:  # a resume keeps what it would have kept
                place.kept = setup.choice.to_json()
        self.pace.afresh()
        self.kept.append(cached)
        yield cached

    def _fill(self, source: Cached, stage: Stage) -> Generator[Event, None, PrefixCached]:
        """Raises CannotKeep, and Cancelled where the user stops before anything was learned."""
        for event in source.fill(["train", "val"], self.pace, stage.name):
            if self._control.stopping and self._place.best is None:
                raise Cancelled("Stopped before anything was learned", "", "Resume the run, or start again")
            if self._control.stopping:
                raise CannotKeep("the run was stopped")
            if isinstance(event, PrefixCached):
                cached = event
            else:
                yield event
        self._place.kept = source.choice.to_json()
        if source.computed and cached.seconds:  # forward passes, which later stages are made of
            self.pace.later_rate = source.computed / cached.seconds
        return cached

    def expect(self) -> None:
        """Look anew at how much is still to come: work of all of it, in forward passes of one image, and how much of that lies in later
        stages, which are taken to cost what the whole network costs."""
        n_train, n_val, place, stage = self._setup.n("train"), self._setup.n("val"), self._place, self._stage
        units = (stage.last - place.epoch) * (n_train * self.learn + n_val * self.judge) + n_val
        if isinstance(self._source, Cached):
            units += n_train * self._source.choice.views + n_val
        later = (self._ground.stages[-1].last - stage.last) * (n_train * LEARN + n_val)
        self.pace.expect(max(1.0, units + later), later)

    def progress(self, phase: str, done: int, total: int) -> Progress:
        """How far the phase is: train, in steps; validate, in images."""
        pace, cost = self.pace, self.learn if phase == "train" else self.judge
        speed = pace.per_second / cost if pace.per_second is not None else None
        unit = "steps" if phase == "train" else "images"
        return Progress(phase=phase, done=done, total=total, unit=unit, overall=pace.share, remaining=pace.remaining, per_second=speed)

    def close(self) -> None:
        """Let go of the files that the stage's inputs are read from."""
        if self._source is not None:
            self._source.close()
