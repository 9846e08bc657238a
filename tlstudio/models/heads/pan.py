"""Pyramid attention network (Li et al., 2018)."""

from __future__ import annotations

from typing import Any

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What a PAN head can be told."""

    width: int = titled(32, "Width", "Channels in which it thinks. More can tell more apart, and is slower.", ge=8, le=512)


def _make(options: Options, in_features: tuple[tuple[int, int], ...], classes: int) -> Any:
    from segmentation_models_pytorch.decoders.pan.decoder import PANDecoder

    from tlstudio.models.decoders import AtLeast, DecoderHead, reductions, widths

    decoder = PANDecoder(widths(in_features), encoder_depth=5, decoder_channels=options.width)
    decoder.fpa = AtLeast(decoder.fpa, 8)  # it halves its map three times
    return DecoderHead(decoder, reductions(in_features), options.width, classes, kernel=3)


KIND = HeadKind(
    "pan",
    "PAN",
    "The coarse maps tell the finer ones where to look. Light.",
    Options,
    _make,
    task="segmentation",
    takes="pyramid",
)
