"""A fully convolutional head (Long, Shelhamer and Darrell, 2015), laid out as torchvision's."""

from __future__ import annotations

from typing import Any

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What an FCN head can be told."""

    dropout: float = titled(0.1, "Dropout", "Share of features hidden at random in each training step.", unit="share", ge=0.0, le=0.9)


def _make(options: Options, in_features: int, classes: int) -> Any:
    from torchvision.models.segmentation.fcn import FCNHead

    head = FCNHead(in_features, classes)
    head[3].p = options.dropout
    return head


KIND = HeadKind(
    "fcn",
    "FCN",
    "Two convolutions that judge each place from its nearest surroundings. Simple, quick to train.",
    Options,
    _make,
    task="segmentation",
    takes="map",
    dilated=True,
)
