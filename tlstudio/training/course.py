"""A run on its way through its stages: where its inputs come from, its epochs, how far it is. `fit` is the story; this is how it goes."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import cast

import numpy as np
import torch

from tlstudio.control import Control
from tlstudio.errors import Cancelled
from tlstudio.events import CheckpointWritten, EpochEnded, Event, Note, PrefixCached, Progress, StageStarted
from tlstudio.runs import Run
from tlstudio.training.cached import Cached
from tlstudio.training.checkpoint import Checkpointer
from tlstudio.training.compiling import compiled
from tlstudio.training.keeping import none, sentence
from tlstudio.training.kept_masks import KeptMasks
from tlstudio.training.machine_probe import Chosen
from tlstudio.training.pace import Pace
from tlstudio.training.place import Place
from tlstudio.training.rows import CannotKeep
from tlstudio.training.setup import Ground, Result, Setup
from tlstudio.training.source import Source
from tlstudio.training.stages import Stage
from tlstudio.training.steps import EVERY, StepLog, check_finite

# Cost of learning from an image, in forward passes of the whole network: forward and backward; through the head alone; through what
# stands behind a cut, of which is not known where it lies.
LEARN, LEARN_HEAD, LEARN_BEHIND = 3.0, 0.002, 1.0


class Course:
    """The run as it goes through its stages: the stage's setup, the source of its inputs, the pace of it all."""

    def __init__(self, run: Run, ground: Ground, place: Place, keeper: Checkpointer, control: Control) -> None:
        self._run, self._ground, self._place, self._keeper, self._control = run, ground, place, keeper, control
        self._setup: Setup
        self._source: Source | Cached | None = None
        self._pace: Pace
        self._learn = self._judge = 1.0
        self._compiled = False
        self._seen = self._learned_for = 0.0
        self.kept: list[PrefixCached] = []
        """What was kept in each stage."""

    @property
    def speed(self) -> float | None:
        """Training images a second."""
        return self._seen / self._learned_for if self._learned_for else None

    def keep(self, *, best: bool = False) -> None:
        """Offer the place as it stands to the checkpointer, with the best weights where they are new."""
        place = self._place
        self._keeper.offer(lambda: place.snapshot(self._setup), place.best_state if best else None)

    def begin(self, stage: Stage, setup: Setup) -> Iterator[Event]:
        """Where inputs come from in this stage: what the frozen part gives, computed once here, or the pictures themselves."""
        place, control, self._setup = self._place, self._control, setup
        lr, backbone_lr = setup.rates((stage.first - 1) * len(setup.cuts), place.losses)
        yield StageStarted(
            name=stage.name,
            learns=stage.learns,
            first_epoch=stage.first,
            last_epoch=stage.last,
            lr=lr,
            backbone_lr=None if setup.head_alone else backbone_lr,
        )
        self.close()
        self._source = None  # its rows go before room for others is looked for
        self._compiled = False
        self._source = source = setup.source(control, place.kept)
        behind = LEARN_HEAD if setup.head_alone else LEARN_BEHIND
        self._learn, self._judge = (behind, behind / 3) if isinstance(source, Cached) else (LEARN, 1.0)
        before = self._pace if self.kept else Pace(1.0, control.clock)
        self._pace = Pace(1.0, control.clock, done=before.share)
        self._pace.later_rate = before.later_rate
        self._pace.expect(*self._ahead(stage))
        if isinstance(source, Cached):
            try:
                cached = yield from self._fill(source, stage)
            except CannotKeep as trouble:
                source.close()
                setup.choice = none(str(trouble))
                self._source = setup.whole(control)
                self._learn, self._judge = LEARN, 1.0
                self._pace.expect(*self._ahead(stage))
        if not isinstance(self._source, Cached):
            cached = PrefixCached(stage=stage.name, sentence=sentence(setup.choice, images=0, nbytes=0, computed=0, saves=None))
            if not control.stopping:  # a resume keeps what it would have kept
                place.kept = setup.choice.to_json()
        self._pace.afresh()
        self.kept.append(cached)
        yield cached

    def _fill(self, source: Cached, stage: Stage) -> Generator[Event, None, PrefixCached]:
        """Raises CannotKeep, and Cancelled where the user stops before anything was learned."""
        for event in source.fill(["train", "val"], self._pace, stage.name):
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
            self._pace.later_rate = source.computed / cached.seconds
        return cached

    def _ahead(self, stage: Stage) -> tuple[float, float]:
        """Work of all that is still to come, in forward passes of one image, and how much of it lies in later stages.

        Those are taken to cost what the whole network costs.
        """
        n_train, n_val, place = self._setup.n("train"), self._setup.n("val"), self._place
        units = (stage.last - place.epoch) * (n_train * self._learn + n_val * self._judge) + n_val
        if isinstance(self._source, Cached):
            units += n_train * self._source.choice.views + n_val
        later = (self._ground.stages[-1].last - stage.last) * (n_train * LEARN + n_val)
        return max(1.0, units + later), later

    def close(self) -> None:
        """Let go of the files that the stage's inputs are read from."""
        if self._source is not None:
            self._source.close()

    def epochs(self, stage: Stage) -> Generator[Event, None, None]:
        """The epochs of a stage, until they are done or the user stops and there is a best to keep."""
        setup, place, keeper, control, source = self._setup, self._place, self._keeper, self._control, self._source
        assert source is not None
        seed, cuts, n_train = setup.recipe.training.seed, setup.cuts, setup.n("train")
        if place.epoch == self._ground.stages[-1].last and place.best is None:
            # Every epoch is done, but the best weights are lost: the last stand in.
            with setup.as_judged():
                found = yield from self._judged(source, keep=False)
                place.take(setup, place.epoch, found)
        while place.epoch < stage.last and not (control.stopping and place.best):
            epoch, began = place.epoch + 1, control.clock()
            setup.train_mode()
            source.learn()
            order = np.random.default_rng([seed, epoch]).permutation(n_train).tolist()
            log = StepLog(epoch, place.step, place.sums)
            for inputs, labels in source.train(order, cuts[log.done :], epoch):
                step = (epoch - 1) * len(cuts) + log.done
                rates = setup.rates(step, place.losses)
                setup.set_rates(rates)
                if not self._compiled and (note := compiled(setup, source.module, inputs, labels)):
                    yield note
                self._compiled = True
                _seed(setup.device, _mixed(seed, step))
                loss, logits = setup.step(source.module, inputs, labels, step, empty=source.empty)
                log.add(loss, logits, labels, rates)
                self._pace.add(len(labels) * self._learn)
                if log.due:
                    yield from log.read()
                    place.step = log.done
                    if keeper.due:
                        self.keep()
                    yield self._progress("train", log.done, len(cuts), self._learn)
                    yield from news(keeper)
                if control.stopping:
                    break
            yield from log.read()
            place.step = log.done
            learned = control.clock() - began
            self._seen, self._learned_for = self._seen + log.seen_now, self._learned_for + learned
            if log.done < len(cuts) and place.best:
                break  # stopped within an epoch, and there is a best to keep

            # Judge the epoch. A run that is stopped within its first one is judged as it stands.
            masks = KeptMasks.due(self._run, setup, epoch)
            with setup.as_judged():
                found = yield from self._judged(source, keep=True, masks=masks)
                check_finite(found.loss, epoch)
                best = place.judge(setup, epoch, found)
            if masks is not None:
                yield from masks.written()
            lr, backbone_lr = setup.rates((epoch - 1) * len(cuts), place.losses)
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
            if log.done == len(cuts):
                place.next_epoch()
            if best or keeper.due:
                self.keep(best=best)
            yield self._progress("train", 0, len(cuts), self._learn)
            yield from news(keeper)
            control.check()

    def remarks(self) -> Iterator[Note]:
        """What a user should know of how the stages did."""
        place, alone = self._place, sum(stage.last for stage in self._ground.stages[:1] if stage.warm)
        if place.best is None or not alone or len(place.curve) <= alone:
            return
        top = max(place.curve[:alone])
        if top > place.best["accuracy"]:
            epoch = place.curve.index(top) + 1
            yield Note(
                message=f"The head alone was at {top:.1%} in epoch {epoch}, above the best of deeper learning "
                f"({place.best['accuracy']:.1%}): for these images Head only may be enough."
            )

    def measured_again(self) -> Generator[Event, None, Result]:
        """The figures of the best weights, which are put back: those that `evaluate` gives."""
        assert self._place.best_state is not None
        assert self._source is not None
        self._setup.put_back(self._place.best_state)
        # What is kept comes from the frozen part as it is in this stage, and rounded where memory was short.
        here = self._place.best is not None and self._place.best["epoch"] >= self._setup.first_epoch
        source: Source = self._source if self._source.exact and here else self._setup.whole(self._control)
        return (yield from self._judged(source, keep=False, edges=True))

    def _judged(self, source: Source, keep: bool, edges: bool = False, masks: KeptMasks | None = None) -> Generator[Event, None, Result]:
        """The figures of the weights as they stand. keep: also save the place, as soon as that is due: judging may take minutes."""
        source.judge()
        setup, control, before, told = self._setup, self._control, 0, self._control.clock()
        measuring = setup.measuring(source, "val", edges=edges, wanted=masks.wanted if masks else (), seen=masks.take if masks else None)
        while True:
            if keep and self._keeper.due:
                self.keep()
                keep = False
            try:
                done = next(measuring)
            except StopIteration as ended:
                return cast(Result, ended.value)
            self._pace.add((done - before) * self._judge)
            before = done
            if control.clock() >= told + EVERY:
                told = control.clock()
                yield self._progress("validate", done, setup.n("val"), self._judge)
                yield from news(self._keeper)

    def _progress(self, phase: str, done: int, total: int, cost: float) -> Progress:
        """cost: of an image, in the units of the pace."""
        pace = self._pace
        speed = pace.per_second / cost if pace.per_second is not None else None
        unit = "steps" if phase == "train" else "images"
        return Progress(phase=phase, done=done, total=total, unit=unit, overall=pace.share, remaining=pace.remaining, per_second=speed)


def remarks_on(chosen: Chosen) -> Iterator[Note]:
    """What a user should know of how a run computes."""
    if chosen.note:
        yield Note(level="warn", message=chosen.note)
    if chosen.offer:
        yield Note(message=chosen.offer)


def news(keeper: Checkpointer) -> Iterator[Event]:
    """What the checkpointer wrote, and what it could not: training goes on, the last good files are intact."""
    written, trouble = keeper.news()
    for what in written:
        yield CheckpointWritten(**what)
    if trouble is not None:
        yield Note(level="bad", message=f"No checkpoint could be written. {trouble} Training goes on and tries again.")


def _seed(device: torch.device, seed: int) -> None:
    """The generators of the CPU and of the device follow from seed. (torch.manual_seed seeks every device that torch knows, which
    takes longer than a small step.)"""
    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        getattr(torch, device.type).manual_seed(seed)


def _mixed(seed: int, step: int) -> int:
    """A seed for torch's generator that follows from both numbers (the finaliser of SplitMix64, Steele et al. 2014)."""
    z = (seed * 0x9E3779B97F4A7C15 + step + 1) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return (z ^ (z >> 31)) >> 1
