"""MA-Net: U-Net with attention between all places of the coarsest map (Fan et al., 2020)."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from tlstudio.models.heads.kind import HeadKind
from tlstudio.models.heads.unet import CHANNELS, five
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What a MA-Net head can be told."""

    channels: tuple[int, ...] = titled(
        CHANNELS, "Channels", "Of each step back up, the coarsest first; five numbers with commas between them."
    )
    attention: int = titled(64, "Attention's width", "Channels in which places are compared.", ge=8, le=512)

    _five = field_validator("channels")(five)


def _make(options: Options, in_features: tuple[tuple[int, int], ...], classes: int) -> Any:
    from segmentation_models_pytorch.decoders.manet.decoder import MAnetDecoder

    from tlstudio.models.decoders import DecoderHead, reductions, widths

    decoder = MAnetDecoder(widths(in_features), options.channels, pab_channels=options.attention)
    return DecoderHead(decoder, reductions(in_features), options.channels[-1], classes, kernel=3)


KIND = HeadKind(
    "manet",
    "MA-Net",
    "A U-Net that weighs places and channels against each other. For organs and tumours; needs much memory with large pictures.",
    Options,
    _make,
    task="segmentation",
    takes="pyramid",
)
