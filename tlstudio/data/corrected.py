"""Where the corrected one of a mask lies: beside it, so that the original stays as it is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from tlstudio import places
from tlstudio.data.layouts.pairs import CORRECTED, corrected_name


def place(mask: Path, picture: Path) -> Path:
    """STEM.corrected.png beside the mask, or beside the picture where the mask was drawn from outlines (and lies in the cache).

    That of a corrected mask is itself.
    """
    beside = picture if mask.is_relative_to(places.cache()) else mask
    return beside if beside.name.endswith(CORRECTED) else beside.with_name(corrected_name(beside.name))


def existing(folders: Iterable[Path]) -> set[Path]:
    """The corrected masks in those folders, each listed once."""
    found: set[Path] = set()
    for folder in set(folders):
        try:
            found.update(Path(entry.path) for entry in os.scandir(folder) if entry.name.endswith(CORRECTED))
        except OSError:
            continue
    return found
