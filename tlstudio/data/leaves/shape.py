"""The shape of a leaf: its outline from a botanical formula, and the veins that fit it.

The outline is a product of terms of the superformula of J. Gielis, "A generic geometric transformation that unifies a wide range
of natural and abstract shapes", American Journal of Botany 90(3):333-338, 2003, doi:10.3732/ajb.90.3.333:

    r(phi) = (|cos(m phi / 4) / a|^n2 + |sin(m phi / 4) / b|^n3)^(-1 / n1)        phi in [-pi, pi]

m sets the corners (lobes, teeth), n1 how slim it is between them, n2 and n3 how pointed the base (phi = pi) and the tip (phi = 0)
are; a is 1 here. Leaf units: the stalk joins at -x, the tip points to +x, the longer side is about 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tlstudio.data.leaves.drawing import Points, bows


class Term(NamedTuple):
    """One factor r(phi) of an outline."""

    m: float
    n1: float
    n2: float
    n3: float
    b: float = 1.0

    def __call__(self, phi: Points) -> Points:
        turned = self.m * phi / 4
        r: Points = (np.abs(np.cos(turned)) ** self.n2 + np.abs(np.sin(turned) / self.b) ** self.n3) ** (-1 / self.n1)
        return r


@dataclass(frozen=True)
class Species:
    """The typical shape of a species.

    terms: the first makes the main lobes. veins: pinnate (pairs off the midrib), lobed (off the midrib, one to each lobe),
    palmate (from the stalk to each lobe) or fan (from the stalk, forking). stretch: (x, y). taper: above 0 widest near the tip.
    turn: added to phi, radians. size: beside the other species.
    """

    name: str
    terms: tuple[Term, ...]
    veins: str
    pairs: int = 0
    stretch: tuple[float, float] = (1.0, 1.0)
    taper: float = 0.0
    turn: float = 0.0
    size: float = 1.0


SPECIES = (
    Species("ginkgo", (Term(1, 5, 2, 40, 0.268), Term(4.6, -1.9, 0.65, 0.65), Term(36, -60, 1, 1)), "fan", 13, (1.22, 1.0), size=1.0),
    Species("linden", (Term(2, 0.75, 1.8, 0.8), Term(1, 2.2, 2, 16, 0.655), Term(48, 9, 1, 1)), "pinnate", 6, (1.06, 1.04), -0.18),
    Species("maple", (Term(7, 0.8, 1.15, 1.15), Term(21, 1.9, 1, 1), Term(1, 1.2, 2, 6, 0.62)), "palmate", 0, (1.15, 0.94), size=1.1),
    Species("oak", (Term(11, -1.2, 0.9, 0.9),), "lobed", 0, (1.0, 0.52), 0.26, np.pi, 1.18),
    Species("willow", (Term(2, 0.5, 1.2, 1.05), Term(60, 30, 1, 1)), "pinnate", 11, (1.0, 0.44), -0.1, size=1.3),
)
"""In alphabetical order, as class folders are listed. In a mask a species is its place here plus one; 0 is background."""

SCRAP = Species("scrap", (Term(2, 0.8, 1.9, 1.0), Term(40, 8, 1, 1)), "pinnate", 5, (1.0, 0.9), -0.15)
"""A small leaf of no species of the sample, for the litter."""


class Outline(NamedTuple):
    """points (601, 2): from the stalk's joint around the tip and back; lobes (L, 2): the tips of the main lobes."""

    points: Points
    lobes: Points

    @property
    def joint(self) -> Points:
        first: Points = self.points[0]
        return first

    @property
    def tip(self) -> Points:
        middle: Points = self.points[300]
        return middle


def outline(species: Species, rng: np.random.Generator) -> Outline:
    """The outline of one individual: the species' shape with every number a little off."""
    phi = np.linspace(-np.pi, np.pi, 601)
    r = np.ones_like(phi)
    for term in species.terms:
        n1, n2, n3 = np.exp(rng.normal(0, 0.04, 3)) * (term.n1, term.n2, term.n3)
        r *= term._replace(n1=n1, n2=n2, n3=n3)(phi + species.turn)
    for waves, height in ((rng.uniform(1, 3), 0.035), (rng.uniform(5, 9), 0.012)):
        r *= 1 + height * np.sin(waves * np.abs(phi + rng.normal(0, 0.15)) + rng.uniform(0, 2 * np.pi))
    stretch_x, stretch_y = species.stretch * np.exp(rng.normal(0, 0.05, 2))
    x, y = stretch_x * r * np.cos(phi), stretch_y * r * np.sin(phi)
    y *= 1 + species.taper * x / np.abs(x).max()
    points = np.stack([x, y], axis=1)
    points -= (points.min(0) + points.max(0)) / 2
    points *= species.size / np.ptp(points, axis=0).max()
    main = species.terms[0](phi + species.turn)
    peaks = np.flatnonzero((main[1:-1] >= main[:-2]) & (main[1:-1] > main[2:])) + 1
    return Outline(points, points[peaks[np.abs(phi[peaks]) < 0.93 * np.pi]])


