"""Constructing a network without paying for first weights that nobody will use."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import init
from torch.overrides import TorchFunctionMode

_RANDOM = {torch.Tensor.normal_, torch.Tensor.uniform_, torch.Tensor.erfinv_}


class _Skipping(threading.local):
    """How many `_SkipRandom` this thread is in."""

    depth = 0


_skipping = _Skipping()


class _SkipRandom(TorchFunctionMode):
    """Passes over the functions that fill a parameter with first weights; everything else runs as always."""

    def __enter__(self) -> _SkipRandom:
        _skipping.depth += 1
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        _skipping.depth -= 1
        super().__exit__(*error)  # type: ignore[no-untyped-call]

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func in _RANDOM or getattr(func, "__module__", "") == "torch.nn.init":
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def _passed_over(fill: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    @functools.wraps(fill)
    def unless_skipping(tensor: torch.Tensor, *given: Any, **named: Any) -> torch.Tensor:
        return tensor if _skipping.depth else fill(tensor, *given, **named)

    return unless_skipping


# A mode does not hear of this one. It draws again until all numbers lie within bounds: for ever, where nothing is drawn at all.
init.trunc_normal_ = _passed_over(init.trunc_normal_)


def uninitialised(construct: Callable[[], nn.Module]) -> nn.Module:
    """The network with memory for its weights, but arbitrary values in it: every one has to be loaded.

    Buffers that the constructor computes (position indices and the like) are right.
    """
    with _SkipRandom():
        return construct()


def skeleton(construct: Callable[[], nn.Module]) -> nn.Module:
    """The network on the `meta` device: all modules, shapes and types, no memory for weights."""
    try:
        with torch.device("meta"), _SkipRandom():
            return construct()
    except (NotImplementedError, RuntimeError):
        # Some constructors compute with tensors (torchvision's regnets). Memory that is never written costs nothing.
        return uninitialised(construct).to("meta")


@contextmanager
def seeded(*seed: int) -> Iterator[None]:
    """torch's CPU generator follows from `seed` inside, and is as if nothing had happened outside.

    Module constructors know no other source of chance. Other devices' generators are not touched.
    """
    with torch.random.fork_rng(devices=[]):
        state = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
        torch.default_generator.manual_seed(int(state) % math.floor(2**63))
        yield
