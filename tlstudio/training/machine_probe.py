"""What is fastest on this machine, found by trying: threads, how images lie in memory, 16 bits, pieces of a batch. About two seconds.

Choices change how floats are rounded. So they are made once: written into the receipt before the first step, read from there on
resume, and remembered by all that they depend on, so that the same recipe on the same machine gives the same run.
A short run does not try anything: it would be over before.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import statistics
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import psutil
import torch
from torch import Tensor, nn

from tlstudio.control import Control
from tlstudio.training import figures as store
from tlstudio.training.features import Features
from tlstudio.training.out_of_memory import is_out_of_memory, let_go
from tlstudio.training.pieces import not_in_pieces
from tlstudio.training.precision import cannot, half_type, precision_of
from tlstudio.training.prepare import memory_format_of

if TYPE_CHECKING:
    from tlstudio.training.learner import Learner

SECONDS = 2.0  # of trying, at most
SHORT = {"cpu": 5e11, "cuda": 1e13}  # multiply-adds of a run that is over in about 20 s (two cores; a card): nothing is tried
_GAIN = 0.9  # a choice that is not the usual one has to take at most this share of its time
_LEARN = 3.0  # multiply-adds of learning from an image, in forward passes

Samples = Callable[[int], tuple[Features, Tensor]]
"""n -> a training batch of n images: what the module is called with, and labels; on the device. The pixels may be noise."""


@dataclass(frozen=True)
class Chosen:
    """How a run computes on its machine.

    device: its kind, for which the rest was chosen. threads: of one operation. micro_batch: images that go through the network at once,
    0 for the whole batch. channels_last: how images and weights lie in memory. precision: float32, bfloat16 or float16.
    seconds: that the trying took. offer: a sentence for the user about another batch size, "" for none. note: what could not be had.
    """

    device: str
    threads: int
    micro_batch: int = 0
    channels_last: bool = True
    precision: str = "float32"
    seconds: float = 0.0
    offer: str = ""
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """For the receipt, under the key "chosen"."""
        return asdict(self)

    @classmethod
    def from_receipt(cls, receipt: dict[str, Any] | None, device: torch.device) -> Chosen | None:
        """What a run began with; None for a new run, and for one that goes on on another kind of device."""
        if receipt is None:
            return None
        said = receipt.get("chosen")
        if not isinstance(said, dict):  # a run older than these choices
            kept = cls(str(receipt.get("device", device.type)).split(" ")[0], int(receipt.get("threads", torch.get_num_threads())))
            kept = replace(kept, channels_last=memory_format_of(device) == torch.channels_last)
        else:
            names = {field.name for field in fields(cls)}
            kept = replace(cls(**{key: value for key, value in said.items() if key in names}), offer="", note="", seconds=0.0)
        if kept.device != device.type:
            return None
        why = cannot(kept.precision, device)
        return replace(kept, precision="float32", note=why) if why else kept

    @contextmanager
    def in_force(self) -> Generator[None, None, None]:
        """Inside, torch works with these threads."""
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def usual(learner: Learner) -> Chosen:
    """What is taken without trying: the recipe's own choices, and what is best on most machines for what it leaves open."""
    training, device = learner.recipe.training, learner.device
    precision, note = precision_of(training.precision, device)
    pieces = training.micro_batch if training.micro_batch < training.batch_size else 0
    if pieces and (why := not_in_pieces(learner)):
        pieces, note = 0, " ".join(part for part in (note, why) if part)
    last = format_of(learner.module, device) == torch.channels_last
    return Chosen(device.type, training.threads or torch.get_num_threads(), pieces, last, precision, note=note)


def format_of(module: nn.Module, device: torch.device) -> torch.memory_format:
    """How that network's weights and images had best lie in memory of that device."""
    if device.type == "cuda" and _grouped(module):
        return torch.contiguous_format
    return memory_format_of(device)


def _grouped(module: nn.Module) -> bool:
    """Whether there are grouped (depthwise) convolutions. cuDNN takes 2 to 15 s for each new batch shape to make them ready for channels
    last (EfficientNet-Lite0 on an H100, cuDNN 9.19), 0.1 to 0.3 s otherwise, for a sixth of a step's time afterwards."""
    return any(isinstance(child, nn.Conv2d) and child.groups > 1 for child in module.modules())


def probe(learner: Learner, images: float, samples: Samples, control: Control, module: nn.Module | None = None) -> Chosen:
    """What to compute with. images: how many times an image will be learned from in the whole run.

    module: what is called with a batch's inputs, where it is not the whole network. Weights, averages and chance stay as they are.
    Raises Cancelled.
    """
    chosen = usual(learner)
    whole = learner.network.entry.mult_adds or 0
    if learner.keep_features or images * whole * _LEARN < SHORT.get(learner.device.type, math.inf):
        return chosen
    key = _key(learner, chosen)
    if isinstance(found := store.noted(key), dict):
        return replace(chosen, **found)
    began = time.perf_counter()
    trial = _Trial(learner, samples, control, module or learner.module, began + SECONDS)
    with learner.rehearsing():
        chosen = trial.best(chosen)
    if not trial.complete:  # a machine that was too busy to find anything out: not to be remembered
        return replace(chosen, seconds=time.perf_counter() - began)
    store.note(key, {name: getattr(chosen, name) for name in ("threads", "micro_batch", "channels_last", "precision", "offer")})
    return replace(chosen, seconds=time.perf_counter() - began)


