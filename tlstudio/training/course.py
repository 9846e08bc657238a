"""A run on its way through its stages: its steps, its epochs, what turns it. `fit` is the story; this is how it goes."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator, Mapping
from typing import cast

import numpy as np
from torch import Tensor

from tlstudio.control import Control
from tlstudio.errors import StudioError
from tlstudio.events import EpochEnded, Event, Note, Signals, StageStarted
from tlstudio.runs import Run
from tlstudio.training import less_memory
from tlstudio.training.cached import Cached
from tlstudio.training.chance import mixed, seed_generators
from tlstudio.training.checkpoint import Checkpointer, good_of
from tlstudio.training.compiling import compiled, joined
from tlstudio.training.distributed import ranks
from tlstudio.training.features import Features
from tlstudio.training.good import is_good
from tlstudio.training.inputs import Inputs
from tlstudio.training.kept_masks import KeptMasks
from tlstudio.training.out_of_memory import Fitting
from tlstudio.training.place import Place
from tlstudio.training.proofs import Proofs
from tlstudio.training.remarks import about_early, about_one_class, news, one_class
from tlstudio.training.setup import Ground, Result, Setup
from tlstudio.training.signals import Watch
from tlstudio.training.source import Source
from tlstudio.training.stages import Stage
from tlstudio.training.steering import changed_rates, gone_back, lowered, scaled
from tlstudio.training.steps import EVERY, Runaway, StepLog, check_finite
from tlstudio.training.watched import Watching


class Course:
    """The run as it goes through its stages: the stage's setup, the inputs of its steps, what watches over them.

    start: the weights that the run began with, by name, for the signals of its layers; None: not known.
    """

    def __init__(
        self, run: Run, ground: Ground, place: Place, keeper: Checkpointer, control: Control, start: Mapping[str, Tensor] | None = None
    ) -> None:
        self._run, self._ground, self._place, self._keeper, self._control = run, ground, place, keeper, control
        self._start, self._guard = start, ground.recipe.training.guard
        self._setup: Setup
        self._inputs = Inputs(ground, place, control)
        self._watch: Watch | None = None
        self._watching = Watching(ground.images, ground.recipe.training.seed)
        self._signals: list[Signals] = []
        self._seen = self._learned_for = 0.0
        self.kept = self._inputs.kept  # in each stage
        self._compiled = self.folded = False  # folded: whether the last figures are those of `folded_network`

    @property
    def speed(self) -> float | None:
        """Training images a second."""
        return self._seen / self._learned_for if self._learned_for else None

    @property
    def early(self) -> bool:
        """Whether so many epochs in a row got no better that the recipe calls it a day."""
        patience, setup = self._setup.recipe.training.patience, self._setup
        return bool(patience) and not setup.warm and self._place.waited(setup) >= patience

    @property
    def over(self) -> bool:
        """Whether it ends here: all is done, nothing gets better any more, or the user stops and there is a best to keep."""
        place = self._place
        return self.done or self.early or bool(self._control.stopping and place.best)

    def keep(self, *, best: bool = False, good: bool = False) -> None:
        """Offer the place as it stands to the checkpointer, with the best weights where they are new. good: it is one to go back to."""
        place = self._place
        self._keeper.offer(lambda: place.snapshot(self._setup), place.best_state if best else None, good=good and self._guard)

    def _save(self) -> Iterator[Event]:
        """Have what was offered on the disk, and say so; a disk that does not take it now is told, and training goes on."""
        with contextlib.suppress(StudioError):
            self._keeper.flush()
        yield from news(self._keeper)

    def close(self) -> None:
        """Let go of the files that the stage's inputs are read from."""
        self._inputs.close()

    def begin(self, stage: Stage, setup: Setup) -> Generator[Event, None, None]:
        """Save the place where the stage begins; find out where its inputs come from."""
        place, self._setup = self._place, setup
        begins = (place.epoch, place.step) == (stage.first - 1, 0)
        if begins or (self._guard and not good_of(self._run).exists()):
            self.keep(good=True)
        if begins and not place.epoch:
            self._keeper.flush()  # a disk that takes no checkpoint is told before hours are spent
        if begins:
            yield from self._save()
        lr, backbone_lr = scaled(setup.rates((stage.first - 1) * len(setup.cuts), place.losses), place)
        yield StageStarted(
            name=stage.name,
            learns=stage.learns,
            first_epoch=stage.first,
            last_epoch=stage.last,
            lr=lr,
            backbone_lr=None if setup.head_alone else backbone_lr,
        )
        self._compiled, self._watch = False, None  # which held on to the stage before, its optimizer and all
        self._fitting, self._proofs = Fitting(setup), Proofs(setup, moved=place.moved)
        yield from self._inputs.begin(stage, setup)
        self._watch = Watch(setup, before=self._start) if setup.recipe.training.signals and ranks().main else None
        yield self._inputs.progress("train", place.step, len(setup.cuts))  # the first step may take long

    def epochs(self, stage: Stage) -> Generator[Event, None, None]:
        """The epochs of a stage, until they are done or it is over; one that runs away is begun anew from the last good place."""
        setup, place = self._setup, self._place
        if place.epoch == self._ground.stages[-1].last and place.best is None:
            # Every epoch is done, but the best weights are lost: the last stand in.
            with setup.as_judged():
                found = yield from self._judged(self._inputs.source, keep=False)
                place.take(setup, place.epoch, found)
        while place.epoch < stage.last and not self.over:
            try:
                yield from self._epoch(stage)
            except Runaway as runaway:
                yield from self._save()
                yield gone_back(self._run, place, setup, runaway)
                self._inputs.expect()
                yield from self._change_rates(lowered(place.factor), "guard")
                if place.best is None:
                    self._keeper.drop_best()
        if self.early and not self.done:
            yield about_early(place, place.waited(setup), self._ground.stages)

    @property
    def done(self) -> bool:
        """Whether every epoch of every stage is done."""
        return self._place.epoch >= self._ground.stages[-1].last

    def _epoch(self, stage: Stage) -> Generator[Event, None, None]:
        """Learn, judge, keep. Raises Runaway where a loss is no number."""
        setup, place, control, cuts, together = self._setup, self._place, self._control, self._setup.cuts, ranks()
        epoch, began = place.epoch + 1, control.clock()
        log = StepLog(epoch, place.step, place.sums)
        yield from self._steps(log)
        learned = control.clock() - began
        self._seen, self._learned_for = self._seen + log.seen_now, self._learned_for + learned
        if log.done < len(cuts) and place.best:
            return  # stopped within an epoch, and there is a best to keep

        # Judge the epoch. A run that is stopped within its first one is judged as it stands.
        masks = KeptMasks.due(self._run, setup, epoch)
        with setup.as_judged():
            found = yield from self._judged(self._inputs.source, keep=True, masks=masks)
            check_finite(found.loss, epoch)
            best = place.judge(setup, epoch, found)
        if masks is not None and together.main:
            yield from masks.written()
        if (watched := self._watching.after(epoch, found)) is not None:
            yield watched
        lr, backbone_lr = scaled(setup.rates((epoch - 1) * len(cuts), place.losses), place)
        yield EpochEnded(
            epoch=epoch,
            stage=stage.learns,
            train_loss=log.mean_loss,
            train_accuracy=log.accuracy,
            val_loss=found.loss,
            val_accuracy=found.accuracy,
            val_mean_iou=found.mean_iou,
            correct=found.correct,
            n=found.n,
            lr=lr,
            backbone_lr=backbone_lr,
            seconds=control.clock() - began,
            images_per_second=log.seen_now / max(learned, 1e-9),
            best=best,
        )
        if (proof := self._proofs.after(epoch, best=best, last=epoch == stage.last)) is not None:
            place.moved = sorted({*place.moved, *self._proofs.moved})
            yield proof
        if log.done == len(cuts):
            place.next_epoch()
        yield from self._remark_on(found, last=self.over)
        if best or self._keeper.due:
            self.keep(best=best, good=best and log.done == len(cuts) and is_good(found.loss, len(setup.images.classes)))
        yield self._inputs.progress("train", 0, len(cuts))
        yield from news(self._keeper)
        control.check()

    def _steps(self, log: StepLog) -> Generator[Event, None, None]:
        """The steps of an epoch that are still to make, until the user stops."""
        setup, place, keeper, control, cuts = self._setup, self._place, self._keeper, self._control, self._setup.cuts
        source, together = self._inputs.source, ranks()
        setup.train_mode()
        source.learn()
        self._signals = []
        order = np.random.default_rng([setup.recipe.training.seed, log.epoch]).permutation(setup.n("train")).tolist()
        with contextlib.closing(source.train(*together.share(order, cuts[log.done :]), log.epoch)) as batches:
            for inputs, labels in batches:
                if (factor := control.taken_factor()) is not None:
                    yield from self._read(log)
                    yield from self._change_rates(factor, "user")
                if not self._compiled:
                    if note := compiled(setup, source.module, inputs, labels):
                        yield note
                    joined(setup, source.module, inputs, labels)
                    self._compiled = True
                images = cuts[log.done][1] - cuts[log.done][0]
                rates = scaled(setup.rates((log.epoch - 1) * len(cuts) + log.done, place.losses), place)
                setup.set_rates(rates)
                watch = self._watch if self._watch is not None and self._watch.due(log.done) else None
                with contextlib.nullcontext() if watch is None else watch.around():
                    loss, logits = yield from self._step(inputs, labels, (log.epoch - 1) * len(cuts) + log.done, images)
                log.add(loss, logits, labels, rates)
                self._inputs.pace.add(images * self._inputs.learn)
                if watch is not None:
                    self._signals.append(watch.read(log.epoch, log.done))
                if log.due:
                    yield from self._read(log)
                    if keeper.due:
                        self.keep()
                    yield self._inputs.progress("train", log.done, len(cuts))
                    yield from news(keeper)
                if control.stopping:
                    break
        yield from self._read(log)

    def _step(self, inputs: Features, labels: Tensor, number: int, images: int) -> Generator[Event, None, tuple[Tensor, Tensor]]:
        """Step `number` of the run, of so many images in all ranks: its loss and logits. Made again in pieces where memory runs out."""
        setup, source, together, n = self._setup, self._inputs.source, ranks(), len(labels)

        def step() -> tuple[Tensor, Tensor]:
            seed_generators(setup.device, together.chance(mixed(setup.recipe.training.seed, number)))
            with together.step(labels, images, source.empty) as empty:
                return setup.step(source.module, inputs, labels, number, empty=empty)

        making, was = self._fitting.made(n, step), setup.at_once(n)
        while True:
            try:
                now = next(making)
            except StopIteration as made:
                return cast(tuple[Tensor, Tensor], made.value)
            was = yield from less_memory.pieces(self._run, self._place, setup, n, was, now)

    def _read(self, log: StepLog) -> Iterator[Event]:
        """What the steps came to since the last reading, and what was seen in their layers; the place is where they led. Raises Runaway."""
        yield from log.read()
        self._place.step = log.done
        signals, self._signals = self._signals, []
        yield from signals

    def _change_rates(self, factor: float, why: str) -> Iterator[Event]:
        """Other rates from the next step on, which a resume has to know."""
        yield changed_rates(self._place, self._setup, factor, why)
        self.keep(best=self._place.best_to_write)
        yield from self._save()

    def _remark_on(self, found: Result, *, last: bool) -> Iterator[Note]:
        """What a user should know of an epoch, once in a run: one class for everything twice in a row, or at the end."""
        answer = one_class(found)
        if self._place.collapses(answer is not None, last) and answer is not None:
            rates = scaled((self._setup.recipe.optimizer.lr, self._setup.recipe.optimizer.backbone_lr), self._place)
            yield about_one_class(found, self._setup.images.classes, answer, rates[0])

    def measured_again(self) -> Generator[Event, None, Result]:
        """The figures of the best weights, which are put back: those that `evaluate` gives."""
        assert self._place.best_state is not None
        self._setup.put_back(self._place.best_state)
        # What is kept comes from the frozen part as it is in this stage, and rounded where memory was short.
        here = self._place.best is not None and self._place.best["epoch"] >= self._setup.first_epoch
        source: Source = self._inputs.source
        if not (source.exact and here):
            source = self._setup.whole(self._control)
        found = yield from self._judged(source, keep=False, edges=True)
        self.folded = isinstance(source, Cached) and source.folded  # as it came to judge
        return found

    def _judged(self, source: Source, keep: bool, edges: bool = False, masks: KeptMasks | None = None) -> Generator[Event, None, Result]:
        """The figures of the weights as they stand. keep: also save the place, as soon as that is due: judging may take minutes."""
        source.judge()
        self._setup.level()
        setup, control, before, told = self._setup, self._control, 0, self._control.clock()
        measuring = setup.measuring(source, "val", edges=edges, wanted=masks.wanted if masks else (), seen=masks.take if masks else None)
        while True:
            if keep and self._keeper.due:
                self.keep()
                keep = False
            try:
                done = next(measuring)
            except StopIteration as ended:
                yield from less_memory.narrower(self._run, self._place, setup)
                return cast(Result, ended.value)
            self._inputs.pace.add((done - before) * self._inputs.judge)
            before = done
            if control.clock() >= told + EVERY:
                told = control.clock()
                yield self._inputs.progress("validate", done, setup.n("val"))
                yield from news(self._keeper)
