"""A table (CSV) that names each picture's class and perhaps its split."""

from __future__ import annotations

import csv
import io
import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tlstudio.data.listing import looks_like_image
from tlstudio.errors import InputError

SUFFIXES = frozenset({".csv", ".tsv"})
# Names of columns, the surest first; compared without case, spaces, dashes and underscores.
_FILE = (
    "file",
    "filename",
    "filepath",
    "path",
    "image",
    "imagefile",
    "imagefilename",
    "imagename",
    "imagepath",
    "img",
    "imgname",
    "imgpath",
    "photo",
    "picture",
    "imageid",
    "fileid",
    "id",
)
_LABEL = ("label", "labels", "class", "classname", "classes", "category", "target", "labelname", "species", "classid", "labelid", "y")
_SPLIT = ("split", "set", "subset", "fold", "partition", "phase")
_DELIMITERS = ",;\t|"
_TRIED_ROWS = 50
_MAX_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a CSV file as (line number, file, label, split); texts stripped, split "" where there is no such column."""

    path: Path
    rows: list[tuple[int, str, str, str]]
    split_column: str


class Files:
    """The files below a folder, to be found by what a table calls them: relative path, end of a path, name, or name without ending."""

    def __init__(self, root: Path, paths: Iterable[str]) -> None:
        self._root = root
        self._paths = set(paths)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self._paths):
            name = posixpath.basename(path).casefold()
            self._by_name[name].append(path)
            if looks_like_image(name):
                self._by_name[posixpath.splitext(name)[0]].append(path)

    def images(self) -> list[str]:
        """Relative paths of all files called like images, sorted."""
        return sorted(path for path in self._paths if looks_like_image(path))

    def find(self, called: str) -> str | None:
        """The relative path of the one file that is meant; None if there is none, or if it could be several."""
        meant = self.meant(called)
        return meant[0] if len(meant) == 1 else None

    def meant(self, called: str) -> list[str]:
        """The relative paths of all files that may be meant."""
        path = called.replace("\\", "/")
        if posixpath.isabs(path):
            path = os.path.relpath(path, self._root.as_posix()) if path.startswith(self._root.as_posix() + "/") else path.lstrip("/")
        path = posixpath.normpath(path)
        if path in self._paths:
            return [path]
        alike = self._by_name.get(posixpath.basename(path).casefold(), [])
        if len(alike) <= 1:
            return alike
        return [p for p in alike if p.endswith(f"/{path}") or posixpath.splitext(p)[0].endswith(f"/{path}")]


def read(path: Path, files: Files) -> Table:
    """The table, its delimiter and columns guessed. Raises InputError that says what was found instead."""
    rows = _rows(path)
    if not rows:
        raise InputError(f"The table {path} is empty", "", "Give it a header and one line for each image")
    header = [re.sub(r"[\W_]+", "", name.casefold()) for _, cells in rows[:1] for name in cells]
    file, label, split = (_first(header, names) for names in (_FILE, _LABEL, _SPLIT))
    body = rows[1:]
    if file is None or label is None:
        file, label, with_header = _by_content(path, rows, files, file, label, split)
        body = rows[1:] if with_header else rows
    elif not _share_found(files, body, file):
        file = _file_column(files, body) or file
    taken = [(line, _cell(cells, file), _cell(cells, label), _cell(cells, split)) for line, cells in body]
    return Table(path, taken, rows[0][1][split] if split is not None else "")


def is_about(table: Table, files: Files) -> bool:
    """Whether at least half of the first rows name files that are there."""
    tried = table.rows[:_TRIED_ROWS]
    return bool(tried) and sum(files.find(file) is not None for _, file, _, _ in tried) * 2 >= len(tried)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """(line number, cells) of every line that is not blank."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"The table {path} is larger than 1 GiB", "", "Is it the table of the images?")
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"The table {path} cannot be read", error.strerror or str(error), "Check its permissions") from None
    text = _text(raw)
    if "\0" in text:
        raise InputError(f"{path} is not a text table", "", "Save it as CSV (UTF-8)")
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        return [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise InputError(f"The table {path} is damaged in line {reader.line_num}: {error}", "", "Mend that line") from None


def _text(raw: bytes) -> str:
    """UTF-8, what Excel calls Unicode (UTF-16 with its mark), or the old Western encoding."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _first(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _cell(cells: list[str], column: int | None) -> str:
    return cells[column] if column is not None and column < len(cells) else ""


def _share_found(files: Files, rows: list[tuple[int, list[str]]], column: int) -> float:
    tried = rows[:_TRIED_ROWS]
    return sum(files.find(_cell(cells, column)) is not None for _, cells in tried) / max(1, len(tried))


def _file_column(files: Files, rows: list[tuple[int, list[str]]]) -> int | None:
    """The column whose cells name files that are there."""
    width = max((len(cells) for _, cells in rows[:_TRIED_ROWS]), default=0)
    best = max(range(width), key=lambda column: _share_found(files, rows, column), default=None)
    return best if best is not None and _share_found(files, rows, best) >= 0.5 else None


def _by_content(
    path: Path, rows: list[tuple[int, list[str]]], files: Files, file: int | None, label: int | None, split: int | None
) -> tuple[int, int, bool]:
    """Columns of a table whose header does not tell, or that has none: (file, label, whether the first line is a header)."""
    with_header = file is not None or label is not None or _file_column(files, rows[:1]) is None
    if file is None:
        file = _file_column(files, rows[1:] if with_header else rows)
    others = [column for column in range(len(rows[0][1])) if column not in (file, split)]
    if label is None and len(others) == 1:
        label = others[0]
    if file is None or label is None:
        missing = " or ".join(
            word for word, column in (("the file names (such as 'file')", file), ("the class (such as 'label')", label)) if column is None
        )
        raise InputError(
            f"The table {path.name} has no column that is clearly {missing}",
            f"its columns are {', '.join(rows[0][1][:12])}",
            "Name the columns 'file' and 'label' in its first line",
        )
    return file, label, with_header
