"""DeepLabV3+: DeepLab's head, made sharp by a finer map (Chen et al., 2018)."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from tlstudio.models.heads.kind import HeadKind
from tlstudio.recipe import Section
from tlstudio.recipe.field import titled


class Options(Section):
    """What a DeepLabV3+ head can be told."""

    width: int = titled(256, "Width", "Channels in which it thinks. More can tell more apart, and is slower.", ge=8, le=2048)
    rates: tuple[int, int, int] = titled(
        (12, 24, 36), "Atrous rates", "How far apart the taps of its convolutions lie, in steps of the coarse map; three with commas."
    )
    dropout: float = titled(0.5, "Dropout", "Share of features hidden at random in each training step.", unit="share", ge=0.0, le=0.9)

    @field_validator("rates")
    @classmethod
    def _steps(cls, value: tuple[int, int, int]) -> tuple[int, int, int]:
        if not all(1 <= rate <= 256 for rate in value):
            raise ValueError("3 whole numbers from 1 to 256 are needed, such as 12, 24, 36")
        return value


def _make(options: Options, in_features: tuple[tuple[int, int], ...], classes: int) -> Any:
    from segmentation_models_pytorch.decoders.deeplabv3.decoder import DeepLabV3PlusDecoder

    from tlstudio.models.decoders import DecoderHead, reductions, widths

    decoder = DeepLabV3PlusDecoder(
        encoder_channels=widths(in_features),
        encoder_depth=5,
        out_channels=options.width,
        atrous_rates=options.rates,
        output_stride=16,
        aspp_separable=True,
        aspp_dropout=options.dropout,
    )
    # Up to the fine map, which is the one at 4.
    decoder.up.scale_factor = float(in_features[-1][0] // 4)
    return DecoderHead(decoder, reductions(in_features), options.width, classes, kernel=1)


KIND = HeadKind(
    "deeplabv3plus",
    "DeepLabV3+",
    "Looks at the surroundings of each place at several distances, then sharpens with a finer map. Exact, and quicker than DeepLab.",
    Options,
    _make,
    task="segmentation",
    takes="pyramid",
    dilated=True,
)
