"""Classes told by the names of the pictures' own files, as in cat.0.jpg and dog.0.jpg: where no folder and no table tells them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from tlstudio.data.layouts.layout import Candidate, Layout
from tlstudio.data.layouts.path_words import word
from tlstudio.data.listing import Folder
from tlstudio.data.report import Problem, counted

_FIRST = re.compile(r"(.*[^\W\d_])[\s._-]*\(?\d+\)?")  # cat.0, american_bulldog_12, cat (3)
_LAST = re.compile(r"\d+[\s._-]+([^\W\d_].*?)")  # 0_frog
_SHARE = 0.9  # of the pictures to learn from have to be called like that
_LEAST = 3  # pictures of each class
_NO_CLASS = (  # said by cameras and programs
    "img image images dsc dscn dscf dsci pict pic picture photo foto p pxl mvimg gopr dji scan screenshot frame vid video file untitled "
    "sample item object id no nr num crop tile patch test train training val valid validation"
)


def add(layout: Layout, tree: Folder) -> bool:
    """Put classes, and splits if there are any, into the layout; False where the names of files do not tell classes."""
    holders = _holders(tree)
    form = _form(holders[0][0]) if holders else None
    if form is None:
        return False
    classes = set(dict(_told(holders[0][0], form)).values())
    named = [(folder, split, found) for folder, split in holders if (found := dict(_told(folder, form, classes)))]
    given = len({split for _, split, _ in named}) > 1
    layout.split_source = "folders" if given else "carved"
    for folder, split, found in named:
        if split is not None:
            layout.splits.setdefault(split, []).append(folder.path)
        its = split if given else None
        layout.candidates += [Candidate(folder.of_file(name), label, its) for name, label in found.items()]
        layout.places |= {(label, its): folder.path for label in found.values()}
        left = [name for name in folder.images() if name not in found]
        layout.problems += [_stray(layout, folder.of_file(name), "The name of the file does not say its class") for name in left]
    for folder, _ in holders:
        if all(folder is not other for other, _, _ in named):
            layout.problems.append(_stray(layout, folder.path, f"Of {counted(len(folder.images()), 'picture')} no name says the class"))
    example = next(iter(named[0][2]))
    said = f"The names of the files say the classes, as in {example}: {', '.join(sorted(classes))}."
    layout.problems.append(Problem("named", "", said, "info"))
    return True


def _holders(tree: Folder) -> list[tuple[Folder, str | None]]:
    """The folders that hold pictures, the one to learn from first, each with its split; [] where folders may as well be classes."""
    inside = [folder for folder in tree.folders if folder.has_images()]
    if not inside:
        return [(tree, None)]
    said = {id(folder): word(folder.name) for folder in inside}
    if tree.images() or any(inner.has_images() for folder in inside for inner in folder.folders):
        return []
    splits = [(folder, its.split) for folder in inside if (its := said[id(folder)]) is not None and its.role != "mask"]
    splits.sort(key=lambda one: one[1] != "train")
    alone = len(inside) == len(splits) == 1
    return splits if alone or (len(splits) == len(inside) and splits[0][1] == "train" and all(split for _, split in splits)) else []


def _form(folder: Folder) -> re.Pattern[str] | None:
    """How the names in it say the class; None where they do not, or only by chance."""
    for form in (_FIRST, _LAST):
        counts = Counter(label for _, label in _told(folder, form))
        words = {label.casefold() for label in counts}
        enough = len(counts) > 1 and min(counts.values()) >= _LEAST and counts.total() >= _SHARE * len(folder.images())
        if enough and words.isdisjoint(_NO_CLASS.split()):
            return form
    return None


def _told(folder: Folder, form: re.Pattern[str], among: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Each picture whose name says a class, or one of those, with it."""
    for name in folder.images():
        said = form.fullmatch(PurePosixPath(name).stem)
        if said and (len(said[1]) > 1 or not said[1].isascii()) and (not among or said[1] in among):  # a letter and a number are no class
            yield name, said[1]


def _stray(layout: Layout, path: str, why: str) -> Problem:
    return Problem("stray", layout.absolute(path), f"{why}; left out.", "warn")
