"""How a folder is laid out: which files are candidates, and which class and split each has. Nothing is opened but tables.

Known: one sub-folder a class, also below train/val/test (`folders`); images and a table (`tables`). A lone wrapper folder is stepped into.
"""

from __future__ import annotations

from pathlib import Path

from tlstudio.control import Control, Tell, silent
from tlstudio.data import listing, table
from tlstudio.data.layouts import folders, tables
from tlstudio.data.layouts.layout import Candidate, Layout
from tlstudio.data.listing import Folder
from tlstudio.errors import InputError

__all__ = ["Candidate", "Layout", "find", "find_table"]


def find(root: Path, tell: Tell = silent, control: Control | None = None) -> Layout:
    """The layout of a folder. Raises InputError that says what was expected where it is none of those known."""
    tree, problems = listing.read(root, tell, control)
    layout = Layout(root, problems=problems)
    if not any(folder.files for folder in tree.walk()):
        raise InputError(f"There are no files in {root}", "", "Choose the folder that holds the images")
    while _is_wrapper(tree):
        tree = tree.folders[0]
    files = table.Files(root, tree.paths()) if tables.names(tree) else None
    if files is not None and (usable := tables.usable(root, tree, files)):
        tables.add(layout, usable, files)
    else:
        folders.add(layout, tree)
    return layout


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
