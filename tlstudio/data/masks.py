"""Masks: which class each pixel of a picture belongs to, and how files say so. Needs no torch.

Inside the program a mask is always an array of labels, (H, W) uint8: the index of the class, or IGNORE where nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.data import mask_files
from tlstudio.data.images import ImageProblem
from tlstudio.data.mask_files import RawMask
from tlstudio.errors import InputError
from tlstudio.recipe import MAX_PIXELS
from tlstudio.runs import write_atomic

IGNORE = 255
"""The label of a pixel that counts for nothing."""

MAX_CLASSES = 254
"""Labels are bytes: one of them is IGNORE, and one is left for values that are no class."""

Labels = NDArray[np.uint8]
"""(H, W): the index of each pixel's class, or IGNORE."""

Value = int | tuple[int, int, int]
"""What a file writes for a class: a number (index, palette and grey masks), or a colour (RGB-coded masks)."""

NO_VALUE = -1
"""The value of a class that the files of a data set do not have, where masks are read by the classes of a model that knows it."""

_UNKNOWN = 254
_IGNORED_COLOUR = (255, 255, 255)  # of IGNORE in the palettes of files that are written here


@dataclass(frozen=True, slots=True)
class MaskClass:
    """name: as the user knows it. value: what a pixel of it is in the files. colour: red, green, blue 0..255, as the data has it.

    also: further values that are read as this class, as where objects are numbered; `value` is written.
    """

    name: str
    value: Value
    colour: tuple[int, int, int]
    also: tuple[int, ...] = ()

    def values(self) -> tuple[Value, ...]:
        """All that are read as this class."""
        return (self.value, *self.also)

    def to_json(self) -> dict[str, Any]:
        said = {"name": self.name, "value": self.value, "colour": list(self.colour)}
        return said | {"also": list(self.also)} if self.also else said


@dataclass(frozen=True, slots=True)
class Coding:
    """How the mask files of a data set code classes; label i is classes[i].

    kind: what the files hold, indices or grey values ("index": also palette masks, whose indices count, not their colours), or colours.
    ignore: values that are left out; colours in RGB-coded masks that no class has are a problem of the file.
    """

    kind: Literal["index", "rgb"]
    classes: tuple[MaskClass, ...]
    ignore: tuple[Value, ...] = ()

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.classes]

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "classes": [one.to_json() for one in self.classes], "ignore": list(self.ignore)}

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Coding:
        classes = [
            MaskClass(one["name"], _value(one["value"]), _colour(one["colour"]), tuple(map(int, one.get("also", ()))))
            for one in said["classes"]
        ]
        return cls(said["kind"], tuple(classes), tuple(_value(value) for value in said["ignore"]))


def own(names: Sequence[str], colours: Sequence[Sequence[int]]) -> Coding:
    """The coding of masks that the program itself writes (`write`): the value is the index of the class, 255 is ignored."""
    pairs = zip(names, colours, strict=True)
    return Coding("index", tuple(MaskClass(name, i, _colour(colour)) for i, (name, colour) in enumerate(pairs)), (IGNORE,))


def read(path: Path, coding: Coding, *, max_pixels: int = MAX_PIXELS) -> Labels:
    """The labels (H, W) of a mask file, upright, in the size of the file.

    Raises ImageProblem: unreadable, truncated, empty_file, not_image or bomb as pictures; lossy_mask for a JPEG that is not black and
    white; mask_value for a value or colour that is neither a class nor ignored.
    """
    raw = mask_files.decode(path, max_pixels)
    if raw.lossy and not raw.mended:
        raise ImageProblem("lossy_mask", path, "The mask is saved as JPEG, which blurs the borders of classes", "Save it as PNG")
    return labels_of(raw, coding, path)


def labels_of(raw: RawMask, coding: Coding, path: Path) -> Labels:
    """The labels (H, W) of what a file holds; path is for messages. Raises ImageProblem (mask_value)."""
    if coding.kind == "rgb":
        held = mask_files.packed(raw.colours())
        table = np.full(1 << 24, _UNKNOWN, np.uint8)
    else:
        numbers = raw.numbers()
        if numbers is None:
            raise ImageProblem("mask_value", path, "The mask is coloured, while the others hold numbers", "Save it as the others")
        held = numbers
        table = np.full(1 << 8 if held.dtype == np.uint8 else 1 << 16, _UNKNOWN, np.uint8)
        if held.dtype not in (np.uint8, np.uint16):
            outside = (held < 0) | (held >= len(table))
            if outside.any():
                raise _no_class(coding, path, int(held[outside][0]))
    for value in coding.ignore:
        _put(table, value, IGNORE)
    for label, one in enumerate(coding.classes):
        for value in one.values():
            _put(table, value, label)
    labels: Labels = table[held]
    unknown = labels == _UNKNOWN
    if unknown.any():
        raise _no_class(coding, path, int(held[unknown][0]))
    return labels


