"""How a folder is laid out: which files are candidates, and which class and split each has. Nothing is opened but tables.

Known: one sub-folder a class, also below train/val/test (`folders`); images and a table (`tables`); names of files that say the class
(`file_names`). A lone wrapper folder is stepped into.
Pictures with masks: see `segmentation`.
"""

from __future__ import annotations

import os
from pathlib import Path

from tlstudio.control import Control, Tell, silent
from tlstudio.data import listing, table
from tlstudio.data.layouts import file_names, folders, outlines, segmentation, tables
from tlstudio.data.layouts.layout import Candidate, Layout
from tlstudio.data.layouts.mask_layout import MaskLayout, Pair
from tlstudio.data.layouts.outlines import Broken
from tlstudio.data.layouts.path_words import word
from tlstudio.data.listing import Folder
from tlstudio.data.report import Problem
from tlstudio.errors import InputError
from tlstudio.recipe import Data

__all__ = ["Candidate", "Layout", "MaskLayout", "Pair", "find", "find_table"]


def find(root: Path, task: str = "", data: Data | None = None, tell: Tell = silent, control: Control | None = None) -> Layout | MaskLayout:
    """The layout of a folder. task: classification, segmentation, or "" to find out by looking; data: what a recipe says of masks.

    What may be either, pictures and masks both in folders that may be classes, is taken for classification.
    Raises InputError that says what was expected where it is none of those known.
    """
    tree, problems = listing.read(root, tell, control)
    if not any(folder.files for folder in tree.walk()):
        raise InputError(f"There are no files in {root}", "", "Choose the folder that holds the images")
    broken: list[Broken] = []
    if task != "classification":
        data = data or Data()
        sure = task == "segmentation" or data.layout != "auto" or bool(data.masks)
        if data.masks:
            masks = os.path.normpath(root / Path(data.masks).expanduser())  # or a ".." would make two names of one file
            return segmentation.find_with(root, tree, problems, Path(masks), tell, control)
        if sure or not _has_table(root, tree):
            found = segmentation.find(root, tree, problems, data, broken, sure=sure)
            if found is not None:
                return found
    try:
        layout = _classes(root, tree, problems)
    except InputError:
        if broken:
            raise outlines.unusable(root, broken) from None
        raise
    labels = {candidate.label for candidate in layout.candidates if listing.looks_like_image(candidate.path)}
    if broken and sum(word(label) is None for label in labels) < 2:  # train2017 and val2017 are no classes
        raise outlines.unusable(root, broken)
    layout.problems += [one.problem(root) for one in broken if not one.perhaps]
    return layout


def _classes(root: Path, tree: Folder, problems: list[Problem]) -> Layout:
    layout = Layout(root, problems=problems)
    while _is_wrapper(tree):
        tree = tree.folders[0]
    files = table.Files(root, tree.paths()) if tables.names(tree) else None
    if files is not None and (usable := tables.usable(root, tree, files)):
        tables.add(layout, usable, files)
    elif not file_names.add(layout, tree):
        folders.add(layout, tree)
    return layout


def _has_table(root: Path, tree: Folder) -> bool:
    """Whether a table gives classes to the pictures, beside which masks lie; not their masks, nor what else is different for each."""
    while _is_wrapper(tree):
        tree = tree.folders[0]
    if not tables.names(tree):
        return False
    files = table.Files(root, tree.paths())
    try:
        found = tables.usable(root, tree, files)
    except InputError:  # a table of something else, as of the colours of classes
        return False
    labels = [label for of, _ in found for _, _, label, _ in of.rows]
    return len(set(labels)) * 2 <= len(labels) and files.find(labels[0]) is None if labels else False


def find_table(path: Path, tell: Tell = silent, control: Control | None = None) -> Layout:
    """The layout that a named CSV file gives to the images beside and below it."""
    tree, problems = listing.read(path.parent, tell, control)
    layout = Layout(path.parent, problems=problems)
    files = table.Files(path.parent, tree.paths())
    tables.add(layout, [(table.read(path, files), None)], files)
    return layout


def _is_wrapper(tree: Folder) -> bool:
    """One folder that holds it all: no images or table beside it, and itself more than the images of one class."""
    if len(tree.folders) != 1 or tree.images() or tables.names(tree):
        return False
    inside = tree.folders[0]
    return bool(tables.names(inside)) or (not inside.images() and any(folder.has_images() for folder in inside.folders))
