"""Which models of the catalogue one wants to see, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

from tlstudio.models.catalogue import Entry

SMALL = 10_000_000  # parameters
SORTS = ("params", "mult_adds", "score")


@dataclass(frozen=True)
class Span:
    """From low to high, both included; None is open."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float | None) -> bool:
        """What is not known fits only where nothing is asked."""
        if self == Span():
            return True
        return value is not None and (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True)
class Ranges:
    """What the popover asks: params and mult_adds as numbers, input_size in pixels, source as the catalogue names it ("": any)."""

    params: Span = Span()
    mult_adds: Span = Span()
    input_size: Span = Span()
    source: str = ""

    @property
    def asked(self) -> int:
        """How many of them say something."""
        return sum(getattr(self, field.name) != field.default for field in fields(self))


@dataclass(frozen=True)
class Wanted:
    """All that narrows the list. tasks: an empty set is all of them. sort: one of SORTS, or "" for the catalogue's own order."""

    text: str = ""
    on_disk: bool = False
    small: bool = False
    tasks: frozenset[str] = frozenset()
    ranges: Ranges = Ranges()
    sort: str = ""
    descending: bool = False


def score(entry: Entry, tasks: frozenset[str]) -> float | None:
    """ImageNet top-1, or mean IoU as published where only segmentation models are looked at; 0..1."""
    return entry.miou if tasks == {"segmentation"} else entry.accuracy


class Shelf:
    """Every entry with the words it is found by. where: tells where an entry's weights are, as Entry.weights_state."""

    def __init__(self, entries: Iterable[Entry], where: Callable[[Entry], str]) -> None:
        self._where = where
        self._rows = [(f"{entry.name} {entry.title} {entry.family}".lower(), entry) for entry in entries]

    def __len__(self) -> int:
        return len(self._rows)

    def sources(self) -> list[str]:
        """Each source once, in the catalogue's order."""
        return list(dict.fromkeys(entry.source for _, entry in self._rows))

    def find(self, wanted: Wanted) -> list[Entry]:
        """The entries that fit, in the wanted order; what is not known comes last either way."""
        words = wanted.text.lower().split()
        found = [entry for said, entry in self._rows if all(word in said for word in words) and self._fits(entry, wanted)]
        if not wanted.sort:
            return found
        keys = [self._key(entry, wanted) for entry in found]
        known = sorted((i for i, key in enumerate(keys) if key is not None), key=lambda i: keys[i], reverse=wanted.descending)
        return [found[i] for i in (*known, *(i for i, key in enumerate(keys) if key is None))]

    def _key(self, entry: Entry, wanted: Wanted) -> Any:
        return score(entry, wanted.tasks) if wanted.sort == "score" else getattr(entry, wanted.sort) or None

    def _fits(self, entry: Entry, wanted: Wanted) -> bool:
        ranges = wanted.ranges
        return (
            (not wanted.tasks or entry.task in wanted.tasks)
            and (not wanted.small or entry.params < SMALL)
            and (not ranges.source or entry.source == ranges.source)
            and ranges.params.holds(entry.params)
            and ranges.mult_adds.holds(entry.mult_adds or None)
            and ranges.input_size.holds(entry.input_size)
            and (not wanted.on_disk or self._where(entry) in ("bundled", "cached"))
        )
