"""A network in two parts: what is frozen in front, and what learns behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from tlstudio.models.network import Network
from tlstudio.training.features import Features, mapped, tensors
from tlstudio.training.out_of_memory import in_halves

FOLDED = "folded, activated"
"""The digest of parts whose front is `folded_network`."""


class Parts(Protocol):
    """how: features, graph or modules, see `events.PrefixCached`. module: what learns, and whatever else stands behind the cut.

    digest: of how what crosses is computed, as far as the model and its weights leave that open. why: the cut is between whole modules
    only, a clause; "" where it is not.

    module(inputs(front(x))) is the network's own answer for images x (B, 3, H, W).
    """

    how: str
    module: nn.Module
    digest: str
    why: str

    def front(self, x: Tensor) -> list[Tensor]:
        """What crosses the cut, each (B, ...), as inference."""
        ...

    def inputs(self, crossing: Sequence[Tensor]) -> Features:
        """What crosses, as `module` takes it."""
        ...

    def takes(self, shape: tuple[int, int]) -> bool:
        """Whether images of that (H, W) can go through."""
        ...

    def learn(self) -> None:
        """Put `module` into the modes of training, the network itself being in them already."""
        ...


class HeadApart:
    """The head learns, everything before it is frozen: what crosses is what enters the head."""

    how, why = "features", ""

    def __init__(self, network: Network, front: Network | None = None) -> None:
        """front: the same network with BatchNorm folded, if there is one."""
        self._front = network if front is None else front
        self.digest = "" if front is None else FOLDED
        self.module = network.head
        self._like: Features = None

    def front(self, x: Tensor) -> list[Tensor]:
        with torch.inference_mode():
            self._like = in_halves(self._front.features, x)
        return tensors(self._like)

    def inputs(self, crossing: Sequence[Tensor]) -> Features:
        rest = iter(crossing)
        return mapped(lambda _: next(rest), self._like)

    def takes(self, shape: tuple[int, int]) -> bool:
        return True

    def learn(self) -> None:
        """The head is a module of the network, and in its modes."""


class CutApart:
    """A network cut where the first layer learns, see `prefix`."""

    def __init__(self, cut: Any) -> None:
        self._cut = cut
        self.how: str = cut.how
        self.digest: str = cut.digest
        self.why: str = cut.why
        self.module: nn.Module = _Listed(cut.suffix)

    def front(self, x: Tensor) -> list[Tensor]:
        with torch.inference_mode():
            return list(in_halves(self._cut.prefix, x))

    def inputs(self, crossing: Sequence[Tensor]) -> Features:
        return list(crossing)

    def takes(self, shape: tuple[int, int]) -> bool:
        return bool(self._cut.takes(shape))

    def learn(self) -> None:
        self.module.train()


class _Listed(nn.Module):
    """Takes what crosses as one list, as steps and measurements hand it on."""

    def __init__(self, suffix: nn.Module) -> None:
        super().__init__()
        self.suffix = suffix

    def forward(self, crossing: Sequence[Tensor]) -> Any:
        return self.suffix(*crossing)
