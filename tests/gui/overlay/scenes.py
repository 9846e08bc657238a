"""Pictures for tests of the canvas, what a canvas painted of them, and what it should have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtGui import QColor, QImage

from tlstudio.gui.overlay import colour_tables
from tlstudio.gui.overlay.canvas import OverlayCanvas
from tlstudio.gui.overlay.picture import ClassLook, Look, Picture

CLASSES = (ClassLook("leaf", QColor(230, 159, 0)), ClassLook("stem", QColor(0, 114, 178)), ClassLook("root", QColor(213, 94, 0)))


def qimage(rgb: np.ndarray) -> QImage:
    rgb = np.ascontiguousarray(rgb, np.uint8)
    made = QImage(rgb.data, rgb.shape[1], rgb.shape[0], 3 * rgb.shape[1], QImage.Format.Format_RGB888)
    return made.convertToFormat(QImage.Format.Format_RGB32)


def scene(width: int = 300, height: int = 200, classes: int = 3, **changes: Any) -> Picture:
    """A photo of noise; labels in blocks of 20 pixels."""
    random = np.random.default_rng(0)
    rgb = random.integers(0, 256, (height, width, 3))
    blocks = random.integers(0, classes, (2, -(-height // 20), -(-width // 20)), dtype=np.uint8).repeat(20, 1).repeat(20, 2)
    prediction, truth = (np.ascontiguousarray(one[:height, :width]) for one in blocks)
    return replace(Picture("photo.png", qimage(rgb), prediction, truth), **changes)


def shot(canvas: OverlayCanvas) -> np.ndarray:
    """(height, width, 3) float: what is on the canvas, in device pixels."""
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return data[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(float)


def brightest(pixels: np.ndarray) -> np.ndarray:
    flat = pixels.reshape(-1, 3)
    return flat[flat.sum(1).argmax()]


def photo(picture: Picture) -> np.ndarray:
    image = picture.image.convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return data[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(float)


def rgb(colour: QColor) -> np.ndarray:
    return np.array([colour.red(), colour.green(), colour.blue()], float)


def at_border(labels: np.ndarray) -> np.ndarray:
    near = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        differs = np.diff(labels.astype(int), axis=axis) != 0
        first = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        last = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        near[first] |= differs
        near[last] |= differs
    return near


def composite(picture: Picture, labels: np.ndarray, look: Look) -> np.ndarray:
    """out = image + a (colour - image), class by class; then rims over it. Below a half, what there is at a half fades."""
    if look.opacity < 0.5:
        half = composite(picture, labels, replace(look, opacity=0.5))
        return photo(picture) + 2 * look.opacity * (half - photo(picture))
    out = photo(picture)
    near = at_border(labels)
    for label in np.unique(labels):
        if label == 255 or not look.shows(int(label)):
            continue
        known = label < len(look.classes)
        colour, own = (rgb(look.classes[label].colour), look.classes[label].opacity) if known else (rgb(colour_tables.UNKNOWN_COLOUR), 1.0)
        where = labels == label
        out[where] += look.opacity * own * (colour - out[where])
        rim = where & near
        out[rim] += colour_tables.RIM * own * (colour - out[rim])
    return out
