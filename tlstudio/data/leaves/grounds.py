"""What the leaf lies on: paper, soil, wood, grass, stone, fabric. Each is computed, (3, H, W) sRGB 0..1, lit from `light` (x, y)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from tlstudio.data.leaves.drawing import Floats, Size, clouds, colour, slope, tapered

Light = tuple[float, float]


def draw_ground(rng: np.random.Generator, size: Size, light: Light) -> Floats:
    """One of the grounds, any as likely as another."""
    name = list(GROUNDS)[rng.integers(len(GROUNDS))]
    ground = GROUNDS[name](rng, size, light)
    np.clip(ground, 0.02, 1, out=ground)
    return ground


def _tone(rng: np.random.Generator, *tones: tuple[float, float, float]) -> Floats:
    """One of the tones, a little off."""
    return colour(*tones[rng.integers(len(tones))]) * np.float32(rng.uniform(0.9, 1.1)) + colour(*rng.normal(0, 0.015, 3))


def _lit(relief: Floats, light: Light, strength: float) -> Floats:
    """Light on a relief, 1 where it is flat, (H, W)."""
    lit: Floats = np.clip(1 - strength * slope(relief, light), 0.4, 1.6)
    return lit


def _paper(rng: np.random.Generator, size: Size, light: Light) -> Floats:
    tone = _tone(
        rng, (0.93, 0.91, 0.86), (0.84, 0.76, 0.62), (0.74, 0.80, 0.84), (0.88, 0.80, 0.78), (0.78, 0.82, 0.72), (0.36, 0.40, 0.45)
    )
    ground = tone * (_lit(clouds(rng, size, 3, octaves=1), light, 0.03) + 0.02 * clouds(rng, size, 90))
    kind, rule = rng.random(), colour(0.86, 0.92, 0.97)
    if kind < 0.25:
        pitch = int(rng.integers(12, 26))
        ground[:, int(rng.integers(pitch)) :: pitch] *= rule
        if kind < 0.13:
            ground[:, :, int(rng.integers(pitch)) :: pitch] *= rule
    elif kind < 0.5:
        ground *= _lit(np.abs(clouds(rng, size, 70, octaves=3)), light, 1.3)
    return ground


def _soil(rng: np.random.Generator, size: Size, light: Light) -> Floats:
    tone = _tone(rng, (0.35, 0.27, 0.20), (0.44, 0.35, 0.26), (0.30, 0.25, 0.21), (0.52, 0.42, 0.31))
    crumbs = clouds(rng, size, 16, octaves=4)
    pebbles = np.clip(clouds(rng, size, 22, octaves=1) - 0.75, 0, 1)
    ground = tone * (1 + 0.35 * crumbs + 0.12 * clouds(rng, size, 80))
    ground += np.clip(pebbles * 4, 0, 0.7) * (_tone(rng, (0.52, 0.48, 0.43), (0.60, 0.55, 0.47)) - ground)
    ground *= _lit(5 * crumbs + 14 * np.sqrt(pebbles), light, 0.16)
    return ground


def _wood(rng: np.random.Generator, size: Size, light: Light) -> Floats:
    upright = rng.random() < 0.4
    width, height = (size[1], size[0]) if upright else size
    tone = _tone(rng, (0.66, 0.49, 0.33), (0.50, 0.35, 0.23), (0.78, 0.66, 0.50), (0.55, 0.52, 0.48), (0.38, 0.28, 0.21))
    y = np.arange(height, dtype=np.float32)[:, None]
    rings = np.sin(y * rng.uniform(0.18, 0.4) + 5 * clouds(rng, (width, height), 60, stretch=5))
    fibre = clouds(rng, (width, height), 2.2, octaves=1, stretch=30)
    ground = tone * (1 + 0.09 * rings + 0.09 * fibre + 0.06 * clouds(rng, (width, height), 70))
    ground *= _lit(0.5 * rings + 1.1 * fibre, (0.2, 1.0), 0.07)
    plank = int(rng.integers(48, 110))
    for seam in range(int(rng.integers(plank)) - plank, height, plank):
        ground[:, max(seam, 0) : max(seam + plank, 0)] *= np.float32(rng.uniform(0.86, 1.1))
        if seam >= 0:
            ground[:, seam : seam + 2] *= np.float32(0.4)
            ground[:, seam + 2 : seam + 3] *= np.float32(1.15)
    return np.ascontiguousarray(ground.transpose(0, 2, 1)) if upright else ground


def _grass(rng: np.random.Generator, size: Size, light: Light) -> Floats:
    """Blades seen from above, each rising over the feet of those behind it."""
    tone = _tone(rng, (0.36, 0.52, 0.20), (0.46, 0.54, 0.24), (0.30, 0.46, 0.25), (0.58, 0.55, 0.30)).ravel().astype(np.float64)
    image = Image.new("RGB", (size[0] * 2, size[1] * 2), tuple(int(v) for v in 120 * tone))
    pen = ImageDraw.Draw(image)
    n = size[0] * size[1] // 210
    starts = rng.uniform((-60, 0), (image.width + 60, image.height + 110), (n, 2))
    starts = starts[starts[:, 1].argsort()]
    share = np.linspace(0, 1, 7)
    turns = rng.normal(rng.normal(-np.pi / 2, 0.3), 0.4, (n, 1)) + rng.normal(0, 0.45, (n, 1)) * share
    lines = np.stack([np.cos(turns) * share, np.sin(turns) * share], axis=-1) * rng.uniform(70, 190, (n, 1, 1)) + starts[:, None]
    outlines = tapered(lines, rng.uniform(8, 17, n), 1.0)
    depths = rng.uniform(0.5, 1.08, n)[:, None] * tone * 255
    fills = np.clip(depths, 0, 255).astype(int).tolist()
    glints = np.clip(depths * 1.16, 0, 255).astype(int).tolist()
    for outline, line, fill, glint in zip(outlines, lines, fills, glints, strict=True):
        pen.polygon(outline.ravel().tolist(), fill=tuple(fill))
        pen.polygon(np.concatenate([outline[:7], line[::-1]]).ravel().tolist(), fill=tuple(glint))
    drawn = np.asarray(image.reduce(2)).transpose(2, 0, 1)
    ground: Floats = drawn * ((1 + 0.15 * clouds(rng, size, 80)) * np.float32(1 / 255))
    return ground


def _stone(rng: np.random.Generator, size: Size, light: Light) -> Floats:
    tone = _tone(rng, (0.62, 0.61, 0.59), (0.50, 0.51, 0.53), (0.72, 0.67, 0.60), (0.56, 0.50, 0.46))
    rough = clouds(rng, size, 30, octaves=4)
    speckle = rng.standard_normal((size[1], size[0]), np.float32)
    ground: Floats = tone * (1 + 0.10 * rough + 0.06 * speckle + 0.06 * clouds(rng, size, 110))
    relief = 3 * rough
    if rng.random() < 0.6:  # slabs with joints
        wide, high = rng.uniform(80, 160), rng.uniform(55, 110)
        wobble = 2.5 * clouds(rng, size, 50)
        row = (np.arange(size[1], dtype=np.float32)[:, None] + wobble) / high + rng.random()
        column = (np.arange(size[0], dtype=np.float32) + wobble) / wide + np.floor(row) / 2 + rng.random()
        near = np.minimum((0.5 - np.abs(row % 1 - 0.5)) * high, (0.5 - np.abs(column % 1 - 0.5)) * wide)
        joint = np.clip(1 - near / 3, 0, 1)
        relief -= 5 * joint
        slab = np.sin(12.9 * (np.floor(row) * 7.3 + np.floor(column) * 3.1))
        ground *= (1 + 0.06 * slab) * (1 - 0.45 * joint)
    ground *= _lit(relief, light, 0.13)
    return ground


def _fabric(rng: np.random.Generator, size: Size, light: Light) -> Floats:
    tone = _tone(
        rng, (0.80, 0.76, 0.68), (0.42, 0.50, 0.60), (0.66, 0.42, 0.38), (0.55, 0.58, 0.46), (0.32, 0.34, 0.40), (0.82, 0.70, 0.52)
    )
    x, y = np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32)[:, None]
    thread = rng.uniform(1.9, 2.8)
    weft = clouds(rng, size, 2.5, octaves=1, stretch=14)
    warp = clouds(rng, (size[1], size[0]), 2.5, octaves=1, stretch=14).T
    weave = np.sin(np.pi / thread * x) * np.sin(np.pi / thread * y)
    ground: Floats = tone * (1 + 0.05 * (weave + weft + warp))
    if rng.random() < 0.5:  # striped or checked
        other, pitch = _tone(rng, (0.92, 0.90, 0.86), (0.35, 0.40, 0.50), (0.62, 0.30, 0.28)), rng.uniform(36, 70)
        stripes = 0.25 * (x / pitch % 1 < 0.45) + (0.25 if rng.random() < 0.7 else 0.0) * (y / pitch % 1 < 0.45)
        ground += stripes.astype(np.float32) * (other - ground)
    ground *= _lit(clouds(rng, size, 110), light, 3.0)
    return ground


GROUNDS: dict[str, Callable[[np.random.Generator, Size, Light], Floats]] = {
    "paper": _paper,
    "soil": _soil,
    "wood": _wood,
    "grass": _grass,
    "stone": _stone,
    "fabric": _fabric,
}
