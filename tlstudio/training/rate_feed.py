"""What a range test of learning rates learns from: batches of training images that no run sees in this order."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from tlstudio.control import Control, Tell
from tlstudio.events import Progress
from tlstudio.training.budget import room
from tlstudio.training.features import Features
from tlstudio.training.keeping import Kept, choose
from tlstudio.training.loader import Loader
from tlstudio.training.measure import BATCH
from tlstudio.training.out_of_memory import is_out_of_memory
from tlstudio.training.rows import InMemory, as_kept, as_used
from tlstudio.training.setup import Setup
from tlstudio.training.source import cut

ROUND = 8  # batches of a network that runs whole
_PASS = 1_000_000  # epochs of no run: augmented views are others than those that a run learns from
_CHANCE = 0x7A7E  # nor is the order that of a run


@dataclass(frozen=True)
class Batch:
    inputs: Features
    labels: Tensor
    empty: bool | None


@dataclass(frozen=True)
class Feed:
    """Batches of training images, `batches(size)` as often as one likes; module is what learns. images: how many different ones.

    some: of a network that runs whole, so few that they stay in memory.
    """

    module: nn.Module
    batches: Callable[[int], Iterator[Batch]]
    images: int
    learn: Callable[[], None]
    some: bool = False

    def held(self, size: int) -> list[Batch]:
        """What a test goes round in: the same batches again and again, so that one can be compared with itself. Half of those that fit
        into memory where not all do, which leaves room to learn from them."""
        held: list[Batch] = []
        try:
            for batch in itertools.islice(self.batches(size), ROUND if self.some else None):
                held.append(batch)
        except (RuntimeError, MemoryError) as error:
            if len(held) < 2 or not is_out_of_memory(error):
                raise
            del held[(len(held) + 1) // 2 :]
        return held


def feed_of(setup: Setup, seconds: float, tell: Tell, control: Control) -> Feed:
    """Where batches come from: kept outputs of the frozen part where a run would keep them, else the pictures themselves."""
    kept = choose(setup, setup.images, disk=0)
    setup.train_mode()
    if isinstance(kept, Kept):
        return _rows(setup, kept, seconds, tell, control)
    source, n = setup.whole(control), setup.n("train")

    def batches(size: int) -> Iterator[Batch]:
        for inputs, labels in source.train(_order(setup), cut(n, size), _PASS):
            yield Batch(inputs, labels, source.empty)

    return Feed(source.module, batches, n, source.learn, some=True)


def _rows(setup: Setup, kept: Kept, seconds: float, tell: Tell, control: Control) -> Feed:
    """Outputs of the frozen part in memory, of as many images as time and memory allow."""
    images, device, n = setup.images, setup.device, setup.n("train")
    many = setup.recipe.data.task == "segmentation"
    size, until, space = BATCH // 4 if many else BATCH, time.perf_counter() + seconds, room(device) // 2
    order, done = _order(setup), 0
    rows: InMemory | None = None
    truth: list[Tensor] = []
    setup.eval_mode()
    loaded = Loader(images.pipeline, device, control, setup.layout)(images.sets["train"], order, size, _PASS, setup.recipe.augment.enabled)
    try:
        for inputs, labels in loaded:
            crossing = [as_kept(tensor, torch.float32, last) for tensor, last in zip(kept.parts.front(inputs), kept.last, strict=True)]
            each = sum(tensor[0].nbytes for tensor in crossing)
            if rows is None:
                rows = InMemory(min(n, max(size, space // each)), device)
            rows.put(done, crossing)
            truth.append(labels)
            done += len(labels)
            tell(Progress(phase="features", done=done, total=n))
            control.check()
            if time.perf_counter() > until or (done + size) * each > space:
                break
    finally:
        loaded.close()
    assert rows is not None  # a run has images to learn from
    labels, kept_rows = torch.cat(truth), rows
    setup.train_mode()

    def batches(size: int) -> Iterator[Batch]:
        for a, b in cut(done, size):
            used = [as_used(tensor, device, last) for tensor, last in zip(kept_rows.take(torch.arange(a, b)), kept.last, strict=True)]
            yield Batch(kept.parts.inputs(used), labels[a:b], None if many else False)

    return Feed(kept.parts.module, batches, done, kept.parts.learn)


def _order(setup: Setup) -> list[int]:
    order: list[int] = np.random.default_rng([setup.recipe.training.seed, _CHANCE]).permutation(setup.n("train")).tolist()
    return order
