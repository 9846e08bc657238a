"""Cosine similarity between features and one direction a class (Gidaris and Komodakis, 2018; Luo et al., 2018)."""

from __future__ import annotations

from typing import Any

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What a cosine head can be told."""

    scale: float = titled(16.0, "Scale", "What cosines, -1 to 1, are multiplied with at the start; it learns along.", ge=1.0, le=100.0)


def _make(options: Options, in_features: int, classes: int) -> Any:
    from tlstudio.models.cosine import CosineLinear

    return CosineLinear(in_features, classes, options.scale)


KIND = HeadKind(
    "cosine",
    "Cosine",
    "Looks at the direction of the features, not at their length. Fair to rare classes, and good with few images.",
    Options,
    _make,
)
