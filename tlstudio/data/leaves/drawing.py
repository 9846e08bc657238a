"""The few drawing tools that everything here is made with.

Points are (x, y) in pixels with y down, sizes (width, height), fields (H, W) and pictures (3, H, W) float32: with the colours apart
numpy runs along the rows. The random numbers come from the caller.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Floats = NDArray[np.float32]
Points = NDArray[np.float64]
Size = tuple[int, int]

FINE = 3
"""Outlines are drawn this many times larger, then averaged down: that is the anti-aliasing."""


def inside(outlines: Iterable[Points], size: Size, fills: Iterable[int] | None = None) -> Floats:
    """The share of each pixel that lies inside an outline, 0..1; with fills (0..255, one an outline) times that."""
    image = Image.new("L", (size[0] * FINE, size[1] * FINE))
    pen = ImageDraw.Draw(image)
    outlines = list(outlines)
    for outline, fill in zip(outlines, fills if fills is not None else [255] * len(outlines), strict=True):
        pen.polygon((outline * FINE).ravel().tolist(), fill=fill)
    return np.asarray(image.reduce(FINE), np.float32) * np.float32(1 / 255)


def tapered(lines: Points, start: Points | float, end: Points | float) -> Points:
    """Outlines (N, 2 P, 2) of strokes along lines (N, P, 2), whose widths go from start to end (pixels, each (N,) or one for all)."""
    along = np.empty_like(lines)
    along[:, 1:-1] = lines[:, 2:] - lines[:, :-2]
    along[:, 0], along[:, -1] = lines[:, 1] - lines[:, 0], lines[:, -1] - lines[:, -2]
    across = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    across /= np.maximum(np.hypot(across[..., :1], across[..., 1:]), 1e-9)
    share = np.linspace(0, 1, lines.shape[1])
    start, end = np.broadcast_to(start, len(lines)), np.broadcast_to(end, len(lines))
    half = (start[:, None] * (1 - share) + end[:, None] * share) / 2
    across *= half[..., None]
    return np.concatenate([lines + across, (lines - across)[:, ::-1]], axis=1)


def bows(starts: Points, ends: Points, sags: Points | float = 0.0) -> Points:
    """Lines (N, 9, 2) from starts (N, 2) to ends that bulge sideways by the share `sags` (N,) of their lengths."""
    share = np.linspace(0, 1, 9)[None, :, None]
    along = (ends - starts)[:, None]
    across = np.stack([along[..., 1], -along[..., 0]], axis=-1)
    sag = np.broadcast_to(sags, len(starts))[:, None, None]
    lines: Points = starts[:, None] + along * share + across * sag * 4 * share * (1 - share)
    return lines


def blobs(centres: Points, radii: Points, rng: np.random.Generator) -> Points:
    """Round things that are not quite round, (N, 20, 2)."""
    phi = np.linspace(0, 2 * np.pi, 20, endpoint=False)[None]
    phases = rng.uniform(0, 2 * np.pi, (2, len(centres), 1))
    r = radii[:, None] * (1 + 0.18 * np.sin(2 * phi + phases[0]) + 0.12 * np.sin(3 * phi + phases[1]))
    around: Points = centres[:, None] + np.stack([r * np.cos(phi), r * np.sin(phi)], axis=-1)
    return around


def smooth(field: Floats, radius: int) -> Floats:
    """A cheap blur of about that radius in pixels: averaged down and drawn up again, in floats, so that slopes stay smooth."""
    height, width = field.shape
    image = Image.fromarray(field).reduce(radius)
    box = (0.0, 0.0, width / radius, height / radius)
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC, box=box), np.float32)


def soft(cover: Floats, radius: float) -> Floats:
    """A true Gaussian blur of a cover 0..1, in steps of 1/255: for thin lines, which `smooth` would turn into ropes."""
    image = Image.fromarray((cover * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(radius))
    return np.asarray(image, np.float32) * np.float32(1 / 255)


def clouds(rng: np.random.Generator, size: Size, cell: float, *, octaves: int = 2, stretch: float = 1.0) -> Floats:
    """Smooth noise, mean 0, deviation about 0.5; cell: pixels from one cloud to the next; stretch: how much longer along x.

    Each octave has half the cell and half the height. Coarse octaves are drawn up step by step: the last step is the only dear one.
    """
    field: Floats | None = None
    for octave in range(octaves):
        step = max(1.0, cell / 2**octave)
        shape = (max(2, round(size[1] / step) + 2), max(2, round(size[0] / step / stretch) + 2))
        fresh = rng.standard_normal(shape, np.float32) * np.float32(0.6 / 2**octave)
        field = fresh if field is None else fresh + _drawn_up(field, (shape[1], shape[0]))
    assert field is not None
    return _drawn_up(field, size)


def _drawn_up(field: Floats, size: Size) -> Floats:
    return np.asarray(Image.fromarray(field).resize(size, Image.Resampling.BICUBIC), np.float32)


def slope(field: Floats, light: tuple[float, float]) -> Floats:
    """How steeply the field rises towards the light, a unit vector (x, y), per pixel."""
    rise = np.zeros_like(field)
    rise[:, 1:-1] = (field[:, 2:] - field[:, :-2]) * np.float32(light[0] / 2)
    rise[1:-1] += (field[2:] - field[:-2]) * np.float32(light[1] / 2)
    return rise


def colour(*rgb: float) -> Floats:
    """An sRGB colour 0..1, (3, 1, 1)."""
    return np.array(rgb, np.float32)[:, None, None]
