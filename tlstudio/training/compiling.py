"""torch.compile for the steps of a run, where the recipe asks for it: tried before the first step, left alone where it fails."""

from __future__ import annotations

import time
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.errors import sentences
from tlstudio.events import Note
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
