"""Which learning rate suits a recipe: an exponential range test (Smith 2017, "Cyclical learning rates for training neural networks").

Rates rise from step to step until the loss runs away. It is done with a network of its own, in a random order of its own, and nothing is
kept: no run, and no outputs of frozen layers, which are computed for as many images as there is time for.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tlstudio.control import Control, Tell
from tlstudio.events import Event, Progress
from tlstudio.recipe import Recipe
from tlstudio.training.budget import room
from tlstudio.training.features import Features
from tlstudio.training.keeping import Kept, choose
from tlstudio.training.loader import Loader
from tlstudio.training.measure import BATCH
from tlstudio.training.pieces import not_in_pieces
from tlstudio.training.rate_curve import EXPLODED, TINY, read
from tlstudio.training.rows import InMemory, as_kept, as_used
from tlstudio.training.setup import Ground, Setup, set_up
from tlstudio.training.source import cut

LOW, HIGH = 1e-6, 10.0
_LOW_OF_FEW, _FEW = 1e-5, 60  # with fewer steps, rates begin where something may happen
SECONDS = 20.0  # of computing, about; the images are read before
_FILLING, _WARMING = 0.4, 0.2  # shares of them for the frozen part of the images, and for a head that learns first
_FEWEST = 24  # steps, before batches get smaller
_SMALLEST = 8  # images of such a batch
_PASS = 1_000_000  # epochs of no run: augmented views are others than those that a run learns from
_CHANCE = 0x7A7E  # nor is the order that of a run
_ROUND = 8  # batches of a network that runs whole
_MEMORY = 0.9  # weight of the past in the running mean by which a test ends
_KNOWN, _FEW_KNOWN = 0.6, 4  # decades, and at least so many steps, of a loss near 0 after which there is nothing to be seen any more
_LATER = (
    "So few steps show what the layers can bear, not what a pretrained backbone keeps over whole epochs: if validation falls behind, take "
    "a third of it."
)


@dataclass(frozen=True)
class _Batch:
    inputs: Features
    labels: Tensor
    empty: bool | None


@dataclass(frozen=True)
class _Feed:
    """Batches of training images, `batches(size)` as often as one likes; module is what learns. images: how many different ones.

    some: of a network that runs whole, so few that they stay in memory.
    """

    module: nn.Module
    batches: Callable[[int], Iterator[_Batch]]
    images: int
    learn: Callable[[], None]
    some: bool = False

    def held(self, size: int) -> list[_Batch]:
        """What a test goes round in: the same batches again and again, so that one can be compared with itself."""
        return list(itertools.islice(self.batches(size), _ROUND if self.some else None))


def find(recipe: Recipe, *, steps: int = 100, seconds: float = SECONDS, tell: Tell, control: Control) -> dict[str, Any]:
    """The document of `api.find_rate`. The layers that learn are those of the run's last stage; where the head learns alone before, it
    does so here. Raises InputError as training does, Cancelled.
    """
    ground = _drained(set_up(recipe, control), tell)
    with contextlib.ExitStack() as ends:
        if ground.images.store is not None:
            ends.callback(ground.images.store.close)
        # jobs that follow in this process have their chances as if this had not been
        ends.enter_context(torch.random.fork_rng([torch.cuda.current_device()] if ground.device.type == "cuda" else []))
        torch.manual_seed(recipe.training.seed)
        until = time.perf_counter() + seconds
        if ground.stages[0].warm:
            _warm(ground, seconds, tell, control)
        setup = _in_pieces(ground.setup(ground.stages[-1]))
        with setup.chosen.in_force():
            feed = _feed(setup, seconds * _FILLING, tell, control)
            size, many = _size(setup, feed, steps, until - time.perf_counter(), control)
            rates, losses = _test(setup, feed, size, many, max(until, time.perf_counter()) + seconds, tell, control)
    found = read(rates, losses, recipe.optimizer.lr)
    wanted = setup.recipe.training.batch_size * setup.recipe.training.accumulate
    said = [found.why]
    if found.suggestion is not None and not setup.head_alone and recipe.model.weights != "random":
        said.append(_LATER)
    if size < min(wanted, feed.images):
        said.append(f"Measured with batches of {size} instead of {wanted}, for they take long on this machine.")
    elif many < steps:
        said.append(f"Measured in {many} steps instead of {steps}, for they take long on this machine.")
    used = min(feed.images, size * _ROUND) if feed.some else feed.images
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


def _warm(ground: Ground, seconds: float, tell: Tell, control: Control) -> None:
    """Let the head learn alone, as the run does before deeper layers join in."""
    stage = ground.stages[0]
    setup = ground.setup(stage)
    with setup.chosen.in_force():
        feed = _feed(setup, seconds * _FILLING, tell, control)
        size = min(stage.recipe.training.batch_size, feed.images)
        many = stage.recipe.training.epochs * math.ceil(feed.images / size)
        until = time.perf_counter() + seconds * _WARMING
        setup.train_mode()
        feed.learn()
        for step, batch in enumerate(itertools.islice(itertools.cycle(feed.held(size)), many)):
            control.check()
            setup.set_rates(setup.rates(step * len(setup.cuts) * stage.recipe.training.epochs // many, []))
            setup.step(feed.module, batch.inputs, batch.labels, step, empty=batch.empty)
            if time.perf_counter() > until:
                break


def _feed(setup: Setup, seconds: float, tell: Tell, control: Control) -> _Feed:
    """Where batches come from: kept outputs of the frozen part where a run would keep them, else the pictures themselves."""
    kept = choose(setup, setup.images, disk=0)
    setup.train_mode()
    if isinstance(kept, Kept):
        return _rows(setup, kept, seconds, tell, control)
    source, n = setup.whole(control), setup.n("train")

    def batches(size: int) -> Iterator[_Batch]:
        for inputs, labels in source.train(_order(setup), cut(n, size), _PASS):
            yield _Batch(inputs, labels, source.empty)

    return _Feed(source.module, batches, n, source.learn, some=True)


def _rows(setup: Setup, kept: Kept, seconds: float, tell: Tell, control: Control) -> _Feed:
    """Outputs of the frozen part in memory, of as many images as time and memory allow."""
    images, device, n = setup.images, setup.device, setup.n("train")
    many = setup.recipe.data.task == "segmentation"
    size, until, space = BATCH // 4 if many else BATCH, time.perf_counter() + seconds, room(device) // 2
    order, rows, done = _order(setup), InMemory(n, device), 0
    truth: list[Tensor] = []
    setup.eval_mode()
    loaded = Loader(images.pipeline, device, control, setup.layout)(images.sets["train"], order, size, _PASS, setup.recipe.augment.enabled)
    try:
        for inputs, labels in loaded:
            crossing = [as_kept(tensor, torch.float32, last) for tensor, last in zip(kept.parts.front(inputs), kept.last, strict=True)]
            rows.put(done, crossing)
            truth.append(labels)
            done += len(labels)
            tell(Progress(phase="features", done=done, total=n))
            control.check()
            if time.perf_counter() > until or (done + size) * sum(tensor[0].nbytes for tensor in crossing) > space:
                break
    finally:
        loaded.close()
    labels = torch.cat(truth)
    setup.train_mode()

    def batches(size: int) -> Iterator[_Batch]:
        for a, b in cut(done, size):
            used = [as_used(tensor, device, last) for tensor, last in zip(rows.take(torch.arange(a, b)), kept.last, strict=True)]
            yield _Batch(kept.parts.inputs(used), labels[a:b], None if many else False)

    return _Feed(kept.parts.module, batches, done, kept.parts.learn)


def _order(setup: Setup) -> list[int]:
    order: list[int] = np.random.default_rng([setup.recipe.training.seed, _CHANCE]).permutation(setup.n("train")).tolist()
    return order


def _size(setup: Setup, feed: _Feed, steps: int, seconds: float, control: Control) -> tuple[int, int]:
    """Images of a batch and number of steps for which there is time, judging by passes that leave no trace."""
    training = setup.recipe.training
    size = min(training.batch_size * training.accumulate, feed.images)
    feed.learn()
    few = min(size, _SMALLEST)
    least = math.inf
    with setup.rehearsing():
        for batch in itertools.islice(feed.batches(few), 2):
            control.check()
            began = time.perf_counter()
            setup.descend(feed.module, batch.inputs, batch.labels, empty=bool(batch.empty))
            if setup.device.type == "cuda":
                torch.cuda.synchronize(setup.device)
            least = min(least, time.perf_counter() - began)
    each = least / few
    if each * size * _FEWEST > seconds:
        size = max(few, min(size, int(seconds / _FEWEST / each)))
    return size, max(_FEWEST, min(steps, int(seconds / each / size)))


def _test(setup: Setup, feed: _Feed, size: int, steps: int, until: float, tell: Tell, control: Control) -> tuple[list[float], list[float]]:
    """Train while the rates rise, until the loss runs away or stays near 0: rates of the head, and the loss before each step; the last may
    be no number.

    Once the images are known nothing more happens however high the rates get: what would come is far above any suggestion.
    How hard a batch is for the network as it began is taken out: with few and small batches nothing else could be seen.
    """
    optimizer = setup.recipe.optimizer
    share = optimizer.backbone_lr / optimizer.lr
    grid = np.geomspace(LOW if steps >= _FEW else _LOW_OF_FEW, HIGH, steps).tolist()
    setup.train_mode()
    feed.learn()
    held = feed.held(size)
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
        torch.manual_seed(step)
        loss, _ = setup.step(feed.module, batch.inputs, batch.labels, step, empty=batch.empty)
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
    return rates, losses


def _against(loss: float, before: float, usual: float) -> float:
    """A batch's loss as that of a usual batch: what it lost as a share, what it gained as it is, so that nothing comes below 0."""
    return usual * loss / before if loss < before else usual + loss - before


def _as_begun(setup: Setup, feed: _Feed, held: list[_Batch], control: Control) -> list[float]:
    """The loss of each batch with the weights as they are, which stay so."""
    out = []
    with setup.rehearsing(), torch.no_grad():
        feed.learn()
        for batch in held:
            control.check()
            loss, _ = setup.descend(feed.module, batch.inputs, batch.labels, empty=True)
            out.append(float(loss))
    return out
