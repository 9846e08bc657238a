"""index.json, which lies in a folder of masks and says what overlays them on which pictures. Needs no torch.

{version: 1, classes: [{name, colour: [r, g, b]}], coding: that of the truth files or null, run: folder or null, split: name or null,
 images: [{path: the picture, prediction, truth, confidence, entropy: files or null, split: name or null,
           iou, pixel_accuracy: 0..1 or null, per_class: [IoU or null], shares: [0..1]}]}

prediction: PNG of class indices, 255 where nothing is said (`masks.own`). truth: in `coding`. confidence, entropy: 8-bit grey PNG,
0..255 for 0..1. per_class and shares (of the predicted pixels) go by class; both are empty where nothing is known.
Files in the folder are named relative to it, so that it can be moved; others by their absolute path.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlstudio import events
from tlstudio.data.masks import Coding
from tlstudio.errors import InputError
from tlstudio.runs import absolute, cannot_write, write_atomic

NAME = "index.json"
VERSION = 1
_FILES = ("path", "prediction", "truth", "confidence", "entropy")
_HEAD = re.compile(rb'\s*\{\s*"version"\s*:\s*\d+\s*,\s*"classes"\s*:\s*\[')


@dataclass(frozen=True, slots=True)
class OverlayImage:
    """One picture and its masks; relative paths are relative to the folder of the index."""

    path: Path
    prediction: Path | None = None
    truth: Path | None = None
    confidence: Path | None = None
    entropy: Path | None = None
    split: str | None = None
    iou: float | None = None
    pixel_accuracy: float | None = None
    per_class: Sequence[float | None] = ()
    shares: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class OverlayIndex:
    """classes: names and colours by index. coding: of the truth files. run, split: what made the predictions, and of what, where known."""

    classes: Sequence[tuple[str, tuple[int, int, int]]]
    images: Sequence[OverlayImage]
    coding: Coding | None = None
    run: Path | None = None
    split: str | None = None

    def document(self, folder: Path) -> dict[str, Any]:
        """What `read` gives of it: the same as JSON, with absolute paths."""
        return {
            "version": VERSION,
            "classes": [{"name": name, "colour": list(colour)} for name, colour in self.classes],
            "coding": self.coding.to_json() if self.coding is not None else None,
            "run": str(self.run) if self.run is not None else None,
            "split": self.split,
            "images": [_absolute(_to_json(image), str(folder)) for image in self.images],
        }


def write(folder: Path, index: OverlayIndex) -> Path:
    """Write (or replace) the index of a folder, which is made where it is not there; its path. Raises StudioError where that fails."""
    folder = absolute(folder)
    document = index.document(folder)
    inside = os.path.join(folder, "")  # noqa: PTH118 - with its last slash
    for image in document["images"]:
        for key in _FILES:
            if image[key] is not None and image[key].startswith(inside):
                image[key] = image[key][len(inside) :].replace(os.sep, "/")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    path = folder / NAME
    write_atomic(path, lambda file: file.write(events.dumps(document).encode("utf-8", "surrogateescape")))
    return path


def read(folder: Path) -> dict[str, Any]:
    """The document of a folder's index: as in the file, with absolute paths.

    Raises InputError where there is none, where it is damaged, or of a newer version.
    """
    folder = absolute(folder)
    path = folder / NAME
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"There is no {NAME} in {folder}", "it says which mask belongs to which picture", "Choose another folder"
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read", error.strerror or str(error), "Check its permissions") from None
    except ValueError:
        raise _damaged(path) from None
    version = said.get("version") if isinstance(said, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise InputError(f"{path} was written by a newer version of this program", "", "Update the program, or make the masks again")
    try:
        return _checked(said, str(folder))
    except (KeyError, TypeError, ValueError, AttributeError, InputError):
        raise _damaged(path) from None


def is_index(folder: Path) -> bool:
    """Whether a folder has an index.json that is one of masks (other programs use that name too). Reads its first bytes only."""
    try:
        with (folder / NAME).open("rb") as file:
            return _HEAD.match(file.read(64)) is not None
    except OSError:
        return False


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is damaged", "it does not say which mask belongs to which picture", "Make the masks again")


def _to_json(image: OverlayImage) -> dict[str, Any]:
    said = {name: getattr(image, name) for name in _NAMES}
    said.update({key: str(said[key]) if said[key] is not None else None for key in _FILES})
    return {**said, "per_class": list(image.per_class), "shares": list(image.shares)}


_NAMES = tuple(field.name for field in dataclasses.fields(OverlayImage))


def _absolute(image: dict[str, Any], folder: str) -> dict[str, Any]:
    """There may be a hundred thousand of them: strings, as paths take five times as long."""
    for key in _FILES:
        if image[key] is not None:
            image[key] = os.path.normpath(os.path.join(folder, image[key]))  # noqa: PTH118
    return image


def _checked(said: Any, folder: str) -> dict[str, Any]:
    """The document that JSON tells. Raises KeyError, TypeError, ValueError, AttributeError or InputError where it tells none."""
    classes = []
    for one in said["classes"]:
        red, green, blue = one["colour"]
        classes.append({"name": str(one["name"]), "colour": [int(red), int(green), int(blue)]})
    coding = said.get("coding")
    return {
        "version": VERSION,
        "classes": classes,
        "coding": Coding.from_json(coding).to_json() if coding is not None else None,
        "run": _text(said.get("run")),
        "split": _text(said.get("split")),
        "images": [_absolute(_image(image, len(classes)), folder) for image in said["images"]],
    }


def _image(said: Any, n_classes: int) -> dict[str, Any]:
    image: dict[str, Any] = {key: _text(said.get(key)) for key in (*_FILES, "split")}
    if image["path"] is None:
        raise ValueError("an image without a path")
    per_class, shares = said.get("per_class") or [], said.get("shares") or []
    if len(per_class) not in (0, n_classes) or len(shares) not in (0, n_classes):
        raise ValueError("not one figure a class")
    image |= {key: _figure(said.get(key)) for key in ("iou", "pixel_accuracy")}
    return {**image, "per_class": [_figure(value) for value in per_class], "shares": [_figure(value) or 0.0 for value in shares]}


def _text(value: Any) -> str | None:
    if not isinstance(value, str | None):
        raise TypeError("a name is no text")
    return value or None


def _figure(value: Any) -> float | None:
    """Other programs' JSON may hold NaN, by which nothing can be sorted: it is no figure."""
    return None if value is None or not math.isfinite(value) else float(value)
