"""The mask counts exactly the leaf that one sees: not what lies over it, not holes, not its shadow."""

from __future__ import annotations

import numpy as np
import pytest

from tlstudio.data.leaves import NAMES, draw_picture, picture
from tlstudio.data.leaves.drawing import Floats, inside
from tlstudio.data.leaves.grounds import GROUNDS
from tlstudio.data.leaves.litter import draw_litter
from tlstudio.data.leaves.picture import visible
from tlstudio.data.leaves.shape import SPECIES, Pose
from tlstudio.data.leaves.surface import Layer, draw_leaf


def layer(cover: Floats, top: int, left: int) -> Layer:
    height, width = cover.shape
    return Layer(np.zeros((3, height, width), np.float32), cover, (slice(top, top + height), slice(left, left + width)))


def test_what_lies_over_the_leaf_is_background() -> None:
    cover = np.ones((6, 8), np.float32)
    cover[0, 0] = 0.4  # less than half of this pixel is leaf
    leaf = layer(cover, 10, 20)  # rows 10..15, columns 20..27
    over = layer(np.full((4, 30), 0.6, np.float32), 14, 0)  # rows 14..17, columns 0..29: hides more than half
    expected = np.ones((6, 8), bool)
    expected[0, 0] = False
    expected[4:] = False
    assert (visible(leaf, over) == expected).all()
    assert (cover[4:] == 1).all()  # the leaf itself is as it was


@pytest.mark.parametrize(("top", "left"), [(0, 0), (40, 40), (10, 28)])
def test_what_lies_beside_the_leaf_hides_nothing(top: int, left: int) -> None:
    leaf = layer(np.ones((6, 8), np.float32), 10, 20)
    assert visible(leaf, layer(np.ones((5, 5), np.float32), top, left)).all()


def test_the_mask_is_where_the_leaf_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The leaf painted in pure blue on red ground, shadows and camera left out: the mask is the blue."""
    size = (120, 90)

    def red(rng: np.random.Generator, size: tuple[int, int], light: object) -> Floats:
        return np.stack([np.full((size[1], size[0]), value, np.float32) for value in (1, 0, 0)])

    def blue(*given: object) -> Layer:
        leaf = draw_leaf(*given)  # type: ignore[arg-type]
        leaf.colour[:] = np.array([0, 0, 1], np.float32)[:, None, None]
        return leaf

    def green(rng: np.random.Generator, size: tuple[int, int], pieces: int) -> Layer:
        over = draw_litter(rng, size, pieces)
        over.colour[:] = np.array([0, 1, 0], np.float32)[:, None, None]
        return over

    seen: list[Floats] = []

    def camera(scene: Floats, *_: object) -> None:
        seen.append(scene.copy())

    monkeypatch.setattr(picture, "draw_ground", red)
    monkeypatch.setattr(picture, "draw_leaf", blue)
    monkeypatch.setattr(picture, "draw_litter", green)
    monkeypatch.setattr(picture, "_photographed", camera)
    covered = 0
    for seed in range(25):
        _, mask = draw_picture(seed % 5, np.random.default_rng(seed), size)
        share = seen[-1][2]  # of each pixel that is leaf and in sight; shadows only darken it where litter lies near
        assert mask[share < 0.25].max(initial=0) == 0
        assert (mask[share > 0.999] == seed % 5 + 1).all()
        covered += int(((mask == 0) & (seen[-1][1] > 0.9)).sum())
    assert covered > 0  # litter did lie about


def test_holes_are_not_leaf() -> None:
    """Some individuals are eaten: then the cover has holes well inside of the outline."""
    pose = Pose((60, 60), 90, 0.3)
    eaten = 0
    for seed in range(20):
        leaf = draw_leaf(SPECIES[1], pose, (1.0, 0.0), np.random.default_rng(seed), (120, 120))
        rows = [np.flatnonzero(row >= 0.5) for row in leaf.cover]
        eaten += any(len(row) and row[-1] - row[0] + 1 - len(row) >= 3 for row in rows[len(rows) // 3 : -len(rows) // 3])
    assert 3 <= eaten <= 20


def test_coverage_is_the_area_of_the_outline() -> None:
    square = np.array([[10.0, 10.0], [30.0, 10.0], [30.0, 25.0], [10.0, 25.0]])
    assert inside([square], (40, 40)).sum() == pytest.approx(20 * 15, rel=0.05)


@pytest.mark.parametrize("ground", GROUNDS)
def test_grounds_fill_the_picture_with_colours(ground: str) -> None:
    drawn = GROUNDS[ground](np.random.default_rng(1), (96, 64), (0.6, 0.8))
    assert drawn.shape == (3, 64, 96)
    assert drawn.dtype == np.float32
    assert np.isfinite(drawn).all()
    assert 0.05 < drawn.mean() < 0.98
    assert drawn.std() > 0.005


def test_colour_does_not_tell_the_species() -> None:
    """The mean colour of a leaf varies far more within a species than between species."""
    means = np.zeros((5, 16, 3))
    for species in range(len(NAMES)):
        for i in range(16):
            image, mask = draw_picture(species, np.random.default_rng([i, species]), (96, 72))
            means[species, i] = np.asarray(image)[mask > 0].mean(0)
    between, within = means.mean(1).std(0), means.std(1).mean(0)
    assert (between < 0.6 * within).all()
