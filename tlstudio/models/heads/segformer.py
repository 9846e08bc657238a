"""SegFormer's head: one linear layer a map, then all of them together (Xie et al., 2021)."""

from __future__ import annotations

from typing import Any

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What a SegFormer head can be told."""

    width: int = titled(256, "Width", "Channels in which it thinks. More can tell more apart, and is slower.", ge=8, le=2048)


def _make(options: Options, in_features: tuple[tuple[int, int], ...], classes: int) -> Any:
    from segmentation_models_pytorch.decoders.segformer.decoder import SegformerDecoder

    from tlstudio.models.decoders import DecoderHead, reductions, widths

    decoder = SegformerDecoder(widths(in_features), segmentation_channels=options.width)
    return DecoderHead(decoder, reductions(in_features), options.width, classes, kernel=1)


KIND = HeadKind(
    "segformer",
    "SegFormer",
    "One linear layer for each map, joined by another. Light, quick, and good on transformers.",
    Options,
    _make,
    task="segmentation",
    takes="pyramid",
)
