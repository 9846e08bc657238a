"""The outline follows the published formula, and every species keeps its typical shape whatever its individual variation."""

from __future__ import annotations

import numpy as np
import pytest

from tlstudio.data.leaves.shape import SPECIES, Pose, Species, Term, outline, veins

EVERY = pytest.mark.parametrize("species", SPECIES, ids=lambda species: species.name)


def test_the_formula_gives_a_circle_a_square_and_its_corners() -> None:
    phi = np.linspace(-np.pi, np.pi, 101)
    assert np.allclose(Term(0, 1, 1, 1)(phi), 1)  # m = 0
    assert np.allclose(Term(4, 2, 2, 2)(phi), 1)  # all exponents 2
    # n1 = n2 = n3 = 1, m = 4 is the square |x| + |y| = 1
    r = Term(4, 1, 1, 1)(phi)
    assert np.allclose(np.abs(r * np.cos(phi)) + np.abs(r * np.sin(phi)), 1)
    # by hand: phi = pi/2, m = 2: (cos(pi/4)^2 + (sin(pi/4)/0.5)^4)^(-1/3) = (0.5 + 4)^(-1/3)
    assert Term(2, 3, 2, 4, 0.5)(np.array([np.pi / 2])) == pytest.approx(4.5 ** (-1 / 3))


@EVERY
def test_an_individual_is_closed_centred_and_of_its_size(species: Species) -> None:
    for seed in range(20):
        points = outline(species, np.random.default_rng(seed)).points
        assert points.shape == (601, 2)
        assert np.isfinite(points).all()
        assert np.allclose(points[0], points[-1], atol=0.06)
        assert np.allclose((points.min(0) + points.max(0)) / 2, 0)
        assert np.ptp(points, axis=0).max() == pytest.approx(species.size)


def test_species_keep_their_proportions() -> None:
    slim = {}
    for species in SPECIES:
        spans = [np.ptp(outline(species, np.random.default_rng(seed)).points, axis=0) for seed in range(30)]
        slim[species.name] = float(np.mean([width / length for length, width in spans]))
    assert slim["willow"] < 0.35 < 0.5 < slim["oak"] < 0.75 < 0.8 < slim["linden"] < 1
    assert slim["maple"] > 0.9
    assert slim["ginkgo"] > 1.1  # wider than long: a fan


def test_maple_and_oak_have_their_lobes() -> None:
    lobes = {species.name: len(outline(species, np.random.default_rng(0)).lobes) for species in SPECIES}
    assert lobes["maple"] == 7
    assert lobes["oak"] >= 9


@EVERY
def test_veins_begin_on_the_leaf_thin_ones_first(species: Species) -> None:
    rng = np.random.default_rng(2)
    shape = outline(species, rng)
    lines, widths = veins(species, shape, rng)
    assert lines.shape == (len(widths), 9, 2)
    assert (np.diff(widths) >= 0).all()
    assert (lines[:, 0] >= shape.points.min(0) - 0.01).all()
    assert (lines[:, 0] <= shape.points.max(0) + 0.01).all()


def test_a_pose_turns_and_moves_as_said() -> None:
    tip = np.array([[0.5, 0.0], [0.0, 0.5]])
    assert np.allclose(Pose((100, 50), 80, 0.0)(tip), [[140, 50], [100, 90]])
    assert np.allclose(Pose((100, 50), 80, np.pi / 2)(tip), [[100, 90], [60, 50]])
    assert np.allclose(Pose((0, 0), 1, 0.0, squash=0.5)(tip), [[0.5, 0], [0, 0.25]])
