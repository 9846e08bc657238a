"""The trash: runs and studies thrown away, until it is emptied. Each lies there under its name and the moment it was thrown away."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from tlstudio import places
from tlstudio.errors import InputError, StudioError
from tlstudio.recipe import Recipe
from tlstudio.runs import cannot_write

_THROWN = re.compile(r"^(?P<name>.+)-(?P<ns>\d{16,20})$")


def listed() -> list[dict[str, Any]]:
    """What lies there, last thrown first: [{name, kind, title, path, from, thrown (unix seconds), bytes}].

    kind: run or study, which lies there without its runs. from: where it would go back to.
    """
    out = []
    for place in _places():
        name, when = _read(place)
        out.append(
            {"name": name, "kind": "study" if _is_study(place) else "run", "title": _title(place) or name, "path": str(place),
             "from": str(_home(place) / name), "thrown": when, "bytes": _bytes(place)}
        )  # fmt: skip
    return sorted(out, key=lambda one: -one["thrown"])


def restore(name: str) -> Path:
    """Take a run back into the runs folder, or a study to the others; its place there.

    name: as listed, the last thrown of that name; or its folder in the trash.
    Raises InputError where there is none, or where another run has its place meanwhile.
    """
    found = next((one for one in listed() if name in (one["name"], one["path"], Path(one["path"]).name)), None)
    if found is None:
        raise InputError(f"There is no run '{name}' in the trash", "", "'tlstudio trash' lists what is there")
    to = Path(found["from"])
    if to.exists():
        raise InputError(f"{to} is there already", "another run has its place", "Rename that one, or move the folder by hand")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(found["path"], to)
    except OSError as error:
        raise cannot_write(to, error) from None
    return to


def empty(paths: list[str] | None = None) -> dict[str, int]:
    """Delete for good: {runs, studies, bytes} that went. paths: only those folders of the trash.

    Raises StudioError for the first that cannot be deleted; those before it are gone.
    """
    gone = {"runs": 0, "studies": 0, "bytes": 0}
    for place in _places():
        if paths is not None and str(place) not in paths:
            continue
        size, kind = _bytes(place), "studies" if _is_study(place) else "runs"
        try:
            shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()
        except OSError as error:
            why = error.strerror or str(error)
            raise StudioError(f"{place} could not be deleted", why, "Close what still uses it and try again") from None
        gone[kind] += 1
        gone["bytes"] += size
    return gone


def _places() -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(places.trash())]
    except OSError:
        return []


def _read(place: Path) -> tuple[str, float]:
    """Name of the run and when it was thrown away, in unix seconds."""
    said = _THROWN.match(place.name)
    return (said["name"], int(said["ns"]) / 1e9) if said else (place.name, place.lstat().st_mtime)


def _home(place: Path) -> Path:
    return places.studies() if _is_study(place) else places.runs()


def _is_study(place: Path) -> bool:
    return (place / "study.json").is_file()


def _title(place: Path) -> str:
    if _is_study(place):
        try:
            said = json.loads((place / "study.json").read_text(encoding="utf-8"))
            return str(said.get("question") or said.get("title") or "")
        except (OSError, ValueError, AttributeError):
            return ""
    try:
        return Recipe.load(place / "recipe.toml").name
    except StudioError:
        return ""


def _bytes(place: Path) -> int:
    total = 0
    for folder, _, files in os.walk(place):
        for file in files:
            try:
                total += (Path(folder) / file).lstat().st_size
            except OSError:
                continue
    return total
