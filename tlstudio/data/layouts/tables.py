"""Classes and splits told by a table, or by one table a split."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path, PurePosixPath

from tlstudio.data import table
from tlstudio.data.layouts.layout import Candidate, Layout, split_word
from tlstudio.data.listing import Folder
from tlstudio.data.report import Problem, counted
from tlstudio.errors import InputError


def names(tree: Folder) -> list[str]:
    """Files directly in a folder that are called like tables."""
    return [name for name in tree.files if PurePosixPath(name).suffix.lower() in table.SUFFIXES]


def usable(root: Path, tree: Folder, files: table.Files) -> list[tuple[table.Table, str | None]]:
    """The tables that are about the images, each with the split its name says. [] where the folders say the classes."""
    read: list[tuple[table.Table, str | None]] = []
    refused: list[InputError] = []
    for name in names(tree):
        try:
            read.append((table.read(root / tree.of_file(name), files), split_word(PurePosixPath(name).stem)))
        except InputError as error:
            refused.append(error)
    about = [(t, split) for t, split in read if table.is_about(t, files)]
    if len(about) > 1 and any(split is None for _, split in about):
        several = ", ".join(t.path.name for t, _ in about)
        raise InputError(f"{root / tree.path} holds several tables of images ({several})", "", "Open the one that is meant")
    without_classes = sum(folder.has_images() for folder in tree.folders) <= 1
    if not about and without_classes and refused:
        raise refused[0]
    if not about and without_classes and read:
        raise _nothing_found(read[0][0])
    return about if len(about) > 1 else [(t, None) for t, _ in about]


def _nothing_found(of: table.Table) -> InputError:
    example = next((file for _, file, _, _ in of.rows), "")
    return InputError(
        f"None of the images that {of.path.name} names is in {of.path.parent}" if example else f"The table {of.path.name} names no images",
        f"the first is '{example}'" if example else "",
        "Put the table into the folder that holds the images" if example else "Give it one line for each image",
    )


def add(layout: Layout, tables: list[tuple[table.Table, str | None]], files: table.Files) -> None:
    """Put what the tables say into the layout; a table with a split of its own gives it to all its lines."""
    for of, _ in tables:
        if not any(files.find(file) for _, file, _, _ in of.rows):
            raise _nothing_found(of)
    labels: dict[str, dict[str, str | None]] = defaultdict(dict)  # path -> {label: split}
    named: set[str | None] = set()
    has_splits = len(tables) > 1
    for of, split_of_file in tables:
        words = {split_word(split) for _, _, _, split in of.rows}
        by_column = split_of_file is None and "train" in words and len(words - {None}) > 1
        has_splits = has_splits or by_column
        if of.split_column and not by_column:
            said = f"The column '{of.split_column}' does not tell train from val or test; it is not used, and splits are carved."
            layout.problems.append(Problem("no_split", str(of.path), said, "info"))
        for line, file, label, word in of.rows:
            where = f"Line {line} of {of.path.name}"
            found = files.find(file)
            named.add(found)
            split = split_of_file or (split_word(word) if by_column else None)
            if found is None:
                said = f"{where} names this file, which is not there (or there are several of that name); the line is left out."
                layout.problems.append(Problem("missing_file", layout.absolute(file), said, "bad"))
            elif not label:
                layout.problems.append(Problem("no_label", layout.absolute(found), f"{where} gives it no class; it is left out.", "warn"))
            elif by_column and split is None:
                said = f"{where} puts it into '{word}', which is neither train, val nor test; it is left out."
                layout.problems.append(Problem("bad_split", layout.absolute(found), said, "warn"))
            else:
                first = labels[found].setdefault(label, split)
                if first != split:
                    said = f"{where} puts it into {split}, but it is in {first} already; it stays in {first} only."
                    layout.problems.append(Problem("leak", layout.absolute(found), said, "bad"))
    layout.split_source = "table" if has_splits else "carved"
    for path, said_labels in labels.items():
        if len(said_labels) > 1:
            said = f"The table gives it several classes ({', '.join(sorted(said_labels))}); it is left out."
            layout.problems.append(Problem("conflict", layout.absolute(path), said, "bad"))
            continue
        label, split = next(iter(said_labels.items()))
        layout.candidates.append(Candidate(path, label, split))
        layout.places.setdefault((label, split), "")
    layout.candidates.sort(key=lambda candidate: candidate.path)
    unlisted = [path for path in files.images() if path not in named]
    if unlisted:
        said = f"Not in the table, and left out: {counted(len(unlisted), 'image')} (such as {unlisted[0]})."
        layout.problems.append(Problem("stray", "", said, "info"))
