"""How each layer learns, looked at about once a second: gradients, updates, drift, dead units. Training itself does not change by a bit.

    start = start_of(ground.network.module, ground.moving)     before a checkpoint is put into the network
    receipt["start"] = start.digest                            so that a resume knows whether it found the same again
    watch = Watch(setup, before=start.since(receipt, resumed)) for each stage

    if watch.due(step):
        with watch.around():
            setup.step(...)
        yield watch.read(epoch, step)

Between due steps it costs one look at the clock, in a due step about a pass over the weights that learn.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.events import Signals
from tlstudio.models.freezing import digest, quick_sum
from tlstudio.training.dead_units import DeadUnits
from tlstudio.training.learner import Learner

INTERVAL = 1.0  # seconds between two looks, at least
RATIO = 200.0  # and so many times what one look costs: 0.5 % of the time by its own count, which leaves out what hooks do within the step
SPREAD = 200.0  # and this part of the time that has passed, so that a run of a day does not fill its log
LIMIT = 1 << 30  # bytes of weights that learn, above which no second copy of them is kept or made


@dataclass(frozen=True)
class Start:
    """The weights that a run began with. tensors: copies by name, on their device; digest: over their bits."""

    tensors: dict[str, Tensor]
    digest: str

    def since(self, receipt: Mapping[str, Any] | None, resumed: bool) -> dict[str, Tensor] | None:
        """What drift is measured from, None where it is not known: the network of a resumed run is built anew from the same seed and
        weights file, and the receipt of the run tells whether that gave the same weights again."""
        if not self.tensors or (resumed and (receipt or {}).get("start") != self.digest):
            return None
        return self.tensors


def start_of(module: nn.Module, moving: Collection[str]) -> Start:
    """Copies of the parameters named in `moving`, as they are now: as much memory as those weights. None are made of more than LIMIT
    bytes of them."""
    wanted = set(moving)
    named = {name: tensor.detach() for name, tensor in module.named_parameters() if name in wanted}
    if sum(tensor.nbytes for tensor in named.values()) > LIMIT:
        return Start({}, "")
    return Start({name: tensor.clone() for name, tensor in named.items()}, digest({name: quick_sum(t) for name, t in named.items()}))


class Watch:
    """Looks at one stage's learning layers: the modules that own what learns, in the order of the network, BatchNorm among them.

    before: weights that the run began with, by name; None: not known, drift is not told. Under several ranks each sees its own batch's dead
    units; the rest is the same for all. clock: seconds.
    """

    def __init__(self, setup: Learner, *, before: Mapping[str, Tensor] | None, clock: Callable[[], float] = time.perf_counter) -> None:
        self._setup, self._clock = setup, clock
        self.layers: list[str] = []
        self._weights: list[nn.Parameter] = []
        self._owners: list[int] = []
        names: list[str] = []
        known = set[int]()
        for path, module in setup.network.module.named_modules():
            own = [(name, one) for name, one in module.named_parameters(path, recurse=False) if one.requires_grad and id(one) not in known]
            if not own:
                continue
            known |= {id(one) for _, one in own}
            names += [name for name, _ in own]
            self._weights += [one for _, one in own]
            self._owners += [len(self.layers)] * len(own)
            self.layers.append(path)
        self._copies = sum(one.nbytes for one in self._weights) <= LIMIT
        self._start: list[Tensor] | None = None
        if before is not None and self._copies and all(name in before for name in names):
            self._start = [before[name].to(one.device) for name, one in zip(names, self._weights, strict=True)]
        self._dead = DeadUnits(setup.network.module, {id(one): at for one, at in zip(self._weights, self._owners, strict=True)}, clock)
        self._began = clock()
        self._next, self._cost = self._began, 0.0
        self._found: dict[str, Tensor] = {}
        self._before: list[Tensor] = []

    def due(self, step: int) -> bool:
        """Whether the next step should be looked at."""
        return self._clock() >= self._next

    @contextmanager
    def around(self) -> Iterator[None]:
        """Look at the one step that is made inside."""
        with self._paid():
            self._found, self._before, self._dead.seen = {}, [], {}
            optimizer = self._setup.optimizer
            hooks = [optimizer.register_step_pre_hook(self._at_gradients), optimizer.register_step_post_hook(self._at_step)]
        try:
            if self._setup.recipe.training.compile:  # what is compiled has no layers to look at
                yield
            else:
                with self._dead:
                    yield
        finally:
            for hook in hooks:
                hook.remove()
            self._cost += self._dead.cost

    def read(self, epoch: int, step: int) -> Signals:
        """What the step inside `around` showed, after `step` steps of the epoch. The device is waited for once, here."""
        with self._paid():
            at = len(self.layers)
            unknown = torch.full((at,), math.nan, device=self._weights[0].device)
            order = ("gradient", "update", "drift")
            found = [self._found.get(name, unknown).to(unknown) for name in order]
            dead = {layer: 1.0 - alive.float().mean() for layer, alive in self._dead.seen.items()}
            shares = torch.stack([dead[layer].to(unknown) for layer in sorted(dead)]) if dead else unknown[:0]
            values = torch.cat([*found, shares]).tolist()
            gradient, update, drift = (_known(values[i * at : (i + 1) * at]) for i in range(len(order)))
            of = dict(zip(sorted(dead), _known(values[3 * at :]), strict=True))
            self._found, self._before, self._dead.seen = {}, [], {}
        now = self._clock()
        self._next = now + max(INTERVAL, RATIO * self._cost, (now - self._began) / SPREAD)
        self._cost = 0.0
        known = [of.get(i) for i in range(at)]
        return Signals(epoch=epoch, step=step, layers=list(self.layers), gradient=gradient, update=update, drift=drift, dead=known)

    @contextmanager
    def _paid(self) -> Iterator[None]:
        began = self._clock()
        try:
            yield
        finally:
            self._cost += self._clock() - began

    @torch.no_grad()
    def _at_gradients(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        """The optimizer is about to use the gradients: accumulated, clipped, and of their true scale."""
        with self._paid():
            there = [(at, one.grad) for at, one in zip(self._owners, self._weights, strict=True) if one.grad is not None]
            if there:
                norms = self._of_layers([at for at, _ in there], [gradient for _, gradient in there])
                scale = getattr(optimizer, "grad_scale", None)  # a fused step takes the scaler's factor out by itself
                self._found["gradient"] = norms if scale is None else norms / scale
                silent = sorted(set(range(len(self.layers))) - {at for at, _ in there})
                self._found["gradient"][silent] = math.nan
            if self._copies:
                self._before = [one.detach().clone() for one in self._weights]

    @torch.no_grad()
    def _at_step(self, *_: Any) -> None:
        """The optimizer has moved the weights."""
        if not self._before:
            return
        with self._paid():
            now = [one.detach() for one in self._weights]
            sizes = self._of_layers(self._owners, self._before)
            torch._foreach_sub_(self._before, now)
            self._found["update"] = self._of_layers(self._owners, self._before) / sizes
            if self._start is not None:
                torch._foreach_copy_(self._before, now)
                torch._foreach_sub_(self._before, self._start)
                self._found["drift"] = self._of_layers(self._owners, self._before) / self._of_layers(self._owners, self._start)
            self._before = []

    def _of_layers(self, owners: Sequence[int], tensors: Sequence[Tensor]) -> Tensor:
        """Euclidean norm over all of a layer's tensors, float32 (layers,), on the device."""
        norms = torch.stack([norm.float() for norm in torch._foreach_norm(list(tensors))])
        out = torch.zeros(len(self.layers), device=norms.device)
        return out.index_add_(0, torch.tensor(owners, device=norms.device), norms.square()).sqrt_()


def _known(values: Sequence[float]) -> list[float | None]:
    """To four digits, as they are drawn and kept; None for what is no number."""
    return [float(f"{value:.4g}") if math.isfinite(value) else None for value in values]
