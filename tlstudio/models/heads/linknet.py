"""LinkNet's way back up, which adds the finer maps (Chaurasia and Culurciello, 2017)."""

from __future__ import annotations

from typing import Any

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What a LinkNet head can be told."""

    width: int = titled(32, "Width", "Channels of the last step.", ge=8, le=512)


def _make(options: Options, in_features: tuple[tuple[int, int], ...], classes: int) -> Any:
    from segmentation_models_pytorch.decoders.linknet.decoder import LinknetDecoder

    from tlstudio.models.decoders import DecoderHead, reductions, widths

    decoder = LinknetDecoder(widths(in_features), prefinal_channels=options.width)
    return DecoderHead(decoder, reductions(in_features), options.width, classes, kernel=1)


KIND = HeadKind(
    "linknet",
    "LinkNet",
    "As U-Net, but it adds the finer maps and is narrow within. Quick.",
    Options,
    _make,
    task="segmentation",
    takes="pyramid",
)
