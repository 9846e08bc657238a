"""Pyramid scene parsing: means over parts of the picture beside each place (Zhao et al., 2017)."""

from __future__ import annotations

from typing import Any

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What a PSPNet head can be told."""

    width: int = titled(512, "Width", "Channels in which it thinks. More can tell more apart, and is slower.", ge=8, le=2048)
    dropout: float = titled(0.2, "Dropout", "Share of channels hidden at random in each training step.", unit="share", ge=0.0, le=0.9)


def _make(options: Options, in_features: tuple[tuple[int, int], ...], classes: int) -> Any:
    from segmentation_models_pytorch.decoders.pspnet.decoder import PSPDecoder

    from tlstudio.models.decoders import DecoderHead, reductions, widths

    decoder = PSPDecoder(widths(in_features), out_channels=options.width, dropout=options.dropout)
    return DecoderHead(decoder, reductions(in_features), options.width, classes, kernel=3)


KIND = HeadKind(
    "pspnet",
    "PSPNet",
    "Sets each place beside the means of the whole picture and of parts of it. Good on scenes; its borders are coarse.",
    Options,
    _make,
    task="segmentation",
    takes="pyramid",
    dilated=True,
)
