"""The decoders of segmentation-models-pytorch as heads: from a list of maps to logits."""

from __future__ import annotations

from collections.abc import Sequence

from segmentation_models_pytorch.base.initialization import initialize_decoder, initialize_head
from torch import Tensor, nn
from torch.nn.functional import interpolate

Maps = Sequence[tuple[int, int]]


class DecoderHead(nn.Module):
    """A decoder, and one convolution from what it gives to logits. Takes maps, the finest first, each (B, C, h, w) float.

    reductions: of these maps. width: channels that the decoder gives; kernel: of the convolution.
    First weights are the decoders' own: Kaiming in the decoder, Xavier in the last layer, from torch's global generator.
    """

    def __init__(self, decoder: nn.Module, reductions: Sequence[int], width: int, classes: int, kernel: int) -> None:
        super().__init__()
        self.decoder = decoder
        self.last = nn.Conv2d(width, classes, kernel, padding=kernel // 2)
        self.reductions = tuple(reductions)
        initialize_decoder(decoder)
        initialize_head(self.last)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        logits: Tensor = self.last(self.decoder(self._from_the_image_on(maps)))
        return logits

    def _from_the_image_on(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Those maps behind one of the image's own size, and behind one at 2 where there is none: both have no channels."""
        finest, step = maps[0], self.reductions[0]
        empty = [finest.new_empty(len(finest), 0, finest.shape[2] * step // by, finest.shape[3] * step // by) for by in (1, 2) if by < step]
        return [*empty, *maps]


class AtLeast(nn.Module):
    """A layer that needs maps of some size: smaller ones are enlarged for it (bilinear)."""

    def __init__(self, layer: nn.Module, side: int) -> None:
        super().__init__()
        self.layer = layer
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        if min(x.shape[2:]) < self.side:
            x = interpolate(x, size=[max(side, self.side) for side in x.shape[2:]], mode="bilinear", align_corners=False)
        out: Tensor = self.layer(x)
        return out


def widths(maps: Maps) -> list[int]:
    """Channels of the maps as the decoders want them told: first the image's own, and 0 for a map at 2 that is not there."""
    return [3, *([] if maps[0][0] == 2 else [0]), *(width for _, width in maps)]


def reductions(maps: Maps) -> list[int]:
    return [reduction for reduction, _ in maps]
