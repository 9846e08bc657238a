"""What lies in a folder: names only, nothing opened."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tlstudio.control import Control, Tell, silent
from tlstudio.data.report import Problem
from tlstudio.errors import InputError
from tlstudio.events import Progress

MAX_FILES = 2_000_000
IMAGE_SUFFIXES = frozenset(
    {
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".apng",
        ".gif",
        ".webp",
        ".bmp",
        ".dib",
        ".tif",
        ".tiff",
        ".jp2",
        ".j2k",
        ".avif",
        ".heic",
        ".heif",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
    }
)
# Left by file managers, cameras' and office programs, notebooks and version control; never meant as a class or a picture.
_STRAY_NAMES = frozenset({"__macosx", "__pycache__", "thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "lost+found"})


@dataclass(slots=True, eq=False)
class Folder:
    """A folder and what is below it. path: relative to the root of the listing, "" for the root itself. All lists are sorted by name."""

    path: str
    files: list[str] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def of_file(self, name: str) -> str:
        """The path of one of its files, relative to the root of the listing."""
        return f"{self.path}/{name}" if self.path else name

    def walk(self) -> Iterator[Folder]:
        """This folder and all below it, in the order of their names."""
        waiting = [self]
        while waiting:
            folder = waiting.pop()
            yield folder
            waiting += reversed(folder.folders)

    def paths(self) -> Iterator[str]:
        """Every file in it and below it."""
        for folder in self.walk():
            yield from (folder.of_file(name) for name in folder.files)

    def images(self) -> list[str]:
        """Names of the files directly in it that are called like images."""
        return [name for name in self.files if looks_like_image(name)]

    def has_images(self) -> bool:
        """Whether a file called like an image lies in it or anywhere below."""
        return any(looks_like_image(name) for folder in self.walk() for name in folder.files)


def looks_like_image(name: str) -> bool:
    return name[max(0, name.rfind(".")) :].lower() in IMAGE_SUFFIXES


def is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _STRAY_NAMES


def read(root: Path, tell: Tell = silent, control: Control | None = None) -> tuple[Folder, list[Problem]]:
    """The tree below root, and what in it is passed over: hidden things, folders without permission, links that lead nowhere or round.

    Raises InputError where root cannot be listed or holds more than MAX_FILES files.
    """
    top = Folder("")
    problems: list[Problem] = []
    seen: set[tuple[int, int]] = set()  # device and inode of each folder: links may lead back up
    waiting, links = [(top, top)], list[tuple[Folder, Folder]]()  # (folder, its parent)
    files, told = 0, time.monotonic()
    while waiting or links:
        if control is not None:
            control.check()
        folder, parent = waiting.pop() if waiting else links.pop(0)  # links last, so that a folder counts where it really lies
        try:
            state = (root / folder.path).stat()
            if state.st_ino and (state.st_dev, state.st_ino) in seen:
                parent.folders.remove(folder)
                said = "The folder was met before, by another way; it is left out here."
                problems.append(Problem("link", str(root / folder.path), said, "info"))
                continue
            seen.add((state.st_dev, state.st_ino))
            linked = _fill(root, folder, problems)
        except OSError as error:
            if folder is top:
                why = error.strerror or str(error)
                raise InputError(f"The folder {root} cannot be read", why, "Check its permissions, or choose another folder") from None
            said = f"The folder cannot be read ({error.strerror or error}); what is in it is left out."
            problems.append(Problem("unreadable", str(root / folder.path), said, "bad"))
            continue
        files += len(folder.files)
        if files > MAX_FILES:
            why = "this looks like a whole disk"
            raise InputError(f"{root} holds more than {MAX_FILES:,} files", why, "Choose the folder that holds the images")
        if time.monotonic() - told >= 0.1:
            told = time.monotonic()
            tell(Progress(phase="scan", done=0, total=0, unit="files"))
        for inner in folder.folders:
            (links if inner in linked else waiting).append((inner, folder))
    return top, problems


def _fill(root: Path, folder: Folder, problems: list[Problem]) -> set[Folder]:
    """Read one folder's entries into it; those of its folders that are links."""
    linked: set[Folder] = set()
    with os.scandir(root / folder.path) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            what = _kind(entry)
            if is_hidden(entry.name):
                what = what or "file"
                problems.append(Problem("hidden", entry.path, f"The {what} is hidden or made by another program; it is ignored.", "info"))
            elif what == "folder":
                inner = Folder(folder.of_file(entry.name))
                folder.folders.append(inner)
                if entry.is_symlink():
                    linked.add(inner)
            elif what == "file":
                folder.files.append(entry.name)
            else:
                said = "This is a link that leads nowhere, or no plain file; it is left out."
                problems.append(Problem("unreadable", entry.path, said, "bad"))
    return linked


def _kind(entry: os.DirEntry[str]) -> str:
    """folder, file, or "" for what is neither."""
    try:
        return "folder" if entry.is_dir() else "file" if entry.is_file() else ""
    except OSError:  # a link onto itself
        return ""