def veins(species: Species, shape: Outline, rng: np.random.Generator) -> tuple[Points, Points]:
    """Lines (N, 9, 2) from thick to thin, thin ones first, and relative widths (N,). They may end outside: the blade cuts them off."""
    joint, tip = shape.joint, shape.tip
    if species.veins == "fan":
        ends = shape.points[np.linspace(60, 540, species.pairs * 2).astype(int)] * 1.03
        forks = joint + (ends - joint) * rng.uniform(0.3, 0.6, (len(ends), 1))
        twins = bows(forks, ends + rng.normal(0, 0.05, ends.shape))
        rays = bows(np.broadcast_to(joint, ends.shape), ends, rng.normal(0, 0.02, len(ends)))
        return np.concatenate([twins, rays]), np.repeat([0.4, 0.5], len(ends))
    midrib = bows(joint[None], tip[None], float(rng.normal(0, 0.02)))
    if species.veins == "palmate":
        along = np.array([0.45, 0.62, 0.78])[None, :, None, None]
        side = np.array([-1.0, 1.0])[None, None, :, None]
        reach = (shape.lobes - joint)[:, None, None]
        across = np.stack([-reach[..., 1], reach[..., 0]], axis=-1)
        roots = (joint + reach * along + 0 * side).reshape(-1, 2)
        thin = bows(roots, roots + (reach * 0.3 + across * side * (0.45 - 0.3 * along)).reshape(-1, 2))
        thick = bows(np.broadcast_to(joint, shape.lobes.shape), shape.lobes)
        return np.concatenate([thin, thick, midrib]), np.repeat([0.4, 0.85, 1.0], [len(thin), len(thick), 1])
    if species.veins == "lobed":
        roots = np.stack([np.maximum(shape.lobes[:, 0] - 0.75 * np.abs(shape.lobes[:, 1]), joint[0]), 0 * shape.lobes[:, 1]], axis=1)
        off = bows(roots, shape.lobes * 0.96, 0.08 * np.sign(shape.lobes[:, 1]))
    else:
        place = np.repeat(np.linspace(0.04, 0.86, species.pairs), 2)
        side = np.tile([-1.0, 1.0], species.pairs)
        x = joint[0] + (place + rng.normal(0, 0.008, len(place))) * (tip[0] - joint[0])
        roots = np.stack([x, np.full_like(x, joint[1])], axis=1)
        reach = np.stack([np.full_like(side, 0.55), 0.6 * side], axis=1) * (species.stretch[1] * (1.05 - 0.6 * place))[:, None]
        off = bows(roots, roots + reach, 0.16 * side)
        notch = joint[0] - shape.points[:, 0].min()
        if notch > 0.05:  # a heart: more pairs, outwards and back
            back = np.array([[x, y * side] for x, y in ((-0.9 * notch, 0.42), (0.02, 0.55), (0.26, 0.55)) for side in (1, -1)])
            off = np.concatenate([off, bows(np.broadcast_to(joint, back.shape), joint + back, 0.12 * np.sign(back[:, 1]))])
    return np.concatenate([off, midrib]), np.repeat([0.57, 1.0], [len(off), 1])


@dataclass(frozen=True)
class Pose:
    """Where and how the leaf lies. centre, length: pixels; angle, lean: radians; bend: radians over its length; squash: at most 1."""

    centre: tuple[float, float]
    length: float
    angle: float
    bend: float = 0.0
    lean: float = 0.0
    squash: float = 1.0

    def __call__(self, points: Points) -> Points:
        """Leaf units to pixels, (..., 2)."""
        x, y = points[..., 0], points[..., 1]
        if abs(self.bend) > 1e-3:
            turn = self.bend * x
            x, y = np.sin(turn) / self.bend - y * np.sin(turn), (1 - np.cos(turn)) / self.bend + y * np.cos(turn)
        bent = np.stack([x, y], axis=-1) @ _rotation(self.lean).T
        flat = (bent * (1, self.squash)) @ _rotation(self.angle - self.lean).T
        placed: Points = flat * self.length + self.centre
        return placed


def _rotation(angle: float) -> Points:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
