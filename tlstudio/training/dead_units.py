"""Which output channels of a layer are 0 for every input of a batch, behind an activation that cuts off: those do not learn any more.

Looked at where the activation is computed, be it a module, a function in somebody's `forward` or a node of an exported graph, so that
it works for a whole network and for what stands behind a cut alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

# Activations that are exactly 0, and flat, for all that is small enough; not SiLU, GELU and the like, which never are.
_RECTIFIERS = {"relu", "relu6", "hardswish", "hardsigmoid", "hardtanh", "threshold"}
_FLOOR = {"hardtanh": (1, "min_val"), "threshold": (2, "value")}
"""Where in a call stands what comes out of the cut off part."""
# What leaves a channel a channel.
_THROUGH = {"batch_norm", "_native_batch_norm_legit", "native_batch_norm", "instance_norm", "group_norm", "dropout", "dropout2d"}
_CHANNELS_LAST = {"linear", "addmm", "matmul", "mm", "layer_norm", "rms_norm"}
_MARK = "_fed_by"
"""On a tensor: the layer that it comes from (-1: one that does not learn), and the dimension of its channels."""


class DeadUnits(TorchFunctionMode):
    """Inside `with`, notes for each layer which of its channels were ever not 0.

    owners: layer by id of each parameter that learns. seen: by layer, bool (channels,), on the device; passes over pieces of a batch add
    up. cost: seconds that the last look took.
    """

    def __init__(self, module: nn.Module, owners: Mapping[int, int], clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__()
        self._clock = clock
        self._owners = {id(one): owners.get(id(one), -1) for one in module.parameters()}
        self.seen: dict[int, Tensor] = {}
        self.cost = 0.0

    def __enter__(self) -> Any:
        self.cost = 0.0
        return super().__enter__()  # type: ignore[no-untyped-call]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if isinstance(out, Tensor) and out.is_floating_point() and args:
            began = self._clock()
            self._note(getattr(func, "__name__", "").partition(".")[0], out, args, kwargs or {})
            self.cost += self._clock() - began
        return out

    def _note(self, name: str, out: Tensor, args: Any, kwargs: Mapping[str, Any]) -> None:
        base = name.removesuffix("_")
        fed = getattr(args[0], _MARK, None)
        if base in _RECTIFIERS:
            at, word = _FLOOR.get(base, (len(args), ""))
            if fed is not None and fed[0] >= 0 and (args[at] if at < len(args) else kwargs.get(word, 0)) == 0:
                self._look(fed[0], fed[1], out, below=base == "hardswish")
            return
        owner = next((self._owners[id(one)] for one in (*args, *kwargs.values()) if id(one) in self._owners), None)
        if owner is None:  # a weight that was turned first
            turned = (getattr(one, _MARK, None) for one in args[1:] if isinstance(one, Tensor) and base in _CHANNELS_LAST)
            owner = next((mark[0] for mark in turned if mark is not None), None)
        if owner is not None and owner >= 0:
            setattr(out, _MARK, (owner, -1 if base in _CHANNELS_LAST else 1))
        elif base in _THROUGH:
            if fed is not None:
                setattr(out, _MARK, fed)
        elif out is args[0] and fed is not None:  # something was added to it
            delattr(out, _MARK)

    def _look(self, layer: int, channels: int, out: Tensor, *, below: bool) -> None:
        """below: the activation has values under 0 too."""
        values = out.detach()
        rest = [dim for dim in range(values.dim()) if dim != channels % values.dim()]
        alive = values.amax(rest) != 0
        if below:
            alive |= values.amin(rest) != 0
        before = self.seen.get(layer)
        self.seen[layer] = alive if before is None or before.shape != alive.shape else before | alive
