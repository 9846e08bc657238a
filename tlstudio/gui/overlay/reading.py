"""Reads a picture and its masks from their files, for the canvas. Any thread may."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QBuffer, QSize
from PySide6.QtGui import QImage, QImageReader, QPainter

from tlstudio.data import masks
from tlstudio.data.images import load_rgb
from tlstudio.data.masks import Coding
from tlstudio.errors import InputError, StudioError
from tlstudio.gui.overlay.collection import Collection, Entry
from tlstudio.gui.overlay.picture import Labels, Picture
from tlstudio.training import mask_scores

LARGEST = 250_000_000  # pixels: what one looks at may be larger than what one trains on
_PNG = b"\x89PNG\r\n\x1a\n"
_MAY_BE_TURNED = (b"eXIf", b"Raw profile type exif", b"XML:com.adobe.xmp")
_PLAIN = {QImage.Format.Format_RGB32, QImage.Format.Format_ARGB32, QImage.Format.Format_Grayscale8, QImage.Format.Format_Indexed8}


Found = tuple[int, int, int]
"""Pixels found, invented and missed. Over all classes a pixel is right or wrong, and the last number is -1."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Pixels of one picture by class, int64. confusion: (C, C), rows truth, columns prediction; None where one of them is missing."""

    prediction: NDArray[np.int64] | None = None
    truth: NDArray[np.int64] | None = None
    confusion: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, picture: Picture, classes: int) -> Counts:
        said, true = picture.prediction, picture.truth
        return cls(
            None if said is None else mask_scores.pixels(said, classes),
            None if true is None else mask_scores.pixels(true, classes),
            None if said is None or true is None else mask_scores.confusion(said, true, classes),
        )

    def shares(self, *, of_truth: bool) -> list[float]:
        """The share of each class, of the pixels that any class has; [] where there is no such mask."""
        pixels = self.truth if of_truth else self.prediction
        return (pixels / max(1, int(pixels.sum()))).tolist() if pixels is not None else []

    def ious(self) -> list[float | None]:
        """By class; [] where prediction or truth is missing."""
        return mask_scores.iou(self.confusion) if self.confusion is not None else []

    @property
    def mean_iou(self) -> float | None:
        """Over the classes that are in prediction or truth; None where one of the two is missing."""
        return mask_scores.mean_iou(self.confusion) if self.confusion is not None else None

    def found(self, solo: int | None) -> Found | None:
        """Pixels of that class that were found, invented and missed; over all classes (None) those that are right and wrong, and -1."""
        if self.confusion is None or self.truth is None:
            return None
        right = self.confusion.diagonal()
        if solo is None:
            return int(right.sum()), int(self.truth.sum() - right.sum()), -1
        return int(right[solo]), int(self.confusion[:, solo].sum() - right[solo]), int(self.truth[solo] - right[solo])


def read_image(path: str) -> QImage:
    """The picture upright as RGB32, decoded as `data.images.load_rgb` does. Raises ImageProblem."""
    image = _plain_png(path)  # Qt makes the same pixels of these in less time; of JPEGs Pillow does
    if image is not None:
        return image
    picture = load_rgb(Path(path), max_pixels=LARGEST)
    return QImage(picture.tobytes(), picture.width, picture.height, picture.width * 3, QImage.Format.Format_RGB888).convertToFormat(
        QImage.Format.Format_RGB32
    )


def _plain_png(path: str) -> QImage | None:
    """A PNG with 8 bits a channel that says nothing of being turned; None for any other file."""
    try:
        with Path(path).open("rb") as file:
            if file.read(len(_PNG)) != _PNG:
                return None
            data = _PNG + file.read()
    except OSError:
        return None
    if any(mark in data for mark in _MAY_BE_TURNED):  # Qt does not heed them; by chance they are in one of hundreds of files
        return None
    buffer = QBuffer()
    buffer.setData(data)
    reader = QImageReader(buffer, b"png")
    reader.setAutoDetectImageFormat(False)  # as in `thumbnails`: plugins are not to be asked from other threads
    if reader.imageFormat() not in _PLAIN or not _fits(reader.size()):
        return None
    image = reader.read()
    return None if image.isNull() else _on_white(image)


def _fits(size: QSize) -> bool:
    return size.isValid() and size.width() * size.height() <= LARGEST


def _on_white(image: QImage) -> QImage:
    if not image.hasAlphaChannel():
        return image.convertToFormat(QImage.Format.Format_RGB32)
    out = QImage(image.size(), QImage.Format.Format_RGB32)
    out.fill(0xFFFFFFFF)
    painter = QPainter(out)
    painter.drawImage(0, 0, image)
    painter.end()
    return out


def read_labels(path: str, coding: Coding, size: tuple[int, int], what: str) -> Labels:
    """The labels of a mask file. size: (width, height) of its picture; what: of whom the mask is, for the sentence if they differ."""
    labels = masks.read(Path(path), coding, max_pixels=LARGEST)
    if labels.shape != size[::-1]:
        why = f"the picture is {size[0]} × {size[1]} pixels, {Path(path).name} is {labels.shape[1]} × {labels.shape[0]}"
        do = "Use the mask that was made for this picture, at its full size"
        if labels.shape == size:
            do = "It lies on its side: perhaps the camera's rotation is applied to the picture alone. Turn the mask like the picture"
        raise InputError(f"The {what} does not fit the picture", why, do)
    return labels


def _read_grey(path: str, size: tuple[int, int], what: str) -> NDArray[np.uint8]:
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.mode != "L" or image.size != size:
                why = f"{Path(path).name} is no grey picture of its size"
                raise InputError(f"The {what} does not fit the picture", why, "Predict again")
            return np.asarray(image)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"The {what} cannot be read", f"{Path(path).name}: {error}", "Predict again") from None


def _corrected(entry: Entry, collection: Collection, size: tuple[int, int]) -> Labels | None:
    """None where there is none, or none that can be read: then what was corrected is shown. (Who opened the masks was told.)"""
    try:
        return read_labels(entry["corrected"], collection.own_coding, size, "corrected mask") if entry.get("corrected") else None
    except StudioError:
        return None


def read(entry: Entry, collection: Collection) -> Picture:
    """A picture with all its masks. Raises StudioError (missing, damaged, of another size)."""
    image = read_image(entry["path"])
    size = image.width(), image.height()
    prediction = truth = confidence = entropy = None
    if entry.get("prediction"):
        prediction = read_labels(entry["prediction"], collection.own_coding, size, "prediction")
    if entry.get("truth") and collection.coding is not None:
        truth = read_labels(entry["truth"], collection.coding, size, "mask")
    if entry.get("confidence"):
        confidence = _read_grey(entry["confidence"], size, "map of confidence")
    if entry.get("entropy"):
        entropy = _read_grey(entry["entropy"], size, "map of entropy")
    corrected = _corrected(entry, collection, size)
    picture = Picture(entry["path"], image, prediction, truth, confidence, entropy, corrected)
    picture.pyramid.build()  # here, where nobody waits for it
    return picture
