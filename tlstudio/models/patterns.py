"""Layers chosen by a pattern on their names or types, from the rows of a `layers` document. Fast enough for every key stroke; no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import translate
from typing import Any

from tlstudio.errors import InputError


def match(rows: Sequence[Mapping[str, Any]], pattern: str) -> list[str]:
    """Paths of the rows that fit, in the order of the tree; the root and what lies inside a row that fits are left out.

    pattern: words with * ? and [abc], any of which may fit the whole path, the last name of it, or the type: "layer1.*",
    "bn? downsample.1", "BatchNorm2d", "*.bias". Or a regular expression between slashes, found anywhere in the path or the whole
    of the type: "/layer[12]\\.\\d+\\.conv/". Case counts. Raises InputError for an expression that is none.
    """
    fits = _compiled(pattern)
    out: list[str] = []
    inside = ""
    for row in rows:
        path = row["path"]
        if not path or (inside and path.startswith(inside)):
            continue
        if fits(path, row["type"]):
            out.append(path)
            inside = f"{path}."
    return out


def _compiled(pattern: str) -> Any:
    text = pattern.strip()
    if len(text) > 1 and text.startswith("/") and text.endswith("/"):
        try:
            expression = re.compile(text[1:-1])
        except re.error as error:
            raise InputError(
                f"{text} is not a regular expression", str(error), "Mend it, or write a name with * and ? and without the slashes"
            ) from None
        return lambda path, kind: expression.search(path) or expression.fullmatch(kind)
    words = [re.compile(translate(word)) for word in text.replace(",", " ").split()]
    return lambda path, kind: any(w.match(path) or w.match(path.rpartition(".")[2]) or w.match(kind) for w in words)
