"""How much of a forward pass lies in front of the first layer that learns, by time, without cutting the network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from tlstudio.control import Control
from tlstudio.training.learner import Learner
from tlstudio.training.pieces import draws


def timed(work: Callable[[], Any], times: int, warm: int, device: torch.device, control: Control) -> Iterator[float]:
    """Seconds of each of so many times that the work is done, after `warm` that are not counted. Raises Cancelled."""
    for i in range(warm + times):
        control.check()
        began = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        if i >= warm:
            yield time.perf_counter() - began


class _Hot(Exception):
    """Carries what enters the first layer that learns out of a forward pass."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size


def frozen_part(learner: Learner, x: Tensor, device: torch.device) -> tuple[float, int]:
    """Share 0..1 of the forward pass, by time, before the first layer that learns, draws chances or follows the batch; bytes of what
    enters it, of one image. (0, 0) where there is nothing in front of it."""
    training = {id(child) for child in learner.training_modules()}

    def hot(child: torch.nn.Module) -> bool:
        learns = any(parameter.requires_grad for parameter in child.parameters(recurse=False))
        return learns or (id(child) in training and (isinstance(child, _BatchNorm) or draws(child)))

    def reached(_: torch.nn.Module, given: tuple[Any, ...]) -> None:
        raise _Hot(sum(tensor.nbytes for tensor in given if isinstance(tensor, Tensor)))

    def passed() -> int:
        try:
            learner.module(x)
        except _Hot as found:
            return found.size
        return 0

    learner.module.eval()
    with torch.inference_mode():
        whole = min(timed(lambda: learner.module(x), 2, 0, device, Control()))
        hooks = [child.register_forward_pre_hook(reached) for child in learner.module.modules() if hot(child)]
        try:
            crossing = passed()
            part = min(timed(passed, 2, 0, device, Control()))
        finally:
            for hook in hooks:
                hook.remove()
    return (min(1.0, part / whole), crossing // len(x)) if learner.frozen else (0.0, 0)
