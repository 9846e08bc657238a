"""What a head has to say of itself besides what every kind says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tlstudio.registry import Kind


@dataclass(frozen=True)
class HeadKind(Kind):
    """A head, and what it is made for.

    takes: features (B, D) of the backbone; output: what the old last layer gives (B, D), which stays; map: one feature map
    (B, C, H, W); maps: {"low": (B, C, H, W), "high": ...}, a finer and a coarser one.
    make: (options, in_features, classes) gives an nn.Module; in_features is a pair (low, high) where it takes maps.
    """

    takes: Literal["features", "output", "map", "maps"] = "features"
