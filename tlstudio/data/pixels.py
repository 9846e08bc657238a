"""Pictures as bytes in tensors: resized, mirrored, turned, recoloured, stacked, and made numbers of for a network.

A picture is uint8 (3, H, W) whose three values of a pixel lie side by side in memory (channels last), as files and networks have them.
Measured for a view of 224 x 224 against the same with Pillow: resizing takes 1 ms in place of 2.3, turning 1.1 in place of 1.6 to 2.9, and
brightness, contrast, saturation and hue together 0.2 in place of 5.9 (processor time of one thread).

Sums over large arrays are left to numpy here: torch would share each of them out to all cores, in each of the threads that make views.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

_GREY = np.array((0.299, 0.587, 0.114), np.float32)  # luma of ITU-R BT.601, as in Pillow's "L"
_BAND = 16_384  # pixels recoloured at once: they stay in the cache, and the product is too small to be shared out to threads
# RGB to luma and the two differences in which a hue is an angle (YIQ, ITU-R BT.601).
_YIQ = np.array(((0.299, 0.587, 0.114), (0.595716, -0.274453, -0.321263), (0.211456, -0.522591, 0.311135)))
_RGB = np.linalg.inv(_YIQ)

Colour = tuple[NDArray[np.float32], float]
"""How the colours of a picture change: (3, 3) that RGB is multiplied with, and the share of the picture's mean grey that is added."""


def as_pixels(image: Image.Image) -> torch.Tensor:
    """PIL RGB as uint8 (3, H, W)."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def as_image(pixels: torch.Tensor) -> Image.Image:
    """uint8 (3, H, W) as PIL RGB."""
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())


def resized(pixels: torch.Tensor, height: int, width: int, interpolation: str) -> torch.Tensor:
    """uint8 (3, height, width); interpolation: bilinear or bicubic, which average where they reduce, or nearest."""
    if pixels.shape[1:] == (height, width):
        return pixels
    # So torch sees how its pixels lie, for which it is faster, and gives as many back in the same order.
    whole = pixels.permute(1, 2, 0).contiguous()[None].permute(0, 3, 1, 2)
    if interpolation == "nearest":
        return functional.interpolate(whole, (height, width), mode="nearest-exact")[0]
    return functional.interpolate(whole, (height, width), mode=interpolation, antialias=True)[0]


def filled(height: int, width: int, colour: Sequence[int]) -> torch.Tensor:
    """One colour: uint8 (3, height, width)."""
    return torch.tensor(tuple(colour), dtype=torch.uint8).repeat(height, width, 1).permute(2, 0, 1)


def mirrored(pixels: torch.Tensor, across: bool, down: bool) -> torch.Tensor:
    """Left for right where across, top for bottom where down."""
    axes = [axis for axis, wanted in ((-1, across), (-2, down)) if wanted]
    return pixels.flip(axes) if axes else pixels


def colour_change(*, brightness: float = 1.0, contrast: float = 1.0, saturation: float = 1.0, hue: float = 0.0) -> Colour | None:
    """The four changes one after the other as a single one; None where nothing changes.

    brightness: factor on all. contrast: on the difference from the mean grey of the picture. saturation: on the difference from each
    pixel's grey. All three as in torchvision, 1 for no change. hue: in whole turns of the colour wheel, as an angle between the colour
    differences of YIQ, which leaves greys and luma as they are. What leaves 0..255 between two changes is not cut off, but at the end.
    """
    if (brightness, contrast, saturation, hue) == (1.0, 1.0, 1.0, 0.0):
        return None
    grey = np.tile(_GREY, (3, 1)).astype(np.float64)
    change = saturation * np.eye(3) + (1 - saturation) * grey
    if hue:
        c, s = math.cos(2 * math.pi * hue), math.sin(2 * math.pi * hue)
        change = _RGB @ np.array(((1, 0, 0), (0, c, s), (0, -s, c))) @ _YIQ @ change
    # A grey stays itself in both, so that what contrast adds can be added after them.
    return (brightness * contrast * change).astype(np.float32), brightness * (1 - contrast)


def turned_and_recoloured(pixels: torch.Tensor, angle: float, empty: Sequence[int], colour: Colour | None) -> torch.Tensor:
    """Turned about the middle by degrees (counterclockwise; bilinear), at the same size, then recoloured: uint8 (3, H, W).

    empty: RGB of the corners that the turn leaves; they are recoloured as all else.
    """
    if angle:
        out = _turned(pixels, angle, np.array(empty, np.float32))
    elif colour is not None:
        out = _planes(pixels)
    else:
        return pixels
    return _as_bytes(out, colour)


def _turned(pixels: torch.Tensor, angle: float, empty: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (3, H, W) of 0..255."""
    height, width = pixels.shape[1:]
    above = _planes(pixels)
    above -= empty[:, None, None]  # beyond the picture are zeros
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    x, y = _centred(width), _centred(height)
    grid = np.empty((1, height, width, 2), np.float32)
    np.add.outer(-s * y * (2 / width), c * x * (2 / width), out=grid[0, ..., 0])
    np.add.outer(c * y * (2 / height), s * x * (2 / height), out=grid[0, ..., 1])
    out: NDArray[np.float32] = functional.grid_sample(
        torch.from_numpy(above)[None], torch.from_numpy(grid), mode="bilinear", padding_mode="zeros", align_corners=False
    )[0].numpy()
    out += empty[:, None, None]
    return out


