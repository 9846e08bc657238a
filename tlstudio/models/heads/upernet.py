"""UPerNet: a feature pyramid above a pyramid pooling (Xiao et al., 2018)."""

from __future__ import annotations

from typing import Any

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What a UPerNet head can be told."""

    width: int = titled(256, "Width", "Channels in which it thinks. More can tell more apart, and is slower.", ge=8, le=2048)


def _make(options: Options, in_features: tuple[tuple[int, int], ...], classes: int) -> Any:
    from segmentation_models_pytorch.decoders.upernet.decoder import UPerNetDecoder

    from tlstudio.models.decoders import DecoderHead, reductions, widths

    decoder = UPerNetDecoder(widths(in_features), decoder_channels=options.width)
    return DecoderHead(decoder, reductions(in_features), options.width, classes, kernel=1)


KIND = HeadKind(
    "upernet",
    "UPerNet",
    "Joins maps of all sizes below a look at the whole picture. The usual head for Swin and ConvNeXt; large.",
    Options,
    _make,
    task="segmentation",
    takes="pyramid",
)
