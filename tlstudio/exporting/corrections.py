"""Masks that were corrected by hand: written beside the original, or added to a data set. Nothing that is there is ever written over."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from tlstudio.control import Control, Tell, silent
from tlstudio.data import corrected, masks
from tlstudio.data.images import load_rgb
from tlstudio.data.layouts.layout import split_word
from tlstudio.data.layouts.pairs import CORRECTED
from tlstudio.data.masks import IGNORE, Coding, Labels
from tlstudio.data.report import DatasetReport, Item
from tlstudio.data.scan import scan
from tlstudio.errors import InputError
from tlstudio.recipe import Data
from tlstudio.runs import absolute, write_atomic

_CITYSCAPES = "_leftImg8bit"
LARGEST = 250_000_000  # pixels of a picture: what is corrected was looked at before


def correct(picture: str, labels: str, coding: Mapping[str, Any], beside: str = "") -> dict[str, Any]:
    """Write a corrected mask as STEM.corrected.png beside the file that it corrects, which a scan then takes instead: {mask}.

    labels: index PNG of our own coding, by the classes of `coding`, which is that of the file to be corrected. beside: that file, or ""
    where there is none: then the picture. A mask that was drawn from outlines has its corrected one beside the picture, too.
    Raises InputError for what cannot be read, StudioError where the folder cannot be written.
    """
    meant = Coding.from_json(dict(coding))
    painted = _labels(labels, meant.names)
    _same_size(absolute(picture), painted)
    path = corrected.place(absolute(beside or picture), absolute(picture))
    masks.write_coded(path, painted, meant, absolute(beside) if beside else None)
    return {"mask": str(path)}


def add(
    picture: str,
    labels: str,
    coding: Mapping[str, Any],
    data: Data,
    split: str = "train",
    *,
    tell: Tell = silent,
    control: Control | None = None,
) -> dict[str, Any]:
    """Copy a picture and its mask into a data set: {picture, mask, split, known}. By its layout it gets the names, and stands in the lists.

    labels, coding: as of `correct`, the classes are matched by name. data: which data set, and how it is read. split: where the data
    set has folders or lists for splits; else the picture goes with all the others. One that is in the set already (known) gets a
    corrected mask instead. Raises InputError for a data set that is an archive or whose masks are outlines, for classes that it does
    not have and for a split without pictures, StudioError where it cannot be written.
    """
    source, root = absolute(picture), absolute(data.path)
    report = scan(root, max_pixels=data.max_pixels, task="segmentation", data=data, tell=tell, control=control)
    assert report.coding is not None
    names = [str(one["name"]) for one in coding["classes"]]
    painted = _in_classes_of(report, _labels(labels, names), names)
    _same_size(source, painted)
    known = _known(report, source)
    if known is not None:
        in_set = report.root / known.path
        path = corrected.place(report.root / known.mask, in_set)
        masks.write_coded(path, painted, report.coding, report.root / known.mask)
        return {"picture": str(in_set), "mask": str(path), "split": known.split, "known": True}
    if why := _why_not(report, root):
        do = "Add the picture with the program that made the data set, or use a folder with images/ and masks/"
        raise InputError(f"Nothing can be added to {root}", why, do)
    return _added(report, source, painted, split)


def _labels(path: str, names: Sequence[str]) -> Labels:
    return masks.read(absolute(path), masks.own(names, [(0, 0, 0)] * len(names)), max_pixels=LARGEST)


def _same_size(picture: Path, labels: Labels) -> None:
    """The picture is decoded for it: its header does not tell which way it is turned."""
    image = load_rgb(picture, max_pixels=LARGEST)
    if image.size != labels.shape[::-1]:
        said = f"the picture is {image.width} x {image.height} pixels, the mask {labels.shape[1]} x {labels.shape[0]}"
        raise InputError(f"The mask does not fit {picture}", said, "Open the picture again")


def _in_classes_of(report: DatasetReport, labels: Labels, names: Sequence[str]) -> Labels:
    """The labels by the classes of the data set, matched by name. Raises InputError for one that it does not have."""
    table = np.full(256, IGNORE, np.uint8)
    for label in np.flatnonzero(np.bincount(labels.ravel(), minlength=256)).tolist():
        if label == IGNORE:
            continue
        if names[label] not in report.classes:
            why = f"it has {', '.join(report.classes[:8])}"
            raise InputError(f"The data set has no class '{names[label]}'", why, "Paint it as one of these, or choose another data set")
        table[label] = report.classes.index(names[label])
    out: Labels = table[labels]
    return out


def _known(report: DatasetReport, picture: Path) -> Item | None:
    """The picture in the data set that has the same bytes."""
    try:
        with picture.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise InputError(f"{picture} cannot be read", error.strerror or str(error), "Check its permissions") from None
    return next((item for item in report.items if item.digest == digest), None)


def _added(report: DatasetReport, picture: Path, labels: Labels, split: str) -> dict[str, Any]:
    assert report.coding is not None
    carved = report.split_source == "carved"
    items = [item for item in report.items if carved or item.split == split]
    if not items:
        there = sorted({item.split for item in report.items if item.split})
        raise InputError(f"The data set has no pictures in the split '{split}'", "", f"Take {' or '.join(there)}")
    of_pictures, of_masks = Counter((_parent(item.path), _parent(item.mask)) for item in items).most_common(1)[0][0]
    example = next(item for item in items if (_parent(item.path), _parent(item.mask)) == (of_pictures, of_masks))
    after_picture = _CITYSCAPES if report.layout == "cityscapes" else ""
    before, after = _affixes(example, after_picture)
    to, masks_to = report.root / of_pictures, report.root / of_masks
    taken = {path.stem.casefold() for folder in (to, masks_to) for path in folder.iterdir()}
    first = picture.stem.removesuffix(after_picture)
    stem, n = first, 1
    while f"{stem}{after_picture}".casefold() in taken or f"{before}{stem}{after}".casefold() in taken:
        n += 1
        stem = f"{first}-{n}"
    mask, copy = masks_to / f"{before}{stem}{after}.png", to / f"{stem}{after_picture}{picture.suffix}"
    if mask == copy:
        raise InputError(f"{picture.name} cannot be told from its mask there", "both would be one file", "Save the picture as JPEG first")
    lists = _lists(to.parent, None if carved else split) if report.layout == "voc" else []
    # the mask before the picture, which nobody then finds without its mask
    masks.write_coded(mask, labels, report.coding, report.root / example.mask)
    try:
        with picture.open("rb") as source:
            write_atomic(copy, lambda file: shutil.copyfileobj(source, file))
        for path in lists:
            text = path.read_bytes()
            text += b"\n" if text and not text.endswith(b"\n") else b""
            write_atomic(path, lambda file, text=text: file.write(text + f"{stem}\n".encode()))  # type: ignore[misc]
    except BaseException:
        mask.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
        raise
    return {"picture": str(copy), "mask": str(mask), "split": None if carved else split, "known": False}


def _why_not(report: DatasetReport, root: Path) -> str:
    """Why no picture can join that data set; "" where one can."""
    if not root.is_dir():
        return "it is an archive, which stays as it is"
    if report.layout in ("coco", "labelme"):
        return "its masks are outlines in JSON files of another program, and a painted mask is none"
    return "" if report.layout in ("pairs", "voc", "cityscapes") else f"it is laid out as {report.layout}"


def _lists(voc: Path, split: str | None) -> list[Path]:
    """The lists of names that a picture of that split has to stand in: its own, and those of no one split (trainval).

    split: None where the lists tell none; then all of them.
    """
    folder = next((path for path in voc.glob("*/*/") if path.as_posix().casefold().endswith("imagesets/segmentation")), None)
    lists = sorted(folder.glob("*.txt")) if folder is not None else []
    return [path for path in lists if split is None or split_word(path.stem) == split or (path.stem == "trainval" and split != "test")]


def _parent(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()


def _affixes(item: Item, after_picture: str = "") -> tuple[str, str]:
    """What stands before and after the picture's name in that of its mask; nothing where it is not in it.

    after_picture: what ends the picture's own name, and is not in that of the mask.
    """
    stem, mask = PurePosixPath(item.path).stem, PurePosixPath(item.mask.removesuffix(CORRECTED)).name
    if stem.casefold().endswith(after_picture.casefold()):
        stem = stem[: len(stem) - len(after_picture)]
    mask = mask if item.mask.endswith(CORRECTED) else PurePosixPath(mask).stem
    before, found, after = mask.partition(stem)
    return (before, after) if found else ("", "")
