"""What people write to a run: one note and any number of tags, in notes.json of its folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tlstudio.errors import InputError
from tlstudio.runs import Run

NAME = "notes.json"
LONGEST_TAG, MOST_TAGS, LONGEST_NOTE = 40, 32, 20_000


def read(run: Run) -> dict[str, Any]:
    """{note, tags}; empty where nothing was written, or nothing that can be read."""
    try:
        said = json.loads((run.path / NAME).read_text(encoding="utf-8"))
        note, tags = said.get("note", ""), said.get("tags", [])
    except (OSError, ValueError, AttributeError):
        return {"note": "", "tags": []}
    tags = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return {"note": note if isinstance(note, str) else "", "tags": tags}


def write(run: Run, *, note: str | None = None, tags: Iterable[str] | None = None) -> dict[str, Any]:
    """Replace the note, the tags, or both; None leaves what is there. What stands there now.

    Raises InputError for tags that are too long or too many, StudioError where the folder cannot be written.
    """
    said = read(run)
    if note is not None:
        if len(note) > LONGEST_NOTE:
            raise InputError(f"The note is too long ({len(note):,} characters)", "", f"Keep it under {LONGEST_NOTE:,}")
        said["note"] = note.strip()
    if tags is not None:
        said["tags"] = tidy(tags)
    run.write_json(NAME, said)
    return said


def tidy(tags: Iterable[str]) -> list[str]:
    """Each tag once, in the order given, without space around it. Raises InputError for one that cannot be a tag."""
    out: list[str] = []
    for tag in tags:
        word = " ".join(tag.split())
        if len(word) > LONGEST_TAG or "," in word:
            raise InputError(f"'{word[:60]}' cannot be a tag", f"a tag has no comma and at most {LONGEST_TAG} characters", "Shorten it")
        if word and word.casefold() not in (known.casefold() for known in out):
            out.append(word)
    if len(out) > MOST_TAGS:
        raise InputError(f"{len(out)} tags are too many for one run", "", f"Keep to {MOST_TAGS}")
    return out
