"""The leaf drawn on its shape: tones, veins, light on the relief, spots, and what insects took."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tlstudio.data.leaves.drawing import Floats, Points, Size, blobs, bows, clouds, colour, inside, slope, smooth, soft, tapered
from tlstudio.data.leaves.shape import Pose, Species, outline, veins

# What a blade goes through from young to old: the same for every species, so that colour does not tell them apart.
TONES = (
    (colour(0.24, 0.42, 0.15), colour(0.42, 0.58, 0.20)),
    (colour(0.18, 0.36, 0.19), colour(0.30, 0.49, 0.24)),
    (colour(0.33, 0.50, 0.18), colour(0.66, 0.70, 0.26)),
    (colour(0.44, 0.58, 0.20), colour(0.78, 0.74, 0.25)),
    (colour(0.84, 0.70, 0.20), colour(0.62, 0.66, 0.22)),
    (colour(0.88, 0.72, 0.26), colour(0.80, 0.50, 0.16)),
    (colour(0.78, 0.38, 0.14), colour(0.88, 0.66, 0.22)),
    (colour(0.66, 0.20, 0.13), colour(0.82, 0.42, 0.16)),
    (colour(0.52, 0.32, 0.17), colour(0.68, 0.47, 0.25)),
)
SCORCHED, PALE, HALO, SPOT, BARK = (
    colour(0.42, 0.26, 0.13),
    colour(0.42, 0.40, 0.22),
    colour(0.80, 0.68, 0.25),
    colour(0.25, 0.15, 0.09),
    colour(0.12, 0.06, 0.02),
)


class Layer(NamedTuple):
    """Something drawn for a window of the picture.

    colour (3, h, w): sRGB 0..1; cover (h, w): 0..1, the share of each pixel that it hides; window: rows and columns of the picture.
    """

    colour: Floats
    cover: Floats
    window: tuple[slice, slice]


def draw_leaf(species: Species, pose: Pose, light: tuple[float, float], rng: np.random.Generator, size: Size) -> Layer:
    """Draw one individual, stalk included. light: the direction of the lamp, a unit vector (x, y). size: of the picture."""
    shape = outline(species, rng)
    root = shape.joint + np.array([0.08, 0.0])
    end = shape.joint + np.array([-rng.uniform(0.16, 0.4), rng.normal(0, 0.07)])
    stem = tapered(pose(bows(root[None], end[None], rng.normal(0, 0.12))), 0.022 * pose.length, 0.03 * pose.length)[0]
    everything = np.concatenate([pose(shape.points), stem])
    # Only the part of the picture where the leaf lies is drawn.
    low = np.clip(np.floor(everything.min(0)).astype(int) - 2, 0, np.array(size) - 16)
    high = np.clip(np.ceil(everything.max(0)).astype(int) + 2, low + 16, size)
    window = (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    pose = replace(pose, centre=(pose.centre[0] - float(low[0]), pose.centre[1] - float(low[1])))

    contour = pose(shape.points)
    blade = inside([contour], size)
    half = inside([np.concatenate([contour[:301], pose(bows(shape.tip[None], shape.joint[None]))[0]])], size)
    stalk = inside([stem - low], size)
    lines, widths = veins(species, shape, rng)
    strokes = tapered(pose(lines), 0.017 * pose.length * widths, 0.005 * pose.length * widths)
    rib = inside(strokes, size, (150 + 105 * widths).astype(int).tolist())

    drawn = _surface(blade, half, rib, light, pose, rng)
    bark = drawn[:, size[1] // 2, size[0] // 2, None, None] * np.float32(0.7) + BARK
    _spot(drawn, contour, rng)
    drawn += (stalk * (1 - np.float32(0.6) * blade)) * (bark - drawn)
    np.clip(drawn, 0, 1, out=drawn)
    return Layer(drawn, np.maximum(blade * (1 - _eaten(contour, rng, size)), stalk), window)


def _surface(blade: Floats, half: Floats, rib: Floats, light: tuple[float, float], pose: Pose, rng: np.random.Generator) -> Floats:
    """A tone that changes towards the margin and in clouds, paler ribs, and the light on the relief, (3, h, w)."""
    size = (blade.shape[1], blade.shape[0])
    young, old = TONES[rng.integers(len(TONES))]
    deep = smooth(blade, max(2, round(pose.length / 14)))
    near_rib = soft(rib, 2.2)
    patches = clouds(rng, size, pose.length / 3)
    fine = clouds(rng, size, pose.length / 22)
    age = rng.uniform(0.1, 0.5) + 0.33 * patches + 0.1 * fine + rng.uniform(0, 1.6) * (0.8 - deep)
    if rng.random() < 0.35:  # autumn begins between the ribs
        age += 0.5 - 1.6 * near_rib
    np.clip(age, 0, 1, out=age)
    drawn: Floats = young + age * (old - young)
    if rng.random() < 0.5:
        scorch = np.clip((0.62 - deep + 0.25 * patches) * rng.uniform(0, 2.2), 0, 0.85)
        drawn += scorch * (SCORCHED - drawn)
    ribbed = young * np.float32(0.55) + PALE if rng.random() < 0.8 else young * np.float32(0.6)
    drawn += (rib * rng.uniform(0.45, 0.65)) * (ribbed - drawn)

    relief = 5.0 * deep - 3.2 * near_rib - rib + 0.8 * patches + 0.22 * fine
    shade = 1 - 0.45 * np.clip(slope(relief, light) * (pose.length / 160), -0.7, 0.7)
    fold = float(np.cos(pose.angle) * light[1] - np.sin(pose.angle) * light[0]) * rng.uniform(0.05, 0.2)
    shade += fold * (blade - 2 * half)
    drawn *= shade
    drawn += np.clip(shade - 1.06, 0, 1) * rng.uniform(0, 0.7)
    return drawn


def _spot(drawn: Floats, contour: Points, rng: np.random.Generator) -> None:
    """Brown spots with a yellow halo, as fungi leave them, drawn in place; they are part of the leaf."""
    if rng.random() < 0.6:
        return
    n = int(rng.integers(3, 16))
    centres = rng.uniform(contour.min(0), contour.max(0), (n, 2))
    spots = blobs(centres, rng.uniform(0.012, 0.04, n) * np.ptp(contour), rng)
    dark = inside(spots, (drawn.shape[2], drawn.shape[1]))
    halo = np.clip(smooth(dark, 4) * 1.2 - dark, 0, 1)
    drawn += (halo * np.float32(0.5)) * (HALO - drawn)
    drawn += (dark * np.float32(0.8)) * (SPOT - drawn)


def _eaten(contour: Points, rng: np.random.Generator, size: Size) -> Floats:
    """Insect holes and bites out of the margin, (h, w) 0..1: there one sees the ground."""
    if rng.random() < 0.5:
        return np.zeros((size[1], size[0]), np.float32)
    holes, bites = int(rng.integers(1, 6)), int(rng.integers(0, 3))
    centres = np.concatenate([rng.uniform(contour.min(0), contour.max(0), (holes, 2)), contour[rng.integers(60, 540, bites)]])
    radii = np.concatenate([rng.uniform(0.012, 0.032, holes), rng.uniform(0.03, 0.07, bites)]) * np.ptp(contour)
    return inside(blobs(centres, radii, rng), size)
