"""The pictures that a user names: files, and folders with all that is below them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tlstudio.data import overlay_index
from tlstudio.data.listing import looks_like_image
from tlstudio.errors import InputError
from tlstudio.runs import absolute


@dataclass(frozen=True, slots=True)
class PictureFile:
    """path: absolute. within: relative to the folder that was named, or the file's name alone."""

    path: Path
    within: Path


HOW = "predicted.json"  # in a folder of predicted masks
FRAMES = "frames.csv"  # beside it where they are of a video


def picture_files(paths: list[str], *, outside: Path | None = None) -> list[PictureFile]:
    """Every picture of those files and folders, each once, folders in the order of their names.

    outside: a folder whose files are left out where they are met below a folder, as those of earlier predictions are. Raises InputError
    for what is not there, and where there is no picture.
    """
    files: dict[Path, PictureFile] = {}
    for given in paths:
        path = absolute(given)
        if path.is_dir():
            there = sorted(path.rglob("*"))
            made = {p.parent for p in there if p.name == HOW and p.parent != path and _is_made(p.parent)} | {outside}
            below = [p for p in there if looks_like_image(p.name) and p.is_file()]
            found = [PictureFile(p, p.relative_to(path)) for p in below if made.isdisjoint(p.parents)]
        elif path.is_file():
            found = [PictureFile(path, Path(path.name))]
        elif path.exists():
            raise InputError(f"{path} is neither a file nor a folder", "", "Give picture files, or a folder that holds some")
        else:
            raise InputError(f"There is no file {path}", "", "Check the path")
        for one in found:
            files.setdefault(one.path, one)
    if not files:
        raise InputError("There is no picture to look at", "", "Give picture files, or a folder that holds some")
    return list(files.values())


def _is_made(folder: Path) -> bool:
    return overlay_index.is_index(folder) or (folder / FRAMES).is_file()
