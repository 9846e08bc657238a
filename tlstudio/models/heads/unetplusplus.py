"""U-Net++: U-Net with steps between the steps (Zhou et al., 2018)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from tlstudio.models.heads.kind import HeadKind
from tlstudio.models.heads.unet import CHANNELS, five
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What a U-Net++ head can be told."""

    channels: tuple[int, ...] = titled(
        CHANNELS, "Channels", "Of each step back up, the coarsest first; five numbers with commas between them."
    )
    attention: Literal["none", "scse"] = titled(
        "none", "Attention", "scse: weighs channels and places in each step (Roy et al., 2018). A little slower."
    )

    _five = field_validator("channels")(five)


def _make(options: Options, in_features: tuple[tuple[int, int], ...], classes: int) -> Any:
    from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder

    from tlstudio.models.decoders import DecoderHead, reductions, widths

    decoder = UnetPlusPlusDecoder(
        widths(in_features), options.channels, attention_type=None if options.attention == "none" else options.attention
    )
    return DecoderHead(decoder, reductions(in_features), options.channels[-1], classes, kernel=3)


KIND = HeadKind(
    "unetplusplus",
    "U-Net++",
    "A U-Net whose maps meet on many ways. Often a little better than it, and much slower.",
    Options,
    _make,
    task="segmentation",
    takes="pyramid",
    needs=(2, 4, 8, 16, 32),
)
