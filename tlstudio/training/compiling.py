"""What runs in the steps of a stage in place of the plain module: torch.compile's where the recipe asks for it, tried before the first
step and left alone where it fails; and what brings the gradients of several ranks together."""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.errors import sentences
from tlstudio.events import Note
from tlstudio.training.distributed import ranks
from tlstudio.training.features import Features
from tlstudio.training.learner import Learner


def compiled(learner: Learner, module: nn.Module, inputs: Features, labels: Tensor) -> Note | None:
    """Have the learner's steps run a compiled `module`, tried on that batch; what to tell about it. None where the recipe does not ask.

    Compiled anew for each batch size (most epochs have two), so that a resume meets the same kernels. Weights, averages and chance
    stay as they are.
    """
    if not learner.recipe.training.compile:
        return None
    began = time.perf_counter()
    try:
        faster: Any = torch.compile(module, dynamic=False)
        with learner.rehearsing():
            before = _timed(learner, module, inputs, labels)
            learner.stand_in(module, faster)
            learner.descend(module, inputs, labels, empty=False)
            took = time.perf_counter() - began
            after = _timed(learner, module, inputs, labels)
    except Exception as error:  # no compiler, or a network that it cannot take: of whatever kind, training goes on without
        learner.stand_in(module, None)
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        said = sentences("The network could not be compiled", first)
        return Note(level="warn", message=f"{said} Training goes on as it is.")
    return Note(message=f"Compiled in {took:.0f} s: a step takes {after:.2g} s instead of {before:.2g} s.")


def joined(learner: Learner, module: nn.Module, inputs: Features, labels: Tensor) -> None:
    """Have the learner's steps run a `module` whose gradients are the mean over all ranks; alone nothing changes.

    One pass over that batch shows whether all that learns takes part. Weights, averages and chance stay as they are.
    """
    together = ranks()
    if together.size == 1:
        return
    with learner.rehearsing():
        learner.descend(module, inputs, labels, empty=False)
        partly = any(parameter.grad is None for parameter in learner.learning)
    learner.stand_in(module, together.wrapped(learner.running(module), partly=partly))


def _timed(learner: Learner, module: nn.Module, inputs: Features, labels: Tensor) -> float:
    """Seconds of the quicker of two passes forward and back."""
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        learner.descend(module, inputs, labels, empty=False)
        if learner.device.type == "cuda":
            torch.cuda.synchronize(learner.device)
        seconds.append(time.perf_counter() - began)
    return min(seconds)
