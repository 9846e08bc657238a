"""U-Net's way back up: each step joins the map of its size (Ronneberger, Fischer and Brox, 2015)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled

CHANNELS = (256, 128, 64, 32, 16)


def five(value: tuple[int, ...]) -> tuple[int, ...]:
    """Widths of the five steps from a map at 32 pixels a unit to the picture's own size. Raises ValueError for others."""
    if len(value) != len(CHANNELS) or not all(16 <= width <= 4096 for width in value):
        raise ValueError("5 whole numbers from 16 to 4096 are needed, such as 256, 128, 64, 32, 16")
    return value


class Options(Section):
    """What a U-Net head can be told."""

    channels: tuple[int, ...] = titled(
        CHANNELS, "Channels", "Of each step back up, the coarsest first; five numbers with commas between them."
    )
    attention: Literal["none", "scse"] = titled(
        "none", "Attention", "scse: weighs channels and places in each step (Roy et al., 2018). A little slower."
    )

    _five = field_validator("channels")(five)


def _make(options: Options, in_features: tuple[tuple[int, int], ...], classes: int) -> Any:
    from segmentation_models_pytorch.decoders.unet.decoder import UnetDecoder

    from tlstudio.models.decoders import DecoderHead, reductions, widths

    decoder = UnetDecoder(widths(in_features), options.channels, attention_type=None if options.attention == "none" else options.attention)
    return DecoderHead(decoder, reductions(in_features), options.channels[-1], classes, kernel=3)


KIND = HeadKind(
    "unet",
    "U-Net",
    "Goes back up step by step and joins the finer map at each. Sharp borders; the usual choice in microscopy and medicine.",
    Options,
    _make,
    task="segmentation",
    takes="pyramid",
)
