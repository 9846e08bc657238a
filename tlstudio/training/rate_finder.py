"""Which learning rate suits a recipe: an exponential range test (Smith 2017, "Cyclical learning rates for training neural networks").

Rates rise from step to step until the loss runs away. It is done with a network of its own, in a random order of its own, and nothing is
kept: no run, and no outputs of frozen layers, which are computed for as many images as there is time for.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tlstudio.control import Control, Tell
from tlstudio.events import Event, Progress
from tlstudio.recipe import Recipe
from tlstudio.training.out_of_memory import Fitting, about_pieces, said_in_words
from tlstudio.training.pieces import not_in_pieces
from tlstudio.training.prepare import device_of
from tlstudio.training.rate_curve import EXPLODED, TINY, read
from tlstudio.training.rate_feed import Batch, Feed, feed_of
from tlstudio.training.setup import Ground, Setup, set_up

LOW, HIGH = 1e-6, 10.0
_LOW_OF_FEW, _FEW = 1e-5, 60  # with fewer steps, rates begin where something may happen
SECONDS = 20.0  # of computing, about; the images are read before
_FILLING, _WARMING = 0.4, 0.2  # shares of them for the frozen part of the images, and for a head that learns first
_FEWEST = 24  # steps, before batches get smaller
_SMALLEST = 8  # images of such a batch
_MEMORY = 0.9  # weight of the past in the running mean by which a test ends
_KNOWN, _FEW_KNOWN = 0.6, 4  # decades, and at least so many steps, of a loss near 0 after which there is nothing to be seen any more
_LATER = (
    "So few steps show what the layers can bear, not what a pretrained backbone keeps over whole epochs: if validation falls behind, take "
    "a third of it."
)


def find(recipe: Recipe, *, steps: int = 100, seconds: float = SECONDS, tell: Tell, control: Control) -> dict[str, Any]:
    """The document of `api.find_rate`. The layers that learn are those of the run's last stage; where the head learns alone before, it
    does so here. A batch that does not fit into memory goes through in pieces, as in training, which is said.

    Raises InputError as training does, StudioError where not even one image fits, Cancelled.
    """
    with said_in_words(device_of(recipe)):
        return _found(recipe, steps, seconds, tell, control)


def _found(recipe: Recipe, steps: int, seconds: float, tell: Tell, control: Control) -> dict[str, Any]:
    ground = _drained(set_up(recipe, control), tell)
    with contextlib.ExitStack() as ends:
        if ground.images.store is not None:
            ends.callback(ground.images.store.close)
        # jobs that follow in this process have their chances as if this had not been
        ends.enter_context(torch.random.fork_rng([torch.cuda.current_device()] if ground.device.type == "cuda" else []))
        torch.manual_seed(recipe.training.seed)
        until = time.perf_counter() + seconds
        most = _warm(ground, seconds, tell, control) if ground.stages[0].warm else 0
        setup = _in_pieces(ground.setup(ground.stages[-1]))
        with setup.chosen.in_force():
            feed = feed_of(setup, seconds * _FILLING, tell, control)
            usual = setup.at_once(feed.images)
            setup.limit(most)  # as in a run, in all stages
            size, many = _size(setup, feed, steps, until - time.perf_counter(), control)
            rates, losses, used = _test(setup, feed, size, many, max(until, time.perf_counter()) + seconds, tell, control)
    found = read(rates, losses, recipe.optimizer.lr)
    wanted = setup.recipe.training.batch_size * setup.recipe.training.accumulate
    said = [found.why]
    if found.suggestion is not None and not setup.head_alone and recipe.model.weights != "random":
        said.append(_LATER)
    if size < min(wanted, feed.images):
        said.append(f"Measured with batches of {size} instead of {wanted}, for they take long on this machine.")
    elif many < steps:
        said.append(f"Measured in {many} steps instead of {steps}, for they take long on this machine.")
    if setup.at_once(size) < min(size, usual):
        said.append(about_pieces(setup.device, min(size, usual), setup.at_once(size)))
    if used < setup.n("train"):
        said.append(f"{used:,} of {setup.n('train'):,} training images were used.")
    return {
        "rates": rates,
        "losses": losses,
        "smoothed": found.smoothed,
        "suggestion": found.suggestion,
        "steepest": found.steepest,
        "too_high": found.too_high,
        "why": " ".join(said),
        "group": "head" if setup.head_alone else "both",
        "now": recipe.optimizer.lr,
        "backbone_share": None if setup.head_alone else recipe.optimizer.backbone_lr / recipe.optimizer.lr,
        "steps": len(rates),
        "batch_size": size,
        "images": used,
        "seconds": time.perf_counter() - until + seconds,
    }


def _drained(work: Generator[Event, None, Ground], tell: Tell) -> Ground:
    """What a generator of events comes to, its events told."""
    while True:
        try:
            tell(next(work))
        except StopIteration as end:
            ground: Ground = end.value
            return ground


def _in_pieces(setup: Setup) -> Setup:
    """Where a step takes several batches, they go through one after the other."""
    training = setup.recipe.training
    if training.accumulate > 1 and not setup.chosen.micro_batch and not not_in_pieces(setup):
        setup.choose(replace(setup.chosen, micro_batch=training.batch_size))
    return setup


def _warm(ground: Ground, seconds: float, tell: Tell, control: Control) -> int:
    """Let the head learn alone, as the run does before deeper layers join in. How many images fitted into memory, 0 where all did."""
    stage = ground.stages[0]
    setup = ground.setup(stage)
    with setup.chosen.in_force():
        feed = feed_of(setup, seconds * _FILLING, tell, control)
        size = min(stage.recipe.training.batch_size, feed.images)
        many = stage.recipe.training.epochs * math.ceil(feed.images / size)
        until = time.perf_counter() + seconds * _WARMING
        setup.train_mode()
        feed.learn()
        fitting, usual = Fitting(setup), setup.at_once(size)
        for step, batch in enumerate(itertools.islice(itertools.cycle(feed.held(size)), many)):
            control.check()
            setup.set_rates(setup.rates(step * len(setup.cuts) * stage.recipe.training.epochs // many, []))
            fitting.fitted(len(batch.labels), functools.partial(_step, setup, feed, batch, step))
            if time.perf_counter() > until:
                break
        return setup.at_once(size) if setup.at_once(size) < usual else 0


def _step(setup: Setup, feed: Feed, batch: Batch, number: int) -> Tensor:
    """A training step with chance of its own, the same each time that it is made: the loss it was made with."""
    torch.manual_seed(number)
    loss, _ = setup.step(feed.module, batch.inputs, batch.labels, number, empty=batch.empty)
    return loss


def _descend(setup: Setup, feed: Feed, batch: Batch) -> float:
    """The same without moving weights: the seconds that it takes."""
    began = time.perf_counter()
    setup.descend(feed.module, batch.inputs, batch.labels, empty=bool(batch.empty))
    if setup.device.type == "cuda":
        torch.cuda.synchronize(setup.device)
    return time.perf_counter() - began


def _size(setup: Setup, feed: Feed, steps: int, seconds: float, control: Control) -> tuple[int, int]:
    """Images of a batch and number of steps for which there is time, judging by passes that leave no trace."""
    training = setup.recipe.training
    size = min(training.batch_size * training.accumulate, feed.images)
    feed.learn()
    few = min(size, _SMALLEST)
    least = math.inf
    with setup.rehearsing():
        fitting = Fitting(setup)
        for batch in itertools.islice(feed.batches(few), 2):
            control.check()
            least = min(least, fitting.fitted(len(batch.labels), functools.partial(_descend, setup, feed, batch)))
    each = least / few
    if each * size * _FEWEST > seconds:
        size = max(few, min(size, int(seconds / _FEWEST / each)))
    return size, max(_FEWEST, min(steps, int(seconds / each / size)))


def _test(
    setup: Setup, feed: Feed, size: int, steps: int, until: float, tell: Tell, control: Control
) -> tuple[list[float], list[float], int]:
    """Train while the rates rise, until the loss runs away or stays near 0: rates of the head, and the loss before each step; the last may
    be no number. And the number of different images.

    Once the images are known nothing more happens however high the rates get: what would come is far above any suggestion.
    How hard a batch is for the network as it began is taken out: with few and small batches nothing else could be seen.
    """
    optimizer = setup.recipe.optimizer
    share = optimizer.backbone_lr / optimizer.lr
    grid = np.geomspace(LOW if steps >= _FEW else _LOW_OF_FEW, HIGH, steps).tolist()
    setup.train_mode()
    feed.learn()
    held, fitting = feed.held(size), Fitting(setup)
    with setup.rehearsing():  # what fits is found before anything is compared: BatchNorm sees so many at a time
        fitting.fitted(len(held[0].labels), functools.partial(_descend, setup, feed, held[0]))
    hard = _as_begun(setup, feed, held, control)
    usual = sum(hard) / len(hard)
    rates: list[float] = []
    losses: list[float] = []
    mean, lowest, known = 0.0, math.inf, 0
    most = max(_FEW_KNOWN, math.ceil(_KNOWN * (steps - 1) / math.log10(grid[-1] / grid[0])))
    for step, rate in enumerate(grid):
        control.check()
        batch = held[step % len(held)]
        setup.set_rates((rate, rate * share))
        loss = fitting.fitted(len(batch.labels), functools.partial(_step, setup, feed, batch, step))
        rates.append(rate)
        losses.append(_against(float(loss.detach()), hard[step % len(held)], usual))
        tell(Progress(phase="rates", done=step + 1, total=steps, unit="steps"))
        if not math.isfinite(losses[-1]):
            break
        mean = _MEMORY * mean + (1 - _MEMORY) * losses[-1]
        now = mean / (1 - _MEMORY ** (step + 1))
        lowest = min(lowest, now)
        known = known + 1 if losses[-1] < TINY < usual / 2 else 0  # what was known before the test tells where it is forgotten
        if known >= most or now > EXPLODED * max(lowest, 0.1 * usual, TINY) or time.perf_counter() > until:
            break
    return rates, losses, sum(len(batch.labels) for batch in held)


def _against(loss: float, before: float, usual: float) -> float:
    """A batch's loss as that of a usual batch: what it lost as a share, what it gained as it is, so that nothing comes below 0."""
    return usual * loss / before if loss < before else usual + loss - before


def _as_begun(setup: Setup, feed: Feed, held: list[Batch], control: Control) -> list[float]:
    """The loss of each batch with the weights as they are, which stay so."""
    out = []
    with setup.rehearsing(), torch.no_grad():
        feed.learn()
        for batch in held:
            control.check()
            loss, _ = setup.descend(feed.module, batch.inputs, batch.labels, empty=True)
            out.append(float(loss))
    return out
