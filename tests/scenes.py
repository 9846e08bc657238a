"""Small scenes with masks, for tests: grey ground (0), an orange box (1), a blue disc (2)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLOURS = ((120, 120, 120), (230, 160, 0), (0, 110, 180))
NAMES = ("ground", "box", "disc")


def scene(seed: int, width: int = 64, height: int = 48) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A picture (H, W, 3) uint8 and its labels (H, W) uint8."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((height, width), np.uint8)
    x, y = rng.integers(2, width - 26), rng.integers(2, height - 22)
    labels[y : y + 18, x : x + 22] = 1
    cx, cy, r = rng.integers(10, width - 10), rng.integers(10, height - 10), rng.integers(6, 10)
    yy, xx = np.mgrid[:height, :width]
    labels[(xx - cx) ** 2 + (yy - cy) ** 2 <= r * r] = 2
    picture = np.asarray(COLOURS, np.float64)[labels] + rng.normal(0, 12, (height, width, 3))
    return picture.clip(0, 255).astype(np.uint8), labels


def pairs(root: Path, *, train: int = 8, val: int = 3, test: int = 0, names: bool = True) -> Path:
    """root/train/images/s01.png and root/train/masks/s01.png, likewise val and test; classes.txt beside them."""
    n = 0
    for split, count in (("train", train), ("val", val), ("test", test)):
        for _ in range(count):
            n += 1
            picture, labels = scene(n)
            for kind, array in (("images", picture), ("masks", labels)):
                path = root / split / kind / f"s{n:02d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(array).save(path)
    if names:
        (root / "classes.txt").write_text("\n".join(NAMES) + "\n")
    return root
