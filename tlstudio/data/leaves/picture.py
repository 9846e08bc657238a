"""A leaf on its ground as a camera would see it, and the mask of what shows of the leaf."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tlstudio.data.leaves.drawing import Floats, Size, clouds, smooth
from tlstudio.data.leaves.grounds import draw_ground
from tlstudio.data.leaves.litter import draw_litter
from tlstudio.data.leaves.shape import SPECIES, Pose
from tlstudio.data.leaves.surface import Layer, draw_leaf

NAMES = tuple(species.name for species in SPECIES)
"""The species, in the order of their values 1 to 5 in a mask."""

_SHADOW = 24
"""Pixels around a thing that its shadow may reach."""


def draw_picture(index: int, rng: np.random.Generator, size: Size) -> tuple[Image.Image, NDArray[np.uint8]]:
    """Ground, litter, leaf, litter again; then the camera. index: place in NAMES; size: (width, height).

    Returns the picture, RGB, and the mask (H, W) uint8: index + 1 where the leaf shows, else 0.
    """
    width, height = size
    short = min(size)
    lamp = rng.uniform(0, 2 * np.pi)
    light = (float(np.cos(lamp)), float(np.sin(lamp)))
    reach = short * rng.uniform(0.02, 0.05)
    scene = draw_ground(rng, size, light)
    if rng.random() < 0.45:
        _lay(scene, draw_litter(rng, size, int(rng.integers(1, 5))), light, reach * 0.5)
    pose = Pose(
        centre=(width / 2 + rng.normal(0, 0.04) * short, height / 2 + rng.normal(0, 0.04) * short),
        length=short * rng.uniform(0.66, 0.96),
        angle=rng.uniform(0, 2 * np.pi),
        bend=rng.normal(0, 0.25),
        lean=rng.uniform(0, np.pi),
        squash=rng.uniform(0.86, 1),
    )
    leaf = draw_leaf(SPECIES[index], pose, light, rng, size)
    _lay(scene, leaf, light, reach)
    shows = leaf.cover >= 0.5
    if rng.random() < 0.45:
        over = draw_litter(rng, size, int(rng.integers(1, 4)))
        left = visible(leaf, over)
        if left.sum() > 0.8 * shows.sum():  # else too little is left to know it by
            _lay(scene, over, light, reach * 0.6)
            shows = left
    mask = np.zeros((height, width), np.uint8)
    mask[leaf.window][shows] = index + 1
    return _photographed(scene, rng, size), mask


def visible(leaf: Layer, over: Layer) -> NDArray[np.bool_]:
    """Where the leaf shows within its window: where it fills at least half of a pixel, less what lies over it."""
    open_share = leaf.cover.copy()
    rows, columns = ([max(a.start, b.start), min(a.stop, b.stop)] for a, b in zip(leaf.window, over.window, strict=True))
    if rows[0] < rows[1] and columns[0] < columns[1]:
        own, others = (
            (slice(rows[0] - y.start, rows[1] - y.start), slice(columns[0] - x.start, columns[1] - x.start))
            for y, x in (leaf.window, over.window)
        )
        open_share[own] *= 1 - over.cover[others]
    return open_share >= 0.5


def _lay(scene: Floats, layer: Layer, light: tuple[float, float], reach: float) -> None:
    """Put the layer on the scene, with its shadow falling away from the lamp. reach: how far it falls, in pixels."""
    rows, columns = layer.window
    around = [(min(part.start, _SHADOW), min(end - part.stop, _SHADOW)) for part, end in zip(layer.window, scene.shape[1:], strict=True)]
    wide = [slice(part.start - before, part.stop + after) for part, (before, after) in zip(layer.window, around, strict=True)]
    scene[:, wide[0], wide[1]] *= 1 - _shadow(np.pad(layer.cover, around), light, reach)
    part = scene[:, rows, columns]
    part += layer.cover * (layer.colour - part)


def _shadow(cover: Floats, light: tuple[float, float], reach: float) -> Floats:
    """How much light it takes, (h, w) 0..1: a cast shadow away from the lamp, and a soft one around. Found at a quarter of the size."""
    height, width = cover.shape
    small = Image.fromarray(cover).reduce(4)
    away = (1, 0, light[0] * reach / 4, 0, 1, light[1] * reach / 4)
    cast = small.transform(small.size, Image.Transform.AFFINE, away, Image.Resampling.BILINEAR)
    both = np.asarray(cast) * np.float32(0.42) + smooth(np.asarray(small), 2) * np.float32(0.25)
    box = (0.0, 0.0, width / 4, height / 4)
    drawn_up = Image.fromarray(both).resize((width, height), Image.Resampling.BICUBIC, box=box)
    taken: Floats = np.clip(np.asarray(drawn_up), 0, 0.75)
    return taken


def _photographed(scene: Floats, rng: np.random.Generator, size: Size) -> Image.Image:
    """Dappled light, a cast, exposure, vignette, contrast, a little blur and noise."""
    width, height = size
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    tilt_x, tilt_y = rng.normal(0, 0.06, 2).tolist()
    lens = 1 + tilt_x * x + tilt_y * y - rng.uniform(0, 0.16) * (x * x + y * y)
    if rng.random() < 0.3:  # under a tree
        lens *= 1 - rng.uniform(0.15, 0.35) * np.clip(0.5 + 1.1 * clouds(rng, size, 90), 0, 1)
    scene *= 255 * lens
    scene += rng.standard_normal((height, width), np.float32) * np.float32(rng.uniform(0.5, 3.5))
    image = Image.fromarray(np.ascontiguousarray(np.clip(scene, 0, 255, out=scene).astype(np.uint8).transpose(1, 2, 0)))
    warmth, exposure, contrast = rng.normal(0, 0.04), rng.uniform(0.9, 1.12), rng.uniform(-0.12, 0.12)
    level = np.linspace(0, 1, 256)
    curves = [level * exposure * balance * (1 + contrast * (1 - level)) for balance in (1 + warmth, 1.0, 1 - warmth)]
    image = image.point(np.clip(np.concatenate(curves) * 255 + 0.5, 0, 255).astype(int).tolist())
    return image.filter(ImageFilter.BoxBlur(rng.uniform(0.2, 0.6))) if rng.random() < 0.4 else image