class _Trial:
    """Times forward and backward passes of a few images."""

    def __init__(self, learner: Learner, samples: Samples, control: Control, module: nn.Module, until: float) -> None:
        self._learner, self._samples, self._control, self._module, self._until = learner, samples, control, module, until
        self._batch = learner.recipe.training.batch_size
        self.complete = False

    def best(self, usual: Chosen) -> Chosen:
        n = self._images(usual)
        best, least = usual, self._fits(usual, n)
        while least is None and n > 1:  # the steps of the run will make do with as few as that, too
            n //= 2
            least = self._fits(usual, n)
        if least is None:
            return usual
        for change in self._candidates(usual):
            if self._late():
                return best
            tried = replace(best, **change)
            seconds = self._fits(tried, n)
            if seconds is not None and seconds < _GAIN * least and self._wins_again(tried, best, n):
                best, least = tried, seconds
        self.complete = True
        return self._pieces(best, n, least / n) if best.device == "cpu" else best

    def _images(self, usual: Chosen) -> int:
        """How many at a time to try with: a few on a CPU, which is as good; the whole batch on a card, whose speed depends on it."""
        n = min(2, self._batch)
        if self._fits(usual, n, 1) is None:  # kernels are made ready in the first
            return 1
        per_image = self._seconds(usual, n, 1) / n
        if usual.device != "cpu":
            return self._batch
        while 2 * n <= min(8, self._batch) and 2 * n * per_image < SECONDS / 12:
            n *= 2
        return n

    def _candidates(self, usual: Chosen) -> list[dict[str, Any]]:
        """What to change, one after the other, on top of what was better before."""
        training, half = self._learner.recipe.training, half_type(self._learner.device)
        changes: list[dict[str, Any]] = []
        if usual.device == "cpu":
            if not training.threads and "OMP_NUM_THREADS" not in os.environ:
                changes += [{"threads": n} for n in _threads() if n != usual.threads]
            changes.append({"channels_last": not usual.channels_last})
        if training.precision == "auto" and half is not None:
            changes.append({"precision": half})
        return changes

    def _pieces(self, best: Chosen, n: int, per_image: float) -> Chosen:
        """Whether larger pieces than n are slower, so that the batch had better go through in pieces, or be smaller."""
        training = self._learner.recipe.training
        if self._batch < 2 * n or training.micro_batch or 2.5 * self._batch * per_image > self._until - time.perf_counter():
            return best
        seconds = self._fits(best, self._batch, 1)
        if seconds is None or per_image > _GAIN * seconds / self._batch:
            return best
        whole = seconds / self._batch
        if not not_in_pieces(self._learner):
            return replace(best, micro_batch=n)
        offer = f"Batches of {n} images would go {whole / per_image:.1f} times as fast here as batches of {self._batch}"
        return replace(best, offer=f"{offer}; their rates should then be lower as well (training.batch_size, optimizer.lr).")

    def _wins_again(self, tried: Chosen, best: Chosen, n: int) -> bool:
        """Whether it is faster a second time, the other one after it: a machine that has other work as well changes its speed from one
        second to the next, and a choice holds for the whole run."""
        again, rival = self._fits(tried, n), self._fits(best, n)
        return again is not None and rival is not None and again < _GAIN * rival

    def _late(self) -> bool:
        return time.perf_counter() > self._until

    def _fits(self, chosen: Chosen, n: int, times: int = 2) -> float | None:
        """`_seconds`, None where so many images do not fit into memory."""
        try:
            return self._seconds(chosen, n, times)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        # Outside of `except`: the failed pass, whose frames held all that it had computed, is gone.
        self._learner.optimizer.zero_grad(set_to_none=True)
        let_go(self._learner.device)
        return None

    def _seconds(self, chosen: Chosen, n: int, times: int = 2) -> float:
        """The least time of a pass over n images."""
        learner, took = self._learner, []
        inputs, labels = self._samples(n)
        before = learner.chosen
        with chosen.in_force():
            learner.choose(replace(chosen, micro_batch=0))
            try:
                for i in range(times + (1 if times > 1 else 0)):
                    self._control.check()
                    began = time.perf_counter()
                    learner.descend(self._module, inputs, labels, empty=False)
                    if learner.device.type == "cuda":
                        torch.cuda.synchronize(learner.device)
                    if i or times == 1:
                        took.append(time.perf_counter() - began)
            finally:
                learner.choose(before)
        return statistics.median_low(took)


def _threads() -> list[int]:
    """Numbers of threads worth trying: one a core of those that this process may use, with and without its second thread."""
    logical = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    physical = min(logical, psutil.cpu_count(logical=False) or logical)
    return sorted({logical, physical, max(1, physical // 2)}, reverse=True)


def _key(learner: Learner, usual: Chosen) -> str:
    """All that the choice depends on."""
    recipe, device = learner.recipe, learner.device
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else ""  # what is noted may lie where several machines see it
    said = recipe.model_dump(mode="json")
    parts = {
        **{section: said[section] for section in ("model", "frozen", "head")},
        "data": [said["data"][key] for key in ("task", "image_size", "resize")],
        "batch": recipe.training.batch_size,
        "asked": [usual.threads, usual.micro_batch, usual.precision, recipe.training.precision, "OMP_NUM_THREADS" in os.environ],
        "machine": [usual.device, card, half_type(device), _threads(), torch.__version__, torch.backends.cpu.get_cpu_capability()],
    }
    return "probe-" + hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()
