"""Feature pyramid network for masks (Kirillov et al., 2019)."""

from __future__ import annotations

from typing import Any, Literal

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What a FPN head can be told."""

    pyramid: int = titled(256, "Pyramid's width", "Channels of each map of the pyramid.", ge=32, le=2048, multiple_of=32)
    width: int = titled(128, "Width", "Channels in which the maps are joined.", ge=32, le=2048, multiple_of=32)
    merge: Literal["add", "cat"] = titled("add", "Joined by", "add: the maps are summed; cat: put side by side.")
    dropout: float = titled(0.2, "Dropout", "Share of channels hidden at random in each training step.", unit="share", ge=0.0, le=0.9)


def _make(options: Options, in_features: tuple[tuple[int, int], ...], classes: int) -> Any:
    from segmentation_models_pytorch.decoders.fpn.decoder import FPNDecoder

    from tlstudio.models.decoders import DecoderHead, reductions, widths

    decoder = FPNDecoder(
        widths(in_features),
        pyramid_channels=options.pyramid,
        segmentation_channels=options.width,
        dropout=options.dropout,
        merge_policy=options.merge,
    )
    return DecoderHead(decoder, reductions(in_features), decoder.out_channels, classes, kernel=1)


KIND = HeadKind(
    "fpn",
    "FPN",
    "Brings maps of all sizes to one width and adds them up. Good where things are of very different sizes.",
    Options,
    _make,
    task="segmentation",
    takes="pyramid",
)
