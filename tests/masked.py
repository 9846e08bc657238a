"""A small overlay document with files: pictures, true masks, predictions with confidence, and masks of earlier epochs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.pictures import picture
from tlstudio.data import masks, overlay_index
from tlstudio.data.overlay_index import OverlayImage, OverlayIndex
from tlstudio.training import mask_scores

NAMES = ("sky", "road", "car")
COLOURS = ((10, 20, 30), (200, 100, 0), (0, 100, 200))
SIZE = (48, 32)


def truth(i: int) -> masks.Labels:
    """Sky above road; a car from the second picture on; the last column is ignored."""
    labels = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    labels[16:] = 1
    if i:
        labels[20:28, 4 : 4 + 6 * i] = 2
    labels[:, -1] = masks.IGNORE
    return labels


def prediction(i: int) -> masks.Labels:
    """The truth with its border 2 i pixels too low, and no car."""
    labels = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    labels[16 + 2 * i :] = 1
    return labels


def evaluated(root: Path, n: int = 4) -> dict[str, Any]:
    """The document of a run's evaluation; the later a picture the worse its IoU. root/run is the run, with masks of epochs 1 and 2."""
    coding = masks.own(NAMES, COLOURS)
    folder, images = root / "run" / "evaluations" / "val", []
    for name in ("images", "truth"):
        (root / name).mkdir(parents=True)
    folder.mkdir(parents=True)
    for i in range(n):
        name = f"{i}.png"
        picture(i, i, SIZE).save(root / "images" / name)
        masks.write(root / "truth" / name, truth(i), coding)
        masks.write(folder / name, prediction(i), coding)
        Image.fromarray(np.full((SIZE[1], SIZE[0]), 204, np.uint8)).save(folder / f"{i}.confidence.png")
        matrix = mask_scores.confusion(prediction(i), truth(i), len(NAMES))
        shares = (mask_scores.pixels(prediction(i), len(NAMES)) / prediction(i).size).tolist()
        files = (root / "images" / name, folder / name, root / "truth" / name, folder / f"{i}.confidence.png", None)
        scores = (mask_scores.mean_iou(matrix), mask_scores.pixel_accuracy(matrix), mask_scores.iou(matrix), shares)
        images.append(OverlayImage(*files, "val", *scores))
    classes = list(zip(NAMES, COLOURS, strict=True))
    overlay_index.write(folder, OverlayIndex(classes, images, coding, root / "run", "val"))
    for epoch in (1, 2):
        kept = root / "run" / "masks" / f"epoch_{epoch:04}"
        kept.mkdir(parents=True)
        masks.write(kept / "0.png", np.full((SIZE[1], SIZE[0]), epoch, np.uint8), coding)
        overlay_index.write(kept, OverlayIndex(classes, [OverlayImage(root / "images" / "0.png", kept / "0.png")], None, root / "run"))
    return overlay_index.read(folder)


def plain(root: Path, n: int = 3) -> dict[str, Any]:
    """The document of a folder of pictures without masks."""
    root.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        picture(i, i, SIZE).save(root / f"{i}.png")
    return OverlayIndex([], [OverlayImage(root / f"{i}.png") for i in range(n)]).document(root)
