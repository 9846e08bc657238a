"""What the files of an export are called: as the pictures, with as many folders as tell pictures of one name apart."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path


def sources(pictures: Sequence[Path]) -> list[str]:
    """The pictures relative to the folder that holds them all, with forward slashes; whole paths without drive where none does."""
    try:
        common = os.path.commonpath([picture.parent for picture in pictures]) if pictures else ""
    except ValueError:  # on several drives
        return ["/".join([re.sub(r"\W+", "", picture.drive), *picture.parts[1:]]) for picture in pictures]
    return [picture.relative_to(common).as_posix() for picture in pictures]


def names(sources: Sequence[str]) -> list[str]:
    """A name for each: without its suffix; with it where two would be the same, on disks that do not tell case apart either."""
    bare = [str(Path(source).with_suffix("").as_posix()) for source in sources]
    often = Counter(name.casefold() for name in bare)
    out: list[str] = []
    taken: set[str] = set()
    for source, name in zip(sources, bare, strict=True):
        wanted = name if often[name.casefold()] == 1 else source
        n, unique = 1, wanted
        while unique.casefold() in taken:
            n += 1
            unique = f"{wanted}-{n}"
        taken.add(unique.casefold())
        out.append(unique)
    return out


def folders(classes: Sequence[str]) -> list[str]:
    """A folder name for each class, fit for every file system, no two alike."""
    out: list[str] = []
    for label, name in enumerate(classes):
        plain = re.sub(r'[\x00-\x1f<>:"/\\|?*]+', "_", name).strip(" .")[:80] or f"class_{label}"
        if plain.casefold() in {other.casefold() for other in out}:
            plain = f"{plain}_{label}"
        out.append(plain)
    return out
