"""What every layout tells: the files that may be pictures, each with its class and split."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tlstudio.data.report import Problem

_SPLITS = {
    word: split
    for split, words in {"train": "train training", "val": "val valid validation dev", "test": "test testing"}.items()
    for word in words.split()
}
ONE_A_CLASS = "Open a folder with one sub-folder for each class, or put a table (CSV) with the columns 'file' and 'label' beside the images"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be a picture of that class. path: relative to the layout's root. split: None where it is to be carved."""

    path: str
    label: str
    split: str | None


@dataclass(slots=True)
class Layout:
    """split_source: folders, table or carved. places: (class, split) -> its folder relative to root, also of an empty one.

    splits: the folders that are named like a split, relative to root, also empty ones, where that is how the images are laid out.
    """

    root: Path
    split_source: str = "carved"
    candidates: list[Candidate] = field(default_factory=list)
    places: dict[tuple[str, str | None], str] = field(default_factory=dict)
    splits: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def absolute(self, path: str) -> str:
        return str(self.root / path)


def split_word(word: str) -> str | None:
    """train, val or test for any of their spellings; None for another word."""
    return _SPLITS.get(word.strip().casefold())
