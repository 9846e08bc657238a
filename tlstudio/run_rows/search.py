"""Which runs somebody means: words in any order, and tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_SEARCHED = ("name", "title", "model", "data", "strategy", "task", "state", "note")


def words_of(row: dict[str, Any]) -> str:
    """All that is looked through of a row, in small letters."""
    return " ".join([*(str(row[key]) for key in _SEARCHED if row.get(key)), *row.get("tags", ())]).casefold()


def found(row: dict[str, Any], text: str = "", tags: Sequence[str] = ()) -> bool:
    """Whether a row holds every word of the text and has every one of the tags, large or small letters alike."""
    own = {tag.casefold() for tag in row.get("tags", ())}
    if any(tag.casefold() not in own for tag in tags):
        return False
    said = words_of(row) if text else ""
    return all(word in said for word in text.casefold().split())
