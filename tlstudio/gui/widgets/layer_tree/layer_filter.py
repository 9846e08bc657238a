"""Which rows of the layer tree a filter shows, as a pure function."""

from __future__ import annotations

from typing import NamedTuple

from tlstudio.gui.widgets.layer_tree.layer_model import LayerModel


class Found(NamedTuple):
    """matches: rows with the words; openings: what they lie in; hidden: the topmost rows that are in no match's way."""

    matches: set[int]
    openings: set[int]
    hidden: set[int]


def found(model: LayerModel, wanted: str) -> Found:
    """Rows whose name or type holds `wanted` (lower case); with a dot in it, whole paths are searched. "" hides nothing.

    What a match lies in and what is in it stay.
    """
    ticks, matches, shown = model.ticks, set[int](), set[int]()
    if not wanted:
        return Found(matches, set(), set())
    for i, path in enumerate(ticks.paths):
        name = path if "." in wanted else model.name(i)
        if path and (wanted in name.lower() or wanted in model.rows[i]["type"].lower()):
            matches.add(i)
        if i in matches or ticks.parent[i] in shown:
            shown.add(i)
    openings: set[int] = set()
    for i in matches:
        above = ticks.parent[i]
        while above >= 0 and above not in openings:
            openings.add(above)
            above = ticks.parent[above]
    shown |= openings
    reached = shown | {-1, ticks.row_of.get("", -1)}
    hidden = {i for i, path in enumerate(ticks.paths) if path and i not in shown and ticks.parent[i] in reached}
    return Found(matches, openings, hidden)
