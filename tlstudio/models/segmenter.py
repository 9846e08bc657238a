"""A classification network below a head that makes masks."""

from __future__ import annotations

import functools
from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.functional import interpolate

from tlstudio.models.heads.kind import Takes
from tlstudio.models.idle import take_out
from tlstudio.models.pyramid import Pyramid, maps

BACKBONE, HEAD = "backbone", "head"
# Where LR-ASPP looks for detail, and the coarsest map that one map alone should have (Howard et al., 2019; Chen et al., 2017).
_FINE, _SINGLE = 8, 16

Widths = int | tuple[int, int] | tuple[tuple[int, int], ...]
Given = Tensor | dict[str, Tensor] | list[Tensor]


class Segmenter(nn.Module):
    """Images (B, 3, H, W) float, normalised, of any size to logits (B, classes, H, W).

    backbone: the published network under its published names, without what its maps do not need; it gives a list of maps. head: takes
    what `takes` says of them; what it gives is enlarged to the size of the image (bilinear, corners not aligned).
    An image whose sides are no multiples of `multiple` is first resized to the next ones.
    """

    def __init__(self, backbone: nn.Module, head: nn.Module, takes: Takes, multiple: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.takes = takes
        self.multiple = multiple

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        fitting = [-(-side // self.multiple) * self.multiple for side in (height, width)]
        if fitting != [height, width]:
            x = interpolate(x, size=fitting, mode="bilinear", align_corners=False)
        given: list[Tensor] = self.backbone(x)
        logits: Tensor = self.head(self._taken(given))
        if logits.shape[-2:] == (height, width):
            return logits
        return interpolate(logits, size=(height, width), mode="bilinear", align_corners=False)

    def _taken(self, given: list[Tensor]) -> Given:
        if self.takes == "pyramid":
            return given
        return given[0] if self.takes == "map" else {"low": given[0], "high": given[1]}


def segmenter(module: nn.Module, pyramid: Pyramid, takes: Takes, make: Callable[[Widths], nn.Module]) -> Segmenter:
    """A whole network of timm, which is changed in place, made into the backbone of a new head; pyramid: its maps, on any device."""
    taken = chosen(pyramid.reductions, takes)
    widths = [pyramid.channels[i] for i in taken]
    indices = tuple(pyramid.indices[i] for i in taken)
    take_out(module, pyramid.idle)
    module.__class__ = _giving_maps(type(module), indices, pyramid.norm)  # type: ignore[arg-type]  # mypy: types are not hashable
    if takes == "pyramid":
        head = make(tuple((pyramid.reductions[i], width) for i, width in zip(taken, widths, strict=True)))
    else:
        head = make(widths[0] if takes == "map" else (widths[0], widths[1]))
    return Segmenter(module, head, takes, pyramid.multiple)


def chosen(reductions: tuple[int, ...], takes: Takes) -> list[int]:
    """Which of those maps a head takes, by their places, finest first."""
    last = len(reductions) - 1
    if takes == "pyramid":
        return list(range(len(reductions)))
    if takes == "map":
        return [reductions.index(_SINGLE) if _SINGLE in reductions else last]
    return [max((i for i in range(last) if reductions[i] <= _FINE), default=0), last]


@functools.cache
def _giving_maps(kind: type[nn.Module], indices: tuple[int, ...], norm: bool) -> type[nn.Module]:
    """The class of a network with another forward pass, so that all that watches networks at work sees this one as any other."""

    def forward(self: nn.Module, x: Tensor) -> list[Tensor]:
        return maps(self, x, indices, norm)

    return type(kind.__name__, (kind,), {"forward": forward})
