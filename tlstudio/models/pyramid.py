"""The maps that a classification network of timm makes on its way: which there are, and what of it is of no use for them.

They come from timm's own `forward_intermediates`, so that every layer keeps the name it was published under.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tlstudio.models.idle import idle, leaves

# A coarser map than that says too little of where things are.
_COARSEST = 32


@dataclass(frozen=True)
class Pyramid:
    """reductions: pixels of the image from one unit of a map to the next, finest first; channels: of each of these maps.

    indices: what forward_intermediates calls them. norm: whether its last normalisation is applied (plain transformers need it).
    idle: paths of modules and parameters of the network that are of no use for them.
    """

    reductions: tuple[int, ...]
    channels: tuple[int, ...]
    indices: tuple[int, ...]
    norm: bool
    idle: tuple[str, ...]

    @property
    def multiple(self) -> int:
        """Sides of an image have to be multiples of it, so that each map is exactly so many times smaller."""
        return multiple_of(self.reductions)


def multiple_of(reductions: Sequence[int]) -> int:
    """See `Pyramid.multiple`."""
    return _COARSEST if all(_COARSEST % one == 0 for one in reductions) else reductions[-1]


def maps(module: nn.Module, x: Tensor, indices: Sequence[int], norm: bool) -> list[Tensor]:
    """Those maps of images (B, 3, H, W), each (B, C, h, w) float."""
    given: list[Tensor] = module.forward_intermediates(  # type: ignore[operator]
        x, indices=list(indices), norm=norm, stop_early=True, output_fmt="NCHW", intermediates_only=True
    )
    return given


def survey(module: nn.Module, size: int) -> Pyramid:
    """Look at a network of timm on `meta` that takes images of that side. Of several maps with one reduction the last is taken.

    Raises ValueError where it gives no maps of which it could be said what part of the image each unit stands for; and whatever its
    forward pass raises.
    """
    x = torch.empty(2, 3, size, size, device="meta")
    if not hasattr(module, "forward_intermediates"):
        raise ValueError("it has no forward_intermediates")
    module.eval()
    # With gradients: what a layer keeps from its first run (attention biases) has to show what it came from in the next one, too.
    with torch.inference_mode(False), torch.enable_grad():
        every: list[Tensor] = module.forward_intermediates(x, output_fmt="NCHW", intermediates_only=True)  # type: ignore[operator]
    last: dict[int, int] = {}
    for i, one in enumerate(every):
        if one.dim() == 4 and one.shape[-1] == one.shape[-2] and one.shape[0] == 2:
            reduction = round(size / one.shape[-1])
            if 1 < reduction <= _COARSEST:
                last[reduction] = i
    if not last:
        raise ValueError("it gives no maps")
    reductions = tuple(sorted(last))
    indices = tuple(last[reduction] for reduction in reductions)
    if indices != tuple(sorted(indices)):
        raise ValueError("its maps do not get coarser from one to the next")
    norm = len(reductions) == 1
    found = Pyramid(reductions, tuple(int(every[i].shape[1]) for i in indices), indices, norm, ())
    return Pyramid(reductions, found.channels, indices, norm, _idle(module, found))


def _idle(module: nn.Module, found: Pyramid) -> tuple[str, ...]:
    entered: set[int] = set()
    hooks = [child.register_forward_pre_hook(lambda child, args: entered.add(id(child))) for child in module.modules()]
    side = 2 * found.multiple
    try:
        with torch.inference_mode(False), torch.enable_grad():
            given = maps(module, torch.empty(2, 3, side, side, device="meta"), found.indices, found.norm)
    finally:
        for hook in hooks:
            hook.remove()
    expected = [(2, width, side // by, side // by) for width, by in zip(found.channels, found.reductions, strict=True)]
    if [tuple(one.shape) for one in given] != expected:
        raise ValueError(f"its maps are {[tuple(one.shape) for one in given]}, {expected} expected")
    end = [path for path, child in module.named_modules() if id(child) in entered][-1]
    return tuple(idle(module, end, entered, leaves(*given)))
