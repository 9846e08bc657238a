"""What an export format is, and what it is given to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image

from tlstudio.data.masks import Coding, Labels
from tlstudio.exporting.look import Look


@dataclass(frozen=True, eq=False)
class Masked:
    """One picture to export. name: what its files are called, with sub-folders, without suffix. labels: (H, W) uint8, 255 ignored.

    source: its name relative to the folder that holds all pictures of the export. image: RGB, upright, of the same size, for formats
    that ask for it.
    """

    name: str
    path: Path
    source: str
    labels: Labels
    image: Image.Image | None = None


class Work(Protocol):
    """What a format writes. coding: ours, by index, in the colours of the look."""

    coding: Coding
    look: Look

    def place(self, name: str) -> Path:
        """Where that file goes; the folders above it are made."""

    def pictures(self) -> Iterator[Masked]:
        """One after the other; progress is told and cancelling heeded between them. What cannot be read is left out, and told."""

    def wrote(self, path: Path) -> None:
        """To be called after each file: it is then known as one of an export, which the next export may replace."""


@dataclass(frozen=True)
class Format:
    """key: the word in commands; title, help: for the dialog. shared: files that all pictures have in common.

    files: names of the files of one picture, from its name and the names of the classes. images: whether pictures are needed, too.
    write: writes all of it into the folder of the work, with `runs.write_atomic`.
    """

    key: str
    title: str
    help: str
    write: Callable[[Work], None]
    files: Callable[[str, Sequence[str]], list[str]] = lambda name, classes: []
    shared: tuple[str, ...] = ()
    images: bool = False
