"""What a head has to say of itself besides what every kind says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tlstudio.registry import Kind

Takes = Literal["features", "output", "map", "maps", "pyramid"]


@dataclass(frozen=True)
class HeadKind(Kind):
    """A head, and what it is made for.

    takes: features (B, D) of the backbone; output: what the old last layer gives (B, D), which stays; map: one feature map
    (B, C, H, W); maps: {"low": (B, C, H, W), "high": ...}, a finer and a coarser one; pyramid: a list of all maps, the finest first.
    make: (options, in_features, classes) gives an nn.Module; in_features is a pair (low, high) of widths where it takes maps, and
    (reduction, width) of each map where it takes a pyramid. reduction: pixels of the image from one unit of the map to the next.
    needs: reductions that must be in the pyramid.
    dilated: it wants the last stage of an encoder to give its map at 16 pixels a unit, not 32, where the encoder can.
    """

    task: str = "classification"
    takes: Takes = "features"
    needs: tuple[int, ...] = (4, 8, 16, 32)
    dilated: bool = False
