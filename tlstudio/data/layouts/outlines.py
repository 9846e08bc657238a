"""What files of outlines have in common: pictures to find, classes to number, JSON to read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from tlstudio.data import table
from tlstudio.data.layouts.mask_layout import MaskLayout, Named, Pair
from tlstudio.data.layouts.pairs import corrected_name
from tlstudio.data.listing import Folder
from tlstudio.data.masks import IGNORE, MAX_CLASSES
from tlstudio.data.report import Problem
from tlstudio.errors import InputError

BACKGROUND = "background"


def documents(tree: Folder) -> Iterator[str]:
    """Every JSON file in the tree, those that are probably meant first."""
    paths = [path for path in tree.paths() if path.casefold().endswith(".json")]
    yield from sorted(paths, key=lambda path: ("instances" not in PurePosixPath(path).name, path))


def read(path: Path) -> Any:
    """What a JSON file says; None where it cannot be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def is_background(name: str) -> bool:
    return name.strip("_").casefold() == BACKGROUND


def number(layout: MaskLayout, names: Iterable[str]) -> dict[str, int]:
    """The label of each class: what no outline covers is 0, the others follow in their order. Names them in the layout."""
    label_of = {name: 0 for name in names if is_background(name)}
    others = [name for name in dict.fromkeys(names) if name not in label_of]
    if len(others) + 1 > MAX_CLASSES:
        why = f"there can be {MAX_CLASSES - 1}"
        raise InputError(f"The outlines in {layout.root} are of {len(others):,} classes", why, "Keep those that are meant")
    label_of |= {name: label for label, name in enumerate(others, start=1)}
    layout.named = [Named(BACKGROUND, 0), *(Named(name, label) for name, label in label_of.items() if label)]
    layout.ignore = (IGNORE,)
    return label_of


class Pictures:
    """The pictures below a folder, to be found by what a file of outlines calls them; each is used once."""

    def __init__(self, layout: MaskLayout, tree: Folder) -> None:
        self._layout = layout
        self._paths = set(tree.paths())
        self._files = table.Files(layout.root, self._paths)
        self.used: set[str] = set()

    def find(self, called: str, beside: str) -> str | None:
        """The relative path of a picture. beside: the file that calls it so, next to which it is sought first."""
        called = called.replace("\\", "/")
        near = f"{PurePosixPath(beside).parent}/{called}".removeprefix("./")
        return near if near in self._paths else self._files.find(called)

    def add(self, pair: Pair) -> None:
        """Put a pair into the layout, with the corrected mask beside the picture if there is one."""
        self.used.add(pair.image)
        better = corrected_name(pair.image)
        corrected = better in self._paths
        self._layout.pairs.append(Pair(pair.image, better, pair.split, corrected=True) if corrected else pair)

    def left(self) -> list[str]:
        """Pictures that nothing named, corrected masks aside."""
        known = self.used | {corrected_name(path) for path in self.used}
        return [path for path in self._files.images() if path not in known]

    def missing(self, called: str, by: str) -> None:
        said = f"{PurePosixPath(by).name} names this picture, which is not there (or there are several of that name); it is left out."
        place = str(PurePosixPath(by).parent / called.replace("\\", "/"))
        self._layout.problems.append(Problem("missing_file", self._layout.absolute(place), said, "bad"))
