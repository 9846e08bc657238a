"""The photos of a bench: any folder with train/ and val/ of two or more classes; or one folder a class, of which a fifth is put aside."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
_SPELLINGS = {"train": ("train", "training"), "val": ("val", "valid", "validation", "test")}


class NoPhotos(Exception):
    """A sentence on what the folder lacks."""


@dataclass(frozen=True)
class Photos:
    """folder: holds train/CLASS and val/CLASS."""

    folder: Path
    classes: tuple[str, ...]
    train: int
    val: int

    def to_json(self) -> dict[str, object]:
        return {"classes": list(self.classes), "train": self.train, "val": self.val, "digest": digest(self.folder)}


def prepare(source: Path, into: Path, *, times: int = 1, few: int = 0) -> Photos:
    """The photos of `source`, copied below `into`. times: so many of each, with other bytes (what a decoder ignores is appended).
    few: so many a class for training, and half as many for validation; 0: all. Raises NoPhotos."""
    found = _found(source)
    if into.exists():
        shutil.rmtree(into)
    counts = {"train": 0, "val": 0}
    for split, classes in found.items():
        for name, files in classes.items():
            (into / split / name).mkdir(parents=True)
            for file in files[: (few if split == "train" else max(1, few // 2)) if few else None]:
                for copy in range(times):
                    counts[split] += 1
                    _put(file, into / split / name / (file.name if copy == 0 else f"{file.stem}-{copy}{file.suffix}"), copy)
    return Photos(into, tuple(sorted(found["train"])), counts["train"], counts["val"])


def _found(source: Path) -> dict[str, dict[str, list[Path]]]:
    splits: dict[str, dict[str, list[Path]]] = {}
    for split, spellings in _SPELLINGS.items():
        folder = next((source / word for word in spellings if (source / word).is_dir()), None)
        if folder is not None:
            splits[split] = _classes(folder)
    if "train" not in splits:
        classes = _classes(source)
        splits = {"train": {name: files[: -len(files) // 5 or None] for name, files in classes.items()}}
        splits["val"] = {name: files[len(splits["train"][name]) :] for name, files in classes.items()}
    if "val" not in splits or set(splits["val"]) != set(splits["train"]) or len(splits["train"]) < 2:
        raise NoPhotos(f"{source} needs train/ and val/ with the same two or more classes, or two or more folders of photos")
    return splits


def _classes(folder: Path) -> dict[str, list[Path]]:
    """Files by class, in an order that follows from their names' hashes, so that the first few are any few."""
    out = {}
    for of_class in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = [path for path in of_class.iterdir() if path.suffix.lower() in SUFFIXES]
        if files:
            out[of_class.name] = sorted(files, key=lambda path: hashlib.md5(path.name.encode(), usedforsecurity=False).digest())
    return out


def _put(file: Path, to: Path, copy: int) -> None:
    if copy == 0:
        shutil.copyfile(file, to)
        return
    to.write_bytes(file.read_bytes() + f"copy {copy}".encode())


def digest(folder: Path) -> str:
    """Of names and sizes: whether two tables saw the same photos."""
    names = sorted(f"{path.relative_to(folder)} {path.stat().st_size}" for path in folder.rglob("*") if path.is_file())
    return hashlib.blake2b("\n".join(names).encode(), digest_size=8).hexdigest()
