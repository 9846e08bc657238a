"""Groups of pixels that occur many times in a tile: each is coloured once, and its colours are looked up wherever it is.

A tile of 65,536 pixels has a hundred different groups of four; a border of 9000 pixels, as many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tlstudio.gui.overlay.picture import Labels

Places = NDArray[np.intp]
Words = NDArray[np.uint32]
T = TypeVar("T", bound=np.generic)

MANY = 512
"""Different groups from which on to look them up gains nothing: such a mask is noise."""
_BITS = 17
_FACTORS = [np.uint32(0x9E3779B1 * odd & 0xFFFFFFFF) for odd in range(1, 33, 2)]


@dataclass(frozen=True, eq=False)
class Distinct:
    """codes: (u, k) uint8, the groups, of 1 or 4. which: (n,), the group at each place; None: one group for each place, in their order."""

    codes: Labels
    which: Places | None

    @classmethod
    def as_they_are(cls, words: Words) -> Distinct:
        """One group for each of the words, (n,) uint32, each the memory of four codes."""
        return cls(words.view(np.uint8).reshape(-1, 4), None)

    @classmethod
    def of(cls, words: Words) -> Distinct:
        """The same with each group once; `as_they_are` where there are too many."""
        ordered = np.sort(words)
        values = np.concatenate([ordered[:1], ordered[1:].take(np.flatnonzero(ordered[1:] != ordered[:-1]))])
        which = _ranks(values, words) if len(values) <= MANY else None
        return cls.as_they_are(words) if which is None else cls(values.view(np.uint8).reshape(-1, 4), which)

    def found(self) -> Distinct:
        """The same with each group once."""
        if self.which is not None or not len(self.codes):
            return self
        if self.codes.shape[1] == 4:
            return Distinct.of(self.codes.view(np.uint32).ravel())
        there, ranks = np.zeros(256, np.bool_), np.zeros(256, np.intp)
        there[self.codes] = True
        values = np.flatnonzero(there)
        ranks[values] = np.arange(len(values))
        return Distinct(values.astype(np.uint8)[:, None], ranks.take(self.codes[:, 0]))

    def spread(self, values: NDArray[T]) -> NDArray[T]:
        """From a value a group, (u,), to one a place, (n,)."""
        return values if self.which is None else values.take(self.which, mode="wrap")

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes + (0 if self.which is None else self.which.nbytes)


def _ranks(values: Words, words: Words) -> Places | None:
    """Which of the values each word is: by a hash that keeps them all apart, which takes a fraction of sorting; None if none is found."""
    ranks = np.arange(len(values), dtype=np.uint16)
    table = np.empty(1 << _BITS, np.uint16)
    for factor in _FACTORS:
        spots = _spots(values, factor)
        table[spots] = ranks
        if np.array_equal(table.take(spots), ranks):
            return table.take(_spots(words, factor), mode="wrap").astype(np.intp)
    return None


def _spots(words: Words, factor: np.uint32) -> Places:
    return ((words * factor) >> np.uint32(32 - _BITS)).astype(np.intp)
