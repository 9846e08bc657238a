"""A folder of predicted masks: what lies where in it, what of an earlier job can stay, and the index that says so."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.data import masks, overlay_index
from tlstudio.data.masks import Labels
from tlstudio.data.overlay_index import OverlayImage, OverlayIndex
from tlstudio.errors import InputError, StudioError
from tlstudio.evaluation.evaluate_masks import write_grey
from tlstudio.evaluation.picture_files import HOW, PictureFile, picture_files
from tlstudio.evaluation.trained import Trained
from tlstudio.events import dumps
from tlstudio.runs import absolute, cannot_write, write_atomic
from tlstudio.training.kept_masks import shares

Judged = tuple[Labels, NDArray[np.uint8], NDArray[np.uint8]]
"""Labels, confidence and entropy, (h0, w0) uint8 each, see `Geometry.judged`."""

_BESIDE = ("confidence", "entropy")
_EVERY = 5.0  # seconds between two writings of the index: of many pictures it is large


@dataclass(frozen=True, slots=True)
class MaskFiles:
    """A picture and what is written of it."""

    picture: Path
    mask: Path
    confidence: Path
    entropy: Path


class MaskFolder:
    """Masks lie as the pictures lie in the folder that was named: sub/a.jpg gives sub/a.png, confidence/sub/a.png, entropy/sub/a.png.

    Pictures that would get the same name get a few digits more. mask: PNG of class indices with the colours of the classes, 255 for
    nothing; confidence and entropy: 8-bit grey PNG. index.json: see `overlay_index`. predicted.json: how they were made.
    files: every picture that is named, in order.
    """

    def __init__(self, model: Trained, paths: list[str], out: str | None, *, flips: bool, tile: int) -> None:
        """Raises InputError as `picture_files`, and where a mask would take the place of another file."""
        assert model.coding is not None
        self._model, self._coding = model, model.coding
        self._how = {"run": str(model.run.path), "weights": model.run.best.stat().st_mtime_ns, "flips": flips, "tile": tile}
        self.path = absolute(out) if out else _default(model, paths, self._how)
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"Masks cannot be written into {self.path}", "it is a file", "Name a folder for them")
        ours = overlay_index.is_index(self.path) and (self.path / HOW).is_file()
        found = picture_files(paths, outside=self.path if ours else None)
        self.files = _named(found, self.path)
        self._refuse_to_overwrite(ours)
        self._known = self._earlier() if ours else {}
        self._lock = threading.Lock()
        self._written = time.monotonic()

    def kept(self, files: MaskFiles) -> dict[str, Any] | None:
        """The entry of a picture whose masks are there already, made in the same way and not older than the picture."""
        known = self._known.get(files.picture)
        try:
            if known is None or known.prediction != files.mask or files.mask.stat().st_mtime_ns < files.picture.stat().st_mtime_ns:
                return None
            if not (files.confidence.is_file() and files.entropy.is_file()):
                return None
        except OSError:
            return None
        return self._entry(files, list(known.shares))

    def told(self, files: MaskFiles, judged: Judged) -> dict[str, Any]:
        """The entry of a picture: {path, mask, confidence, entropy, classes: {name: share}}."""
        return self._entry(files, shares(judged[0], len(self._model.classes)))

    def take(self, files: MaskFiles, judged: Judged, of_classes: list[float]) -> None:
        """Write what was judged, and now and then the index. of_classes: share of each. Raises StudioError where that fails."""
        labels, confidence, entropy = judged
        for path in (files.mask, files.confidence, files.entropy):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise cannot_write(path.parent, error) from None
        write_grey(files.confidence, confidence)
        write_grey(files.entropy, entropy)
        masks.write(files.mask, labels, self._coding)
        with self._lock:
            self._known[files.picture] = OverlayImage(files.picture, files.mask, None, files.confidence, files.entropy, shares=of_classes)
            if time.monotonic() >= self._written + _EVERY:
                self._write_index()

    @contextmanager
    def kept_up(self) -> Iterator[None]:
        """While it lasts, masks are made; when it ends, also in failure, the index names all that are there."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.path, error) from None
        self._write_index()
        write_atomic(self.path / HOW, lambda file: file.write(dumps(self._how).encode()))
        try:
            yield
        except BaseException:
            with suppress(StudioError):
                self._write_index()
            raise
        self._write_index()

    def _entry(self, files: MaskFiles, of_classes: list[float]) -> dict[str, Any]:
        beside = {"mask": str(files.mask), "confidence": str(files.confidence), "entropy": str(files.entropy)}
        return {"path": str(files.picture), **beside, "classes": dict(zip(self._model.classes, of_classes, strict=True))}

    def _write_index(self) -> None:
        classes = [(one.name, one.colour) for one in self._coding.classes]
        asked = [files.picture for files in self.files if files.picture in self._known]
        images = [self._known[picture] for picture in dict.fromkeys([*asked, *self._known])]
        overlay_index.write(self.path, OverlayIndex(classes, images, None, self._model.run.path, None))
        self._written = time.monotonic()

    def _earlier(self) -> dict[Path, OverlayImage]:
        """What the index names, where it was made in the same way."""
        try:
            how = json.loads((self.path / HOW).read_text(encoding="utf-8"))
            said = overlay_index.read(self.path) if how == self._how else {"images": []}
        except (OSError, ValueError, InputError):
            return {}
        keys = ("path", "prediction", "confidence", "entropy")
        known = [(*(Path(image[key] or "") for key in keys), image["shares"]) for image in said["images"]]
        return {
            path: OverlayImage(path, mask, None, confidence, entropy, shares=of_classes)
            for path, mask, confidence, entropy, of_classes in known
            if mask.is_file() and len(of_classes) == len(self._model.classes)
        }

    def _refuse_to_overwrite(self, ours: bool) -> None:
        pictures = {files.picture for files in self.files}
        for files in self.files:
            for path in (files.mask, files.confidence, files.entropy):
                if path in pictures or (not ours and path.exists()):
                    raise InputError(
                        f"The masks would take the place of {path}", f"{self.path} holds files of the same names", "Name another folder"
                    )


def _default(model: Trained, paths: list[str], how: dict[str, Any]) -> Path:
    """A folder in the run's predictions, the same one whenever the same is asked."""
    asked = dumps([sorted(str(absolute(path)) for path in paths), how["flips"], how["tile"]])
    digits = hashlib.blake2b(asked.encode("utf-8", "surrogateescape"), digest_size=2).hexdigest()
    return model.run.path / "predictions" / f"{absolute(paths[0]).stem if paths else 'none'}-{digits}"


def _named(found: list[PictureFile], folder: Path) -> list[MaskFiles]:
    places = [one.within.with_suffix(".png") for one in found]
    names = Counter(str(place).casefold() for place in places)  # some file systems do not tell A from a
    out = []
    for one, place in zip(found, places, strict=True):
        beside = len(place.parts) > 1 and place.parts[0].casefold() in _BESIDE
        if beside or names[str(place).casefold()] > 1:
            digits = hashlib.blake2b(str(one.path).encode("utf-8", "surrogateescape"), digest_size=3).hexdigest()
            place = (Path() if beside else place.parent) / f"{place.stem}-{digits}.png"
        out.append(MaskFiles(one.path, folder / place, *(folder / name / place for name in _BESIDE)))
    return out
