"""Pictures to test with: smooth random colours, different for every seed, small enough to be made by the hundred."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="session")
def mask() -> Callable[..., Path]:
    """mask(path, values, size=(48, 32), mode="L", **save) -> path: stripes of those values (or colours), with its folders made."""

    def make(path: Path, values: Sequence[Any], size: tuple[int, int] = (48, 32), mode: str = "L", **save: object) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        stripes = np.arange(size[0]) * len(values) // size[0]
        pixels = np.broadcast_to(
            np.array(values, np.uint16 if mode == "I;16" else np.uint8)[stripes], (size[1], size[0], *np.shape(values[0]))
        )
        image = Image.fromarray(np.ascontiguousarray(pixels))
        if mode == "P":
            image.putpalette([level for i in range(256) for level in (i, 255 - i, i // 2)])
        image.save(path, **save)
        return path

    return make


@pytest.fixture(scope="session")
def pair(photo: Photo, mask: Callable[..., Path]) -> Callable[..., None]:
    """pair(image, mask, values, seed=0, size=(48, 32), mode="L"): a picture and its mask."""

    def make(
        image: Path, its: Path, values: Sequence[Any] = (0, 1), seed: int = 0, size: tuple[int, int] = (48, 32), mode: str = "L"
    ) -> None:
        photo(image, seed, size)
        mask(its, values, size, mode)

    return make
