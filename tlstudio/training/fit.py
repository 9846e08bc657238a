"""Training, as a generator of events that can be read from top to bottom.

    for event in fit(recipe, run): ...

The command line iterates it, an engine writes its events as lines, the run folder keeps them, the window draws from them.
Every random choice follows from (seed, epoch, step or sample), never from the order of calls: threads, caches and a resume
cannot change a result.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import cast

import numpy as np
import torch

from tlstudio.control import Control
from tlstudio.errors import Cancelled
from tlstudio.events import CheckpointWritten, EpochEnded, Event, Note, Progress, RunEnded, StageStarted
from tlstudio.recipe import Recipe
from tlstudio.runs import Run
from tlstudio.training.checkpoint import Checkpointer
from tlstudio.training.kept_features import KeptFeatures
from tlstudio.training.kept_masks import KeptMasks
from tlstudio.training.memory import PeakMemory
from tlstudio.training.pace import Pace
from tlstudio.training.place import Place
from tlstudio.training.receipt import receipt
from tlstudio.training.setup import Result, set_up
from tlstudio.training.steps import EVERY, StepLog, check_finite
from tlstudio.training.summary import proof_of, summary_of

# Cost of learning from an image, in forward passes of the whole network: forward and backward; through the head alone.
LEARN, LEARN_HEAD = 3.0, 0.002
LEARNS = {"head": "head", "last-block": "last block", "full": "everything", "scratch": "everything, from scratch", "custom": "own choice"}


def fit(recipe: Recipe, run: Run, *, control: Control | None = None) -> Iterator[Event]:
    """Train the recipe into the run's folder, or go on from its last checkpoint; yield what happens.

    Ends with FrozenProof and RunEnded, after summary.json is written. Raises InputError and StudioError with sentences for
    the user, Cancelled when cancelled; the run can be resumed after any of them.
    """
    control = control or Control()
    setup = yield from set_up(recipe, control)
    memory = PeakMemory(setup.device)
    place, resumed = yield from Place.find(run, setup)
    if not resumed or run.receipt() is None:
        run.write_json("receipt.json", receipt(recipe, setup.images, setup.network, setup.device))
    epochs, seed, cuts = recipe.training.epochs, recipe.training.seed, setup.cuts
    n_train, n_val, learns = setup.n("train"), setup.n("val"), LEARNS[recipe.frozen.strategy]
    yield setup.started(run, (place.epoch, place.step) if resumed else None)
    yield StageStarted(name=recipe.frozen.strategy, learns=learns, first_epoch=1, last_epoch=epochs)

    # Where inputs come from: the features of the frozen backbone, computed once here, or the pictures themselves.
    source, device = setup.source(control), setup.device
    learn, judge = (LEARN_HEAD, LEARN_HEAD) if setup.keep_features else (LEARN, 1.0)
    pace = Pace((epochs - place.epoch) * (n_train * learn + n_val * judge) + n_val * judge, control.clock)
    if isinstance(source, KeptFeatures):
        pace.total += n_train + n_val
        for event in source.fill(["train", "val"], pace):
            if control.stopping:
                raise Cancelled("Stopped before anything was learned", "", "Resume the run, or start again")
            yield event
        pace.afresh()

    about = {"tlstudio": "1", "model": recipe.model.name, "head": recipe.head.model_dump_json(), "classes": setup.images.classes}
    keeper = Checkpointer(run, setup.still, about)
    seen, learned_for = 0.0, 0.0

    def judged(keep: bool, edges: bool = False, masks: KeptMasks | None = None) -> Generator[Event, None, Result]:
        """The figures of the weights as they stand. keep: also save the place, as soon as that is due: judging may take minutes."""
        source.module.eval()
        before, told = 0, control.clock()
        measuring = setup.measuring(source, "val", edges=edges, wanted=masks.wanted if masks else (), seen=masks.take if masks else None)
        while True:
            if keep and keeper.due:
                keeper.offer(lambda: place.snapshot(setup))
                keep = False
            try:
                done = next(measuring)
            except StopIteration as ended:
                return cast(Result, ended.value)
            pace.add((done - before) * judge)
            before = done
            if control.clock() >= told + EVERY:
                told = control.clock()
                yield _progress("validate", done, n_val, pace, judge)
                yield from _news(keeper)

    try:
        if place.best_to_write:
            keeper.offer(lambda: place.snapshot(setup), place.best_state)
        if place.epoch == epochs and place.best is None:  # every epoch is done, but the best weights are lost: the last stand in
            with setup.as_judged():
                found = yield from judged(keep=False)
                place.take(setup, epochs, found)
        while place.epoch < epochs and not (control.stopping and place.best):
            epoch, began = place.epoch + 1, control.clock()
            setup.train_mode()
            order = np.random.default_rng([seed, epoch]).permutation(n_train).tolist()
            log = StepLog(epoch, place.step, place.sums)
            for inputs, labels in source.train(order, cuts[log.done :], epoch):
                step = (epoch - 1) * len(cuts) + log.done
                rates = setup.rates(step, place.losses)
                setup.set_rates(rates)
                _seed(device, _mixed(seed, step))
                loss, logits = setup.step(source.module, inputs, labels, step)
                log.add(loss, logits, labels, rates)
                pace.add(len(labels) * learn)
                if log.due:
                    yield from log.read()
                    place.step = log.done
                    if keeper.due:
                        keeper.offer(lambda: place.snapshot(setup))
                    yield _progress("train", log.done, len(cuts), pace, learn)
                    yield from _news(keeper)
                if control.stopping:
                    break
            yield from log.read()
            place.step = log.done
            learned = control.clock() - began
            seen, learned_for = seen + log.seen_now, learned_for + learned
            if log.done < len(cuts) and place.best:
                break  # stopped within an epoch, and there is a best to keep

            # Judge the epoch. A run that is stopped within its first one is judged as it stands.
            masks = KeptMasks.due(run, setup, epoch)
            with setup.as_judged():
                found = yield from judged(keep=True, masks=masks)
                check_finite(found.loss, epoch)
                best = place.judge(setup, epoch, found)
            if masks is not None:
                yield from masks.written()
            lr, backbone_lr = setup.rates((epoch - 1) * len(cuts), place.losses)
            yield EpochEnded(
                epoch=epoch,
                stage=learns,
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
                keeper.offer(lambda: place.snapshot(setup), place.best_state if best else None)
            yield _progress("train", 0, len(cuts), pace, learn)
            yield from _news(keeper)
            control.check()

        # The end: everything on disk, the proof, and the best measured once more by the code that `evaluate` runs.
        keeper.offer(lambda: place.snapshot(setup), place.best_state)
        keeper.flush()
        yield from _news(keeper)
    finally:
        keeper.close()
        memory.close()
    proof = proof_of(place.frozen, setup.checksums())
    yield proof
    assert place.best_state is not None
    setup.put_back(place.best_state)
    final = yield from judged(keep=False, edges=True)
    reason = "completed" if place.epoch == epochs else "stopped"
    speed = seen / learned_for if learned_for else None
    summary = summary_of(setup, place, final, proof, reason, images_per_second=speed, peak_memory=memory.bytes())
    run.write_json("summary.json", summary)
    yield RunEnded(reason=reason, summary=summary)


def _news(keeper: Checkpointer) -> Iterator[Event]:
    """What the checkpointer wrote, and what it could not: training goes on, the last good files are intact."""
    written, trouble = keeper.news()
    for what in written:
        yield CheckpointWritten(**what)
    if trouble is not None:
        yield Note(level="bad", message=f"No checkpoint could be written. {trouble} Training goes on and tries again.")


def _progress(phase: str, done: int, total: int, pace: Pace, cost: float) -> Progress:
    """cost: of an image, in the units of the pace."""
    speed = pace.per_second / cost if pace.per_second is not None else None
    unit = "steps" if phase == "train" else "images"
    return Progress(phase=phase, done=done, total=total, unit=unit, overall=pace.share, remaining=pace.remaining, per_second=speed)


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
