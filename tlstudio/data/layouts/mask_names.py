"""Files that name the classes of masks, with their values or colours: classes.txt and its many relatives."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tlstudio.data.layouts.mask_layout import Named
from tlstudio.data.listing import Folder

# Names without case, spaces, dashes and underscores; the surest first.
_NAMES = (
    "classes.txt",
    "classes.json",
    "classdict.csv",
    "classdictseg.csv",
    "classes.csv",
    "labelmap.txt",
    "labelmap.json",
    "labelcolors.txt",
    "labelcolours.txt",
    "classnames.txt",
    "labelnames.txt",
    "labels.txt",
    "labels.json",
    "names.txt",
    "codes.txt",
)
_DEEPEST = 3  # folders below the root
_MAX_BYTES = 1 << 20
_INT = re.compile(r"-?\d+")
_NAME_KEYS = ("name", "title", "label", "class", "classname")
_ABOVE = ("__ignore__",)  # labelme's first line, for what has no class


def find(root: Path, tree: Folder) -> tuple[list[Named], str]:
    """The classes as the surest file says them, and its path relative to root; ([], "") if there is none that can be read."""
    there: list[tuple[int, int, str]] = []
    for folder in tree.walk():
        depth = folder.path.count("/") + 1 if folder.path else 0
        for name in folder.files if depth <= _DEEPEST else ():
            plain = re.sub(r"[ _\-]+", "", name.casefold())
            if plain in _NAMES:
                there.append((_NAMES.index(plain), depth, folder.of_file(name)))
    for _, _, path in sorted(there):
        if named := read(root / path):
            return named, path
    return [], ""


def read(path: Path) -> list[Named]:
    """The classes in a file; [] where it is none of the known forms."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            return []
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        if path.suffix.lower() == ".json":
            return _of_json(json.loads(text))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []
    return _of_table(text) if path.suffix.lower() == ".csv" else _of_lines(text)


def _numbered(named: list[Named]) -> list[Named]:
    """With a name for a class whose place has none."""
    return [one if one.name.strip() else replace(one, name=f"class {place}") for place, one in enumerate(named)]


def _of_lines(text: str) -> list[Named]:
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith(("#", "//"))]
    lines = lines[1:] if lines and lines[0] in _ABOVE else lines
    if not lines:
        return []
    for form in (_cvat, _value_name_colour, _name_colour, _colour_name, _value_name):
        if all(found := [form(line) for line in lines]):
            named = [one for one in found if one]
            return named if _distinct(named) else []
    named = [Named(line) for line in lines]
    return named if _distinct(named) else []


def _distinct(named: Sequence[Named]) -> bool:
    values = [one.value for one in named if one.value is not None]
    return len(set(values)) == len(values) and len({one.name for one in named}) == len(named)


def _cvat(line: str) -> Named | None:
    """name:r,g,b:parts:actions"""
    parts = line.split(":")
    if len(parts) < 3 or _INT.fullmatch(parts[0]):
        return None
    return Named(parts[0], None, _colour(parts[1].split(",")) if parts[1].strip() else None)


def _words(line: str) -> list[str]:
    return [word for word in re.split(r"[\s,;:]+", line) if word]


def _value_name_colour(line: str) -> Named | None:
    """value name r g b"""
    words = _words(line)
    colour = _colour(words[-3:])
    ok = len(words) >= 5 and _INT.fullmatch(words[0]) and colour is not None and not _INT.fullmatch(words[1])
    return Named(" ".join(words[1:-3]), int(words[0]), colour) if ok else None


def _name_colour(line: str) -> Named | None:
    """name r g b"""
    words = _words(line)
    colour = _colour(words[-3:])
    return Named(" ".join(words[:-3]), None, colour) if len(words) >= 4 and colour and not _INT.fullmatch(words[0]) else None


def _colour_name(line: str) -> Named | None:
    """r g b name"""
    words = _words(line)
    colour = _colour(words[:3])
    return Named(" ".join(words[3:]), None, colour) if len(words) >= 4 and colour else None


def _value_name(line: str) -> Named | None:
    found = re.fullmatch(r"(\d+)\s*[\s,;:=]\s*(\S.*)", line)
    return Named(found[2].strip(), int(found[1])) if found else None


def _colour(words: Iterable[Any]) -> tuple[int, int, int] | None:
    said = [str(word).strip() for word in words]
    if len(said) == 1 and (found := re.fullmatch(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", said[0])):
        return int(found[1], 16), int(found[2], 16), int(found[3], 16)
    if len(said) not in (3, 4) or not all(_INT.fullmatch(word) and 0 <= int(word) <= 255 for word in said):
        return None
    return int(said[0]), int(said[1]), int(said[2])


def _of_table(text: str) -> list[Named]:
    """name,r,g,b with or without a header; columns by their names where there is one."""
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if not rows:
        return []
    header = [re.sub(r"[\W_]+", "", cell.casefold()) for cell in rows[0]]
    at = _column(header)
    name, value = at("name", "class", "classname", "label", "labelname"), at("value", "id", "index", "classid", "labelid", "pixelvalue")
    rgb = [at(letter, word) for letter, word in (("r", "red"), ("g", "green"), ("b", "blue"))]
    if name is None:
        return _of_lines("\n".join(",".join(row) for row in rows))
    named = []
    for row in rows[1:]:
        cells = row + [""] * (len(header) - len(row))
        colour = _colour(cells[i] for i in rgb if i is not None) if None not in rgb else None
        number = cells[value] if value is not None else ""
        named.append(Named(cells[name], int(number) if _INT.fullmatch(number) else None, colour))
    named = _numbered(named)
    return named if _distinct(named) else []


def _column(header: Sequence[str]) -> Callable[..., int | None]:
    return lambda *names: next((header.index(name) for name in names if name in header), None)


def _of_json(said: Any) -> list[Named]:
    """A list of names or of objects; an object from values to names, or from names to values or colours; or either below a key."""
    if isinstance(said, dict):
        for key in ("classes", "labels", "categories", "names"):
            if isinstance(said.get(key), list | dict):
                return _of_json(said[key])
        if said and all(_INT.fullmatch(str(key)) for key in said):
            pairs = [(int(value), name if isinstance(name, dict) else {"name": name}) for value, name in said.items()]
            return sorted((_of_object({"value": value, **about}) for value, about in pairs), key=lambda one: one.value or 0)
        said = [{"name": name, **({"value": about} if isinstance(about, int) else {"color": about})} for name, about in said.items()]
    named = [_of_object(one) if isinstance(one, dict) else Named("" if one is None else str(one)) for one in said]
    named = _numbered(named)
    return named if _distinct(named) else []


def _of_object(said: dict[str, Any]) -> Named:
    low = {str(key).casefold(): value for key, value in said.items()}
    name = next(low[key] for key in (*_NAME_KEYS, "") if not key or isinstance(low.get(key), str))  # KeyError: no class at all
    value = next((low[key] for key in ("value", "id", "index", "trainid") if isinstance(low.get(key), int)), None)
    colour = next((low[key] for key in ("color", "colour", "rgb") if key in low), None)
    parts = [colour] if isinstance(colour, str) else colour if isinstance(colour, list) else []
    return Named(name, value, _colour(parts))
