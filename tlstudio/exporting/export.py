"""Masks written out for other programs, at the size of the original pictures."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from tlstudio.control import Control, Tell, silent
from tlstudio.data import masks
from tlstudio.data.images import load_rgb
from tlstudio.data.masks import Coding
from tlstudio.errors import InputError, StudioError
from tlstudio.events import Note, Progress
from tlstudio.exporting import kinds, naming
from tlstudio.exporting.format import Format, Masked
from tlstudio.exporting.ledger import Ledger
from tlstudio.exporting.look import Look
from tlstudio.runs import absolute, cannot_write

LARGEST = 250_000_000  # pixels of a picture: what is exported was looked at before
_WHICH = ("prediction", "truth", "corrected")


@dataclass
class Exported:
    """paths: the files written. left_out: pictures that could not be read, with the sentence."""

    paths: list[Path] = field(default_factory=list)
    left_out: list[tuple[Path, str]] = field(default_factory=list)


def formats() -> dict[str, Format]:
    """Every format of masks by its key."""
    return {key: importlib.import_module(f"tlstudio.exporting.{name}").FORMAT for key, name in kinds.MASKS.items()}


def export(
    document: Mapping[str, Any],
    key: str,
    out: str | Path,
    *,
    which: str = "prediction",
    look: Mapping[str, Any] | None = None,
    tell: Tell = silent,
    control: Control | None = None,
) -> Exported:
    """Write the masks of an overlay document (see data/overlay_index.py) in one format into a folder, which is made if need be.

    which: prediction, truth, or corrected: of predictions that were corrected by hand the corrected ones, of the others themselves;
    pictures without that mask are passed over. look: as `Look.from_json`.
    Files of an earlier export are replaced, any other is kept: InputError names it before anything is written. Raises InputError
    for an unknown format or where there is nothing to export, StudioError for a full disk or a read-only folder, Cancelled.
    """
    if key not in formats():
        raise InputError(f"There is no format '{key}' to export", "", f"Take one of {', '.join(formats())}")
    if which not in _WHICH:
        raise InputError(f"There are no masks called '{which}'", "", f"Take {', '.join(_WHICH[:-1])} or {_WHICH[-1]}")
    work = _Work(document, formats()[key], absolute(out), which, look, tell, control or Control())
    work.check()
    work.format.write(work)
    left_out = work.exported.left_out
    if len(left_out) == len(work.names):
        raise StudioError("Nothing was exported: no mask could be read", left_out[0][1], "Make the masks again")
    return work.exported


def _mask(image: Mapping[str, Any], which: str) -> str | None:
    """The file of that mask of a picture of the document."""
    mask: str | None = image.get("corrected") or image["prediction"] if which == "corrected" else image[which]
    return mask


class _Work:
    """The `format.Work` of a document."""

    def __init__(
        self,
        document: Mapping[str, Any],
        made: Format,
        folder: Path,
        which: str,
        look: Mapping[str, Any] | None,
        tell: Tell,
        control: Control,
    ) -> None:
        self.format, self._folder, self.exported = made, folder, Exported()
        self.look = Look.from_json(look, document["classes"])
        class_names = [one["name"] for one in document["classes"]]
        self.coding = masks.own(class_names, [one.colour for one in self.look.classes])
        self._coding = self.coding
        if which == "truth" and document["coding"] is not None:
            self._coding = Coding.from_json(document["coding"])
        masks_of = [(image["path"], _mask(image, which)) for image in document["images"]]
        found = [(Path(path), Path(mask)) for path, mask in masks_of if mask]
        if not found or not class_names:
            why = "the pictures have no masks of that kind" if document["images"] else "there are no pictures"
            raise InputError("There is nothing to export", why, "Predict masks first, or export the truth" if which != "truth" else "")
        self._pictures, self._masks = [picture for picture, _ in found], [mask for _, mask in found]
        self.sources = naming.sources(self._pictures)
        self.names = naming.names(self.sources)
        self._ledger = Ledger(folder)
        self._tell, self._control = tell, control

    def check(self) -> None:
        """Raises InputError for a file that would be lost."""
        self._ledger.check([*self.format.shared, *(file for name in self.names for file in self.format.files(name, self.coding.names))])

    def place(self, name: str) -> Path:
        path = self._folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(path.parent, error) from None
        return path

    def pictures(self) -> Iterator[Masked]:
        told = 0.0
        for i, (name, source, path, mask) in enumerate(zip(self.names, self.sources, self._pictures, self._masks, strict=True)):
            self._control.check()
            try:
                yield self._read(name, source, path, mask)
            except InputError as problem:
                self.exported.left_out.append((path, str(problem)))
                self._tell(Note(level="warn", message=f"Left out: {problem}"))
            if time.monotonic() - told >= 0.1 or i + 1 == len(self.names):
                told = time.monotonic()
                self._tell(Progress(phase="export", done=i + 1, total=len(self.names), overall=(i + 1) / len(self.names)))

    def _read(self, name: str, source: str, path: Path, mask: Path) -> Masked:
        labels = masks.read(mask, self._coding, max_pixels=LARGEST)
        image: Image.Image | None = None
        if self.format.images:
            image = load_rgb(path, max_pixels=LARGEST)
            if image.size != labels.shape[::-1]:
                said = f"the picture is {image.width} x {image.height} pixels, the mask {labels.shape[1]} x {labels.shape[0]}"
                raise InputError(f"{mask} does not fit {path}", said, "Make the mask again, at the size of the picture")
        return Masked(name, path, source, labels, image)

    def wrote(self, path: Path) -> None:
        self._ledger.wrote(path)
        self.exported.paths.append(path)


def run(
    document: Mapping[str, Any],
    key: str,
    out: str,
    *,
    paths: Sequence[str] = (),
    split: str = "",
    which: str = "",
    look: Mapping[str, Any] | None = None,
    tell: Tell = silent,
    control: Control | None = None,
) -> dict[str, Any]:
    """`export` as a job: {folder, files: how many were written, left_out: [{path, error}]}.

    paths, split: only these pictures. which: "" takes predictions where there are any, else the truth.
    """
    if split and document["split"] != split:
        document = {**document, "images": [image for image in document["images"] if image["split"] == split]}
        if not document["images"]:
            why = "only runs, and data sets that come split, have splits"
            raise InputError(f"There are no pictures of a split '{split}'", why, "Leave the split out")
    if paths:
        wanted = set(paths)
        document = {**document, "images": [image for image in document["images"] if image["path"] in wanted]}
    which = which or ("prediction" if any(image["prediction"] for image in document["images"]) else "truth")
    exported = export(document, key, out, which=which, look=look, tell=tell, control=control)
    left_out = [{"path": str(path), "error": error} for path, error in exported.left_out]
    return {"folder": str(absolute(out)), "files": len(exported.paths), "left_out": left_out}
