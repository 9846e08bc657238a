"""Run folders outside the runs folder, such as those copied from a cluster: a list of their places, nothing more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tlstudio import places
from tlstudio.errors import InputError
from tlstudio.runs import Run, absolute, cannot_write, write_atomic


def _file() -> Path:
    return places.settings().with_name("run_folders.json")


def known() -> list[Path]:
    """Places of the run folders on the list, whether they are there now or not (a disk may be away)."""
    try:
        said = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [Path(path) for path in said if isinstance(path, str)] if isinstance(said, list) else []


def add(path: str | Path) -> Run:
    """Put a run folder on the list, or each run folder in it; the newest of them. One in the runs folder needs no list.

    Raises InputError where there is no run.
    """
    folder = absolute(path)
    found = [folder] if is_run(folder) else sorted(inner for inner in _inside(folder) if is_run(inner))
    if not found:
        why = "a run folder holds a recipe.toml and, once it has begun, an events.jsonl"
        raise InputError(f"{folder} is no run folder", why, "Choose the folder that training wrote, or the one that such folders lie in")
    _change(lambda list_: list_ + [new for new in found if new not in list_ and new.parent != places.runs()])
    return Run(max(found, key=lambda one: (one / "recipe.toml").stat().st_mtime_ns))


def remove(path: str | Path) -> None:
    """Take a run folder off the list; the folder stays where and as it is."""
    folder = absolute(path)
    _change(lambda list_: [one for one in list_ if one != folder])


def is_run(folder: Path) -> bool:
    """Whether it looks like a run: a recipe alone may be any folder of one's own recipes."""
    return (folder / "recipe.toml").is_file() and any((folder / name).exists() for name in ("events.jsonl", "summary.json", ".lock"))


def _inside(folder: Path) -> list[Path]:
    try:
        return [inner for inner in folder.iterdir() if inner.is_dir()]
    except OSError:
        return []


def _change(change: Callable[[list[Path]], list[Path]]) -> None:
    file, before = _file(), known()
    after = change(before)
    if after == before:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(file, error) from None
    text = json.dumps([str(one) for one in after], indent=2)
    write_atomic(file, lambda out: out.write(text.encode()))
