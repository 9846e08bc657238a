"""The lite reduced ASPP head of MobileNetV3 (Howard et al., 2019), torchvision's module."""

from __future__ import annotations

from typing import Any

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What an LR-ASPP head can be told."""

    width: int = titled(128, "Width", "Channels in which it thinks. More can tell more apart, and is slower.", ge=8, le=2048)


def _make(options: Options, in_features: tuple[int, int], classes: int) -> Any:
    from torchvision.models.segmentation.lraspp import LRASPPHead

    return LRASPPHead(*in_features, num_classes=classes, inter_channels=options.width)


KIND = HeadKind(
    "lraspp",
    "LR-ASPP",
    "Weighs a fine and a coarse look at the picture against each other. Made for speed.",
    Options,
    _make,
    task="segmentation",
    takes="maps",
    # Not dilated: measured on street scenes that doubled the time of a step and gained nothing.
)
