"""DeepLabV3's head: atrous convolutions of several rates side by side (Chen et al., 2017), torchvision's module."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What a DeepLab head can be told."""

    rates: tuple[int, ...] = titled(
        (12, 24, 36),
        "Atrous rates",
        "How far apart the taps of its convolutions lie, in steps of the feature map; commas between them. 6, 12, 18 for small pictures.",
    )

    @field_validator("rates")
    @classmethod
    def _steps(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not 1 <= len(value) <= 8 or not all(1 <= rate <= 256 for rate in value):
            raise ValueError("1 to 8 whole numbers from 1 to 256 are needed, such as 12, 24, 36")
        return value


def _make(options: Options, in_features: int, classes: int) -> Any:
    from torchvision.models.segmentation.deeplabv3 import DeepLabHead

    return DeepLabHead(in_features, classes, options.rates)


KIND = HeadKind(
    "deeplab",
    "DeepLab",
    "Looks at the surroundings of each place at several distances at once. The most exact, and the slowest.",
    Options,
    _make,
    task="segmentation",
    takes="map",
    dilated=True,
)
