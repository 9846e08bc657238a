"""Small data sets that tests make for themselves: told apart by colour and stripes, so that a network learns them in seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def picture(kind: int, seed: int, size: tuple[int, int] = (48, 40)) -> Image.Image:
    """A noisy picture of class `kind`: each has its own hue and its own stripes."""
    rng = np.random.default_rng([kind, seed])
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    stripes = 0.5 + 0.5 * np.sin((x if kind % 2 else y) * (0.5 + 0.3 * kind) + rng.uniform(0, 6))
    colour = np.array([(0.9, 0.3, 0.2), (0.2, 0.7, 0.9), (0.3, 0.9, 0.3), (0.9, 0.8, 0.2)][kind % 4])
    pixels = 255 * (0.25 + 0.6 * stripes[..., None] * colour + rng.normal(0, 0.08, (size[1], size[0], 3)))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def class_folders(root: Path, classes: tuple[str, ...] = ("ants", "bees"), n: int = 12, first: int = 0) -> Path:
    """One folder a class with n PNG files each; the folder."""
    for kind, name in enumerate(classes):
        (root / name).mkdir(parents=True, exist_ok=True)
        for i in range(n):
            picture(kind, first + i).save(root / name / f"{name}_{i:03}.png")
    return root
