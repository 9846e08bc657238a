"""Pictures to test with: smooth random colours, different for every seed, small enough to be made by the hundred."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Draw = Callable[..., Image.Image]
Photo = Callable[..., Path]


@pytest.fixture(scope="session")
def draw() -> Draw:
    """draw(seed=0, size=(96, 72)) -> an RGB picture of smooth colours."""

    def make(seed: int = 0, size: tuple[int, int] = (96, 72)) -> Image.Image:
        coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
        return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)

    return make


@pytest.fixture(scope="session")
def photo(draw: Draw) -> Photo:
    """photo(path, seed=0, size=(96, 72), **save) -> path, with its folders made."""

    def make(path: Path, seed: int = 0, size: tuple[int, int] = (96, 72), **save: object) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        draw(seed, size).save(path, **save)
        return path

    return make


@pytest.fixture
def two_classes(tmp_path: Path, photo: Photo) -> Path:
    """A folder with 8 ants and 8 bees, all different."""
    for n in range(8):
        photo(tmp_path / "insects" / "ants" / f"a{n}.jpg", n)
        photo(tmp_path / "insects" / "bees" / f"b{n}.png", 100 + n)
    return tmp_path / "insects"
