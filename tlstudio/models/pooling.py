"""From what a layer gives to one row of features an image."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

Layout = Literal["rows", "tokens", "channels_first", "channels_last"]
_AVERAGED: dict[Layout, tuple[int, ...]] = {"rows": (), "tokens": (1,), "channels_first": (2, 3), "channels_last": (1, 2)}


class MeanPooling(nn.Module):
    """The mean over all places, (B, C).

    rows: (B, C) as it is. tokens: (B, N, C), mean over N, a class token counted like every other one. channels_first: (B, C, H, W).
    channels_last: (B, H, W, C).
    """

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.layout: Layout = layout

    def forward(self, x: Tensor) -> Tensor:
        dims = _AVERAGED[self.layout]
        return x.mean(dims) if dims else x

    def extra_repr(self) -> str:
        return self.layout


def layout(shape: tuple[int, ...], *, ends_in_linear: bool) -> Layout | None:
    """Where the channels lie in an output of that shape (B, ...) for a square image; None where that is no output of features.

    ends_in_linear decides where channels are as many as the map's sides are long: linear layers have channels last.
    """
    if len(shape) == 2:
        return "rows"
    if len(shape) == 3:
        return "tokens"
    if len(shape) != 4:
        return None
    first, last = shape[2] == shape[3], shape[1] == shape[2]
    if first and last:
        return "channels_last" if ends_in_linear else "channels_first"
    return "channels_first" if first else "channels_last" if last else None


def ambiguous(shape: tuple[int, ...]) -> bool:
    """Whether a map's shape does not tell where its channels are."""
    return len(shape) == 4 and shape[1] == shape[2] == shape[3]