def encode(labels: Labels, coding: Coding) -> NDArray[Any]:
    """Labels as the files of the data set have them: (H, W) uint8 (uint16 where values need it), or (H, W, 3) uint8 colours.

    Raises InputError where labels say IGNORE, or a class, and the coding has no value for it.
    """
    ignored = next(iter(coding.ignore), None)
    if ignored is None and (labels == IGNORE).any():
        raise InputError("The masks of this data set have no value for pixels that are left out", "", "Give every pixel a class")
    values = [one.value for one in coding.classes]
    for label in (label for label, value in enumerate(values) if value == NO_VALUE):
        if (labels == label).any():
            what = f"The masks of this data set have no value for the class '{coding.names[label]}'"
            raise InputError(what, "", "Paint it as one of the others")
    wide = any(isinstance(value, int) and value > 255 for value in values)
    shape = (256, 3) if coding.kind == "rgb" else (256,)
    table = np.zeros(shape, np.uint16 if wide else np.uint8)
    for label, value in enumerate(values):
        table[label] = 0 if value == NO_VALUE else value
    if ignored is not None:
        table[IGNORE] = ignored
    coded: NDArray[Any] = table[labels]
    return coded


def write(path: Path, labels: Labels, coding: Coding) -> None:
    """An 8-bit palette PNG whose pixels are labels (as `own` reads them), with the colours of the classes. Atomic.

    Raises StudioError where it cannot be written.
    """
    _save_indexed(path, labels, {label: one.colour for label, one in enumerate(coding.classes)} | {IGNORE: _IGNORED_COLOUR})


def write_coded(path: Path, labels: Labels, coding: Coding, like: Path | None = None) -> None:
    """A PNG in the coding of the data set, so that it can take the place of one of its files. Atomic.

    like: one of these, whose palette is taken, or that has none: files that differ in it would be told apart by a scan.
    Raises InputError as `encode`, StudioError where it cannot be written.
    """
    coded = encode(labels, coding)
    if like is not None or coded.dtype != np.uint8 or coded.ndim != 2:
        image = Image.fromarray(coded)
        palette = mask_files.palette(like) if like is not None and image.mode == "L" else None
        if palette is not None:
            image.putpalette(palette.ljust(768, b"\0"))  # all of it, or Pillow would pack the pixels into fewer bits
        write_atomic(path, lambda file: image.save(file, "PNG"))
        return
    colours = {one.value: one.colour for one in coding.classes if isinstance(one.value, int)}
    ignored = {value: _IGNORED_COLOUR for value in coding.ignore if isinstance(value, int)}
    _save_indexed(path, coded, ignored | colours)


def _save_indexed(path: Path, values: NDArray[np.uint8], colours: dict[int, tuple[int, int, int]]) -> None:
    palette = bytearray(768)  # all of it, or Pillow would pack the pixels into fewer bits
    for value, colour in colours.items():
        if 0 <= value <= 255:
            palette[3 * value : 3 * value + 3] = bytes(colour)
    image = Image.fromarray(values)
    image.putpalette(bytes(palette))
    write_atomic(path, lambda file: image.save(file, "PNG"))


def _put(table: Labels, value: Value, label: int) -> None:
    place = mask_files.packed_one(value)
    if 0 <= place < len(table):
        table[place] = label


def _no_class(coding: Coding, path: Path, value: int) -> ImageProblem:
    said = f"the value {value}" if coding.kind == "index" else "the colour {}, {}, {}".format(*mask_files.unpacked(value))
    return ImageProblem("mask_value", path, f"The mask holds {said}, which is none of the {len(coding.classes)} classes")


def _value(said: Any) -> Value:
    return _colour(said) if isinstance(said, list | tuple) else int(said)


def _colour(said: Any) -> tuple[int, int, int]:
    red, green, blue = said
    return int(red), int(green), int(blue)
