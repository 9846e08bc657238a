"""What lies about, under the leaf and over it: blades of grass, twigs, small withered leaves."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from tlstudio.data.leaves.drawing import Floats, Points, Size, bows, colour, tapered
from tlstudio.data.leaves.shape import SCRAP, Pose, outline, veins
from tlstudio.data.leaves.surface import Layer

_SCALE = 2
_GRASS = (colour(0.40, 0.55, 0.20), colour(0.55, 0.60, 0.28), colour(0.70, 0.62, 0.36), colour(0.30, 0.44, 0.20))
_WOOD = (colour(0.36, 0.26, 0.18), colour(0.48, 0.38, 0.28), colour(0.28, 0.21, 0.17))
_WITHERED = (colour(0.46, 0.31, 0.19), colour(0.58, 0.43, 0.26), colour(0.38, 0.26, 0.18), colour(0.64, 0.49, 0.26))


def draw_litter(rng: np.random.Generator, size: Size, pieces: int) -> Layer:
    """That many pieces at random places."""
    image = Image.new("RGBA", (size[0] * _SCALE, size[1] * _SCALE))
    pen = ImageDraw.Draw(image)
    for _ in range(pieces):
        (_blade, _blade, _twig, _scrap)[rng.integers(4)](pen, rng, np.array(image.size, float))
    box = image.getbbox() or (0, 0, 1, 1)
    left, top, right, bottom = box[0] // _SCALE, box[1] // _SCALE, -(-box[2] // _SCALE), -(-box[3] // _SCALE)
    small = image.crop((left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE)).reduce(_SCALE)
    drawn = np.asarray(small).transpose(2, 0, 1) * np.float32(1 / 255)
    return Layer(drawn[:3], drawn[3], (slice(top, bottom), slice(left, right)))


def _fill(pen: ImageDraw.ImageDraw, outline: Points, tone: Floats) -> None:
    red, green, blue = (int(v) for v in np.clip(tone.ravel() * 255, 0, 255))
    pen.polygon(outline.ravel().tolist(), fill=(red, green, blue, 255))


def _stroke(pen: ImageDraw.ImageDraw, line: Points, widths: tuple[float, float], tone: Floats) -> None:
    """A tapered stroke along line (P, 2), lighter on one side."""
    body = tapered(line[None], *widths)[0]
    _fill(pen, body, tone)
    _fill(pen, np.concatenate([body[: len(line)], line[::-1]]), tone * np.float32(1.2))


def _curve(start: Points, angle: float, length: float, bend: float) -> Points:
    """A bent line (14, 2)."""
    turn = angle + bend * np.linspace(0, 1, 14)
    line: Points = start + np.cumsum(np.stack([np.cos(turn), np.sin(turn)], axis=1), axis=0) * length / 14
    return line


def _blade(pen: ImageDraw.ImageDraw, rng: np.random.Generator, size: Points) -> None:
    """A blade of grass that comes in from outside."""
    tone = _GRASS[rng.integers(len(_GRASS))] * np.float32(rng.uniform(0.85, 1.15))
    side = rng.uniform(0, 2 * np.pi)
    start = size / 2 + np.array([np.cos(side), np.sin(side)]) * size * 0.62
    line = _curve(start, side + np.pi + rng.normal(0, 0.4), rng.uniform(0.5, 1.2) * size.min(), rng.normal(0, 0.6))
    _stroke(pen, line, (rng.uniform(0.014, 0.034) * size.min(), 1.0), tone)


def _twig(pen: ImageDraw.ImageDraw, rng: np.random.Generator, size: Points) -> None:
    tone = _WOOD[rng.integers(len(_WOOD))]
    angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 0.9) * size.min()
    start = rng.uniform(0.1, 0.9, 2) * size - np.array([np.cos(angle), np.sin(angle)]) * length / 2
    line = _curve(start, angle, length, rng.normal(0, 0.3))
    width = rng.uniform(0.012, 0.024) * size.min()
    for at in rng.integers(3, 10, rng.integers(0, 3)):
        turn = angle + rng.choice([-1, 1]) * rng.uniform(0.5, 0.9)
        side = _curve(line[at], turn, length * rng.uniform(0.15, 0.3), rng.normal(0, 0.3))
        _stroke(pen, side, (width * 0.6, width * 0.3), tone * np.float32(0.95))
    _stroke(pen, line, (width, width * 0.55), tone)


def _scrap(pen: ImageDraw.ImageDraw, rng: np.random.Generator, size: Points) -> None:
    """A small withered leaf of another kind, torn, dry and rolled."""
    tone = _WITHERED[rng.integers(len(_WITHERED))] * np.float32(rng.uniform(0.85, 1.1))
    shape = outline(SCRAP, rng)
    x, y = rng.uniform(0.05, 0.95, 2) * size
    pose = Pose(
        (x, y), rng.uniform(0.13, 0.24) * size.min(), rng.uniform(0, 2 * np.pi), rng.normal(0, 0.9), np.pi / 2, rng.uniform(0.45, 0.9)
    )
    torn = int(rng.integers(330, 560))  # from here back to the base a piece is missing
    _fill(pen, pose(np.concatenate([shape.points[:torn], shape.points[-20:]])), tone)
    _fill(pen, pose(np.concatenate([shape.points[:301], shape.joint[None]])), tone * np.float32(1.15))
    lines, widths = veins(SCRAP, shape, rng)
    short = np.concatenate([lines[:-1, :5], lines[-1:, ::2]])  # the side veins would run over the margin
    thick = pose.length * 0.018 * widths
    for rib in tapered(pose(short), thick, thick * 0.4):
        _fill(pen, rib, tone * np.float32(0.82))
    stalk = bows(shape.joint[None], shape.joint[None] - np.array([0.25, 0.0]), 0.1)
    _fill(pen, tapered(pose(stalk), pose.length * 0.03, pose.length * 0.03)[0], tone * np.float32(0.8))
