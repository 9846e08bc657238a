"""What files of outlines have in common: pictures to find, classes to number, JSON to read."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tlstudio.data import table
from tlstudio.data.layouts.mask_layout import MaskLayout, Named, Pair
from tlstudio.data.layouts.pairs import corrected_name
from tlstudio.data.layouts.path_words import place
from tlstudio.data.listing import Folder
from tlstudio.data.masks import IGNORE, MAX_CLASSES
from tlstudio.data.report import Problem
from tlstudio.errors import InputError

BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that was meant to hold outlines, but cannot be used.

    path: relative to the root. form: whose files they are. why: a clause. do: what mends it.
    perhaps: only its name and place say so; it is not worth a word where there is something else to learn from.
    """

    path: str
    form: str
    why: str
    do: str = "Save it again, or fetch it anew"
    perhaps: bool = False

    def problem(self, root: Path) -> Problem:
        said = f"This {self.form} file cannot be used: {self.why}; what it says is left out. {self.do}."
        return Problem("broken_outlines", str(root / self.path), said, "bad")


def unusable(root: Path, broken: list[Broken]) -> InputError:
    """For a folder in which there would be masks but for those files."""
    first = min(broken, key=lambda one: one.perhaps)
    more = f" (one of {len(broken):,})" if len(broken) > 1 else ""
    why = f"the {first.form} file {first.path}{more} cannot be used: {first.why}"
    do = f"{first.do}. To learn classes of whole pictures instead, set data.task to 'classification'"
    return InputError(f"The outlines of the pictures in {root} cannot be read", why, do)


def documents(tree: Folder) -> Iterator[str]:
    """Every JSON file in the tree, those that are probably meant first."""
    paths = [path for path in tree.paths() if path.casefold().endswith(".json")]
    yield from sorted(paths, key=lambda path: ("instances" not in PurePosixPath(path).name, path))


def read(path: Path) -> tuple[Any, str]:
    """What a JSON file says, and "": or None, and as a clause why it cannot be read."""
    try:
        raw = path.read_bytes()
        if not raw.strip():
            return None, "it is empty"
        return json.loads(raw), ""
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string"):
            return None, f"it is cut short, it ends in the middle of line {error.doc.count(chr(10)) + 1:,}"
        return None, f"it is damaged, line {error.lineno:,} is no JSON from character {error.colno:,} on"
    except UnicodeDecodeError:
        return None, "it is damaged, it is no text"
    except RecursionError:
        return None, "it is damaged, its brackets go too deep"
    except (OSError, ValueError) as error:
        return None, f"it cannot be read ({getattr(error, 'strerror', None) or error})"


def named(said: Any) -> str | None:
    """The name of a class as a file of outlines gives it; None for an empty one and for what is no name."""
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return None
    return str(said) if str(said).strip() else None


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

    def find(self, called: str, beside: str, split: str | None = None) -> str | None:
        """The relative path of a picture. beside: the file that calls it so, next to which it is sought first.

        split: that of this file, by which pictures of one name in the folders of several splits are told apart.
        """
        called = called.replace("\\", "/")
        near = posixpath.normpath(f"{PurePosixPath(beside).parent}/{called}")
        if near in self._paths:
            return near
        meant = self._files.meant(called)
        if len(meant) > 1 and split is not None:
            meant = [path for path in meant if place(posixpath.dirname(path)).split == split]
        return meant[0] if len(meant) == 1 else None

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