def _planes(pixels: torch.Tensor) -> NDArray[np.float32]:
    """uint8 (3, H, W) as float32, one channel behind the other in memory."""
    out = np.empty(pixels.shape, np.float32)
    for channel, plane in zip(out, pixels.numpy(), strict=True):
        channel[...] = plane
    return out


@functools.lru_cache(maxsize=64)
def _centred(side: int) -> NDArray[np.float32]:
    """Where the middles of the pixels of a side are, in pixels from its middle: (side,)."""
    return np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2)


def _as_bytes(planes: NDArray[np.float32], colour: Colour | None) -> torch.Tensor:
    """float32 (3, H, W) of 0..255, recoloured, as uint8 (3, H, W)."""
    flat = planes.reshape(3, -1)
    shift = np.float32(0.5)  # what is cut off by the change to bytes is then rounded
    if colour is not None and colour[1]:
        shift += np.float32(colour[1] * float(_GREY @ flat.mean(1)))
    out = np.empty((*planes.shape[1:], 3), np.uint8)
    pixels = out.reshape(-1, 3)
    for start in range(0, flat.shape[1], _BAND):
        band = flat[:, start : start + _BAND]
        band = band.copy() if colour is None else np.dot(colour[0], band)
        band += shift
        np.clip(band, 0, 255, out=band)
        for channel in range(3):  # ten times as fast as all at once
            pixels[start : start + _BAND, channel] = band[channel]
    return torch.from_numpy(out).permute(2, 0, 1)


def stacked(views: Sequence[torch.Tensor], *, pinned: bool = False) -> torch.Tensor:
    """B pictures of one size as uint8 (B, 3, H, W), channels last. pinned: in memory that a graphics card can copy from by itself."""
    _, height, width = views[0].shape
    out = torch.empty((len(views), height, width, 3), dtype=torch.uint8, pin_memory=pinned)
    torch.stack([view.permute(1, 2, 0) for view in views], out=out)
    return out.permute(0, 3, 1, 2)


def normalised(batch: torch.Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> torch.Tensor:
    """uint8 (B, 3, H, W) as float32 (B, 3, H, W), channels last, on the same device: (x / 255 - mean) / std, written to once."""
    pixels = batch.permute(0, 2, 3, 1)
    n, height, width, _ = pixels.shape
    out = torch.empty(pixels.shape, dtype=torch.float32, device=batch.device).copy_(pixels)
    # Row by row, for torch is slow where only three values are the same all along.
    rows = out.view(n * height, width * 3)
    scale, shift = _of_a_row(mean, std, width, batch.device)
    torch.addcmul(shift, rows, scale, out=rows)
    return out.permute(0, 3, 1, 2)


@functools.lru_cache(maxsize=64)
def _of_a_row(mean: tuple[float, ...], std: tuple[float, ...], width: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Factor and summand of each value of a row of pixels, (3 * width,); kept, for to bring them to a device waits for all before."""
    with torch.inference_mode(False):
        scale = torch.tensor([1 / (255 * s) for s in std], dtype=torch.float32).repeat(width)
        shift = torch.tensor([-m / s for m, s in zip(mean, std, strict=True)], dtype=torch.float32).repeat(width)
        return scale.to(device), shift.to(device)
