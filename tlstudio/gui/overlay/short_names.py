"""Names cut to the width of a column so that those that differ still look so: what several of them begin with goes first."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import takewhile

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

MARK = "…"
_MIDDLE, _RIGHT = Qt.TextElideMode.ElideMiddle, Qt.TextElideMode.ElideRight
_LEAST = 3  # letters of a beginning that are worth their room, or worth leaving out
_WORD = 12  # letters; a word that is longer is not kept whole


def short_names(names: Sequence[str], width: int, metrics: QFontMetrics) -> list[str]:
    """Each name as it is where it fits into `width` pixels, else cut.

    As a rule the middle goes. Where several names begin with what would stand in front of the gap, all of them show what comes after
    their common beginning: urban_scene_vehicle_car and urban_scene_vehicle_van become urban_…car and urban_…van.
    """
    several: dict[int, dict[str, list[str]]] = {}
    different = sorted(set(names))

    def group(letters: int, name: str) -> list[str]:
        """The names that begin with the same letters, it among them."""
        if letters not in several:
            groups = several[letters] = {}
            for one in different:
                groups.setdefault(one[:letters], []).append(one)
        return several[letters][name[:letters]]

    def fits(text: str) -> bool:
        return metrics.horizontalAdvance(text) <= width

    def cut(name: str) -> str:
        plain = plainly[name]
        others = [] if plain == name else group(_alike(plain, name), name)
        if len(others) < 2:
            return plain
        shared = _alike(others[0], others[-1])  # of sorted names the first and the last have least in common
        seen_from = len(name) - _alike(plain[::-1], name[::-1])
        if seen_from <= shared or shared < _LEAST:
            return plain
        for first in (_word(name, shared), shared):
            if fits(MARK + name[first:]):
                most = bisect_left(range(1, first + 1), True, key=lambda k: not fits(name[:k] + MARK + name[first:]))
                return (name[:most] if most >= _LEAST else "") + MARK + name[first:]
        return plain if once[plain] == 1 else metrics.elidedText(MARK + name[shared:], _MIDDLE, width)

    plainly = {name: metrics.elidedText(name, _MIDDLE, width) for name in different}
    once = Counter(plainly.values())
    out = {name: cut(name) for name in different}
    same: dict[str, list[str]] = {}
    for name, said in out.items():
        same.setdefault(said, []).append(name)
    for equal in same.values():
        if len(equal) > 1:  # they differ only in what was cut out of their middle: show that
            first = _alike(equal[0], equal[-1])
            out |= {name: metrics.elidedText(out[name].rpartition(MARK)[0] + MARK + name[first:], _RIGHT, width) for name in equal}
    return [out[name] for name in names]


def _alike(one: str, other: str) -> int:
    """How many letters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _word(name: str, at: int) -> int:
    """Where the word begins that goes on at that place."""
    first = at
    while first and name[first - 1].isalnum():
        first -= 1
    return first if at - first <= _WORD else at
