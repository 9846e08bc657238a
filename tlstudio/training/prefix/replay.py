"""A cut between whole modules, for networks whose course depends on the images: frozen modules give what was kept of them.

The network itself runs behind the cut, on no picture at all; its frozen modules do not. Any Python may stand between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from tlstudio.training.prefix.halves import Crossing, kind_of
from tlstudio.training.prefix.tape import Untraceable, undone


@dataclass(eq=False)
class Call:
    """One run of a module, the `number`th of it in a forward pass. result: its leaves, put together by spec. around: the call it is in."""

    module: nn.Module
    number: int
    around: Call | None
    result: list[Any] = field(default_factory=list)
    spec: Any = None

    @property
    def name(self) -> tuple[int, int]:
        return id(self.module), self.number


def by_modules(module: nn.Module, x: Tensor) -> tuple[_Front, Replayed, tuple[Crossing, ...]]:
    """Cut between modules. x: (3, 3, H, W). Raises Untraceable where there is no frozen module to be kept."""
    calls = _cold(module, x)
    needed = _needed(module, x, calls)
    if not needed:
        raise Untraceable("no layer of it is frozen as a whole")
    kinds = _kinds(needed)
    return _Front(module, needed, kinds), Replayed(module, calls, needed, kinds, x.shape[2:]), kinds


def _kinds(calls: Sequence[Call]) -> tuple[Crossing, ...]:
    return tuple(kind_of(one.shape, one.stride(), one.dtype) for call in calls for one in call.result)


def _calls(module: nn.Module, x: Tensor, seed: int) -> list[Call]:
    """Every call of a module in one forward pass, in the order in which they end."""
    open_calls, done, runs = list[Call](), list[Call](), dict[int, int]()

    def enter(child: nn.Module, args: Any) -> None:
        number = runs[id(child)] = runs.get(id(child), -1) + 1
        open_calls.append(Call(child, number, open_calls[-1] if open_calls else None))

    def leave(child: nn.Module, args: Any, result: Any) -> None:
        call = open_calls.pop()
        leaves, call.spec = pytree.tree_flatten(result)
        call.result = [one.clone() if isinstance(one, Tensor) else one for one in leaves]  # it may be written to
        done.append(call)

    hooks = [child.register_forward_pre_hook(enter) for child in module.modules()]
    hooks += [child.register_forward_hook(leave) for child in module.modules()]
    try:
        with torch.inference_mode(False), torch.enable_grad(), undone(module, x.device):
            torch.manual_seed(seed)
            module(x)
    finally:
        for hook in hooks:
            hook.remove()
    return done


def _cold(module: nn.Module, x: Tensor) -> list[Call]:
    """The outermost calls that give the same for an image whatever the chances and whatever the other images, with no gradient."""
    first, second = _calls(module, x[:2], 0), _calls(module, x[[0, 2]], 1)
    if [call.name for call in first] != [call.name for call in second]:
        raise Untraceable("which of its layers run depends on the images")
    cold = {a for a, b in zip(first, second, strict=True) if a.result and all(map(_same, a.result, b.result))}
    restless = {id(call.module) for call in first if call not in cold}
    cold = {call for call in cold if id(call.module) not in restless}

    def outermost(call: Call) -> bool:
        above = call.around
        while above is not None and above not in cold:
            above = above.around
        return above is None

    return [call for call in first if call in cold and outermost(call)]


def _same(a: Any, b: Any) -> bool:
    return (
        isinstance(a, Tensor)
        and isinstance(b, Tensor)
        and not a.requires_grad
        and a.dim() > 0
        and len(a) == 2
        and a.shape == b.shape
        and torch.allclose(a[0], b[0], rtol=1e-5, atol=1e-6)
    )


def _needed(module: nn.Module, x: Tensor, calls: Sequence[Call]) -> list[Call]:
    """Those of them that what runs behind asks for: without their numbers the answer is another."""

    def answer(missing: Call | None) -> list[Any]:
        crossing = [
            torch.full_like(one, torch.nan if call is missing and one.is_floating_point() else 0.0) if call is missing else one
            for call in calls
            for one in call.result
        ]
        with torch.no_grad(), undone(module, x.device):
            torch.manual_seed(0)
            return pytree.tree_leaves(whole(*(one.permute(kind.order) for one, kind in zip(crossing, kinds, strict=True))))

    if not calls:
        return []
    kinds = _kinds(calls)
    whole = Replayed(module, calls, calls, kinds, x.shape[2:])
    usual = answer(None)
    return [call for call in calls if not all(map(_equal, usual, answer(call)))]


def _equal(a: Any, b: Any) -> bool:
    return torch.equal(a, b) if isinstance(a, Tensor) and isinstance(b, Tensor) else bool(a == b)


class _Enough(Exception):
    """Ends a forward pass when all that is kept has been seen."""


class _Front:
    """(B, 3, H, W) to the list of what crosses, each (B, ...), contiguous."""

    def __init__(self, module: nn.Module, needed: Sequence[Call], kinds: Sequence[Crossing]) -> None:
        self._module, self._needed, self._kinds = module, needed, kinds

    def __call__(self, x: Tensor) -> list[Tensor]:
        found: dict[tuple[int, int], list[Tensor]] = {}
        wanted = {call.name for call in self._needed}
        runs: dict[int, int] = {}

        def seen(child: nn.Module, args: Any, result: Any) -> None:
            key = (id(child), runs.get(id(child), 0))
            runs[id(child)] = key[1] + 1
            if key in wanted:
                found[key] = [one.detach().clone() for one in pytree.tree_leaves(result)]
                if len(found) == len(wanted):
                    raise _Enough

        hooks = [call.module.register_forward_hook(seen) for call in {id(call.module): call for call in self._needed}.values()]
        try:
            with undone(self._module, x.device):
                self._module(x)
        except _Enough:
            pass
        finally:
            for hook in hooks:
                hook.remove()
        flat = [one for call in self._needed for one in found[call.name]]
        return [one.permute(kind.order).contiguous() for one, kind in zip(flat, self._kinds, strict=True)]


class Replayed(nn.Module):
    """The network with its frozen modules silent: (B, ...) of each tensor that crosses, to its answer; see `halves.Suffix`."""

    def __init__(
        self, module: nn.Module, calls: Sequence[Call], needed: Sequence[Call], kinds: Sequence[Crossing], shape: Sequence[int]
    ) -> None:
        super().__init__()
        self.network = module
        self._modes = [(child, child.training) for child in module.modules()]
        self._calls, self._needed, self._kinds, self._shape = calls, needed, kinds, shape

    def train(self, mode: bool = True) -> Replayed:
        """The network's own modes stay as they are."""
        self.training = mode
        return self

    def forward(self, *crossing: Tensor) -> Any:
        given = iter(one.permute(kind.back) for one, kind in zip(crossing, self._kinds, strict=True))
        results = {call.name: [next(given) for _ in call.result] for call in self._needed}
        before = [(child, child.training) for child, _ in self._modes]
        for child, training in self._modes:
            child.training = training and self.training
        try:
            with _silenced(self._calls, results, len(crossing[0])):
                return self.network(crossing[0].new_zeros(1).expand(len(crossing[0]), 3, *self._shape))
        finally:
            for child, training in before:
                child.training = training


@contextmanager
def _silenced(calls: Sequence[Call], results: dict[tuple[int, int], list[Tensor]], batch: int) -> Iterator[None]:
    """Inside, those modules give these results, or zeros where there is none of them, and do not run."""
    by_module = dict[int, list[Call]]()
    for call in calls:
        by_module.setdefault(id(call.module), []).append(call)

    def silent(ones: list[Call]) -> Any:
        left = iter(ones)

        def forward(*args: Any, **kwargs: Any) -> Any:
            call = next(left)
            if call.name in results:  # what is kept must stay as it is
                result = [one.clone() for one in results[call.name]]
            else:
                result = [one.new_zeros(1).expand(batch, *one.shape[1:]) for one in call.result]
            return pytree.tree_unflatten(result, call.spec)

        return forward

    try:
        for ones in by_module.values():
            ones[0].module.forward = silent(ones)
        yield
    finally:
        for ones in by_module.values():
            ones[0].module.__dict__.pop("forward", None)
