"""Which rows of the layer tree a filter shows, as a pure function."""

from __future__ import annotations

from typing import NamedTuple

from tlstudio.gui.ticks import State
from tlstudio.gui.widgets.layer_tree.layer_facts import state_word
from tlstudio.gui.widgets.layer_tree.layer_model import LayerModel

_TELLING = 4  # letters of a state's word from which on it is meant


class Found(NamedTuple):
    """matches: rows with the words; openings: what they lie in; hidden: the topmost rows that are in no match's way."""

    matches: set[int]
    openings: set[int]
    hidden: set[int]


def found(model: LayerModel, wanted: str) -> Found:
    """Rows whose name, type or state holds every word of `wanted` (lower case); a word with a dot is sought in whole paths.

    "" hides nothing. What a match lies in and what is in it stay.
    """
    ticks, matches, shown = model.ticks, set[int](), set[int]()
    words = [(word, meant(word)) for word in wanted.split()]
    if not words:
        return Found(matches, set(), set())
    for i, path in enumerate(ticks.paths):
        if path and all(_holds(model, i, word, states) for word, states in words):
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


def meant(wanted: str) -> frozenset[int]:
    """The states that its words ask for, by the beginning of theirs: other ticks then make other matches."""
    words = [word for word in wanted.split() if len(word) >= _TELLING]
    return frozenset(state for state in State if any(state_word(state).startswith(word) for word in words))


def _holds(model: LayerModel, row: int, word: str, states: frozenset[int]) -> bool:
    if states and int(model.effects[row]) in states:
        return True
    name = model.ticks.paths[row] if "." in word else model.name(row)
    return word in name.lower() or word in model.rows[row]["type"].lower()
