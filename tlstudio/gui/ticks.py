"""What the ticks of the layer tree mean: pure functions of the rows of a `layers` document, without Qt.

A tick freezes. What is ticked is a mask, one bool a *leaf* (a parameter row) in the order of the tree; a module is frozen, mixed or
learns as its leaves are. The recipe keeps a mask as the fewest paths that say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


class State(IntEnum):
    """Of a row: NONE has no parameters, so that there is nothing to freeze."""

    NONE = -1
    LEARNS = 0
    MIXED = 1
    FROZEN = 2


class Ticks:
    """The tree of a `layers` document, as far as freezing goes.

    paths, parent, children: of each row, by its place in `rows`; parent is -1 at the top. `params`: the whole network's.
    All masks are bool (L,), L the number of parameter rows; a parameter that is shared has the same value in all its rows.
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """rows come depth first, a module before what is in it; the row of the whole network ("") is optional."""
        n = len(rows)
        self.paths: list[str] = [row["path"] for row in rows]
        self.row_of = {path: i for i, path in enumerate(self.paths)}
        self.parent = [self._above(path) for path in self.paths]
        self.children: list[list[int]] = [[] for _ in range(n)]
        self.top: list[int] = []
        for i, above in enumerate(self.parent):
            (self.top if above < 0 else self.children[above]).append(i)
        self.leaves: list[int] = [i for i, row in enumerate(rows) if row["kind"] == "parameter"]
        leaf = np.zeros(n, dtype=bool)
        leaf[self.leaves] = True
        # Depth first: the leaves of a row are those from its own place to the end of its last descendant.
        end = list(range(1, n + 1))
        for i in range(n - 1, -1, -1):
            if self.parent[i] >= 0:
                end[self.parent[i]] = max(end[self.parent[i]], end[i])
        before = np.concatenate([[0], np.cumsum(leaf)])
        self._first, self._last = before[:-1], before[end] if n else before[:0]
        self._parents = np.array(self.parent, dtype=np.int64)
        self._sizes = np.array([rows[i]["own_params"] for i in self.leaves], dtype=np.int64)
        self._norms = np.array([bool(rows[i].get("batchnorm")) for i in self.leaves], dtype=bool)
        place = {self.paths[i]: at for at, i in enumerate(self.leaves)}
        self._same = np.array([place.get(rows[i].get("shared_with") or "", at) for at, i in enumerate(self.leaves)], dtype=np.int64)
        self.params = int(self._sizes.sum())

    def _above(self, path: str) -> int:
        if not path:
            return -1
        while path:
            path = path.rpartition(".")[0]
            if path in self.row_of:
                return self.row_of[path]
        return -1

    def mask(self, paths: Iterable[str]) -> Mask:
        """What is frozen when these modules and parameters are; unknown paths count for nothing (see `unknown`)."""
        return self.toggled(np.zeros(len(self.leaves), dtype=bool), (self.row_of[path] for path in paths if path in self.row_of), True)

    def unknown(self, paths: Iterable[str]) -> list[str]:
        """Those paths that the network has not."""
        return [path for path in paths if path not in self.row_of]

    def toggled(self, mask: Mask, rows: Iterable[int], frozen: bool) -> Mask:
        """The mask after these rows, with all that is in them, were frozen or set to learn."""
        hit = np.zeros(len(mask), dtype=bool)
        for row in rows:
            hit[self._same[self._first[row] : self._last[row]]] = True
        return np.where(hit[self._same], frozen, mask)

    def first_named(self, values: NDArray[Any]) -> NDArray[Any]:
        """values (L,) with those of the row where a shared parameter came first in all its rows: torch knows it by that name."""
        return values[self._same]

    def inside(self, path: str) -> slice:
        """Which of the L parameter rows lie in the module (or are the parameter) at that path; none for an unknown one."""
        row = self.row_of.get(path)
        return slice(0, 0) if row is None else slice(int(self._first[row]), int(self._last[row]))

    def extremes(self, values: NDArray[np.float64], counted: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(smallest, largest) of each row's parameters among those counted; (inf, -inf) for a row without any. values, counted: (L,)."""
        ends = np.stack([self._first, self._last], axis=1).ravel()
        empty = self._first == self._last
        out = []
        for best, none in ((np.minimum, np.inf), (np.maximum, -np.inf)):
            filled = np.append(np.where(counted, values, none), none)  # an end may lie behind the last one
            found = best.reduceat(filled, ends)[::2] if len(ends) else filled[:0]
            out.append(np.where(empty, none, found))
        return out[0], out[1]

    def states(self, mask: Mask) -> NDArray[np.int8]:
        """A State for each row."""
        before = np.concatenate([[0], np.cumsum(mask)])
        frozen, leaves = before[self._last] - before[self._first], self._last - self._first
        out = np.full(len(self.paths), State.MIXED, dtype=np.int8)
        out[frozen == 0] = State.LEARNS
        out[frozen == leaves] = State.FROZEN
        out[leaves == 0] = State.NONE
        return out

    def minimal(self, mask: Mask) -> tuple[str, ...]:
        """The fewest paths that freeze exactly this: a module stands for its children where all of them are frozen.

        The whole network has no path of its own; its top modules stand for it.
        """
        whole = self.states(mask) == State.FROZEN
        if "" in self.row_of:
            whole[self.row_of[""]] = False
        covered = (self._parents >= 0) & whole[self._parents]
        return tuple(sorted(self.paths[i] for i in np.flatnonzero(whole & ~covered)))

    def effective(self, mask: Mask, batchnorm: str) -> Mask:
        """What stays as it is under a BatchNorm policy: with "train", scale and shift of a frozen BatchNorm learn all the same."""
        return np.logical_and(mask, np.logical_not(self._norms)) if batchnorm == "train" else mask

    def learning(self, mask: Mask, batchnorm: str = "eval") -> int:
        """How many parameters learn; a shared one counts once. The same as `models.cost.learning`, fast enough for 10,000 rows."""
        return int(self._sizes[np.logical_not(self.effective(mask, batchnorm))].sum())

    def strategy(self, mask: Mask, presets: Mapping[str, Sequence[str]], *, weights: str) -> tuple[str, tuple[str, ...]]:
        """Name of the strategy that freezes exactly this, with the paths to keep in the recipe: "custom" where no preset does.

        Everything and From scratch freeze the same, which is nothing: the weights tell them apart.
        """
        for name, paths in presets.items():
            if name == "gradual" or ((name == "scratch") != (weights == "random") and not paths):  # stages are no matter of ticks
                continue
            if np.array_equal(self.mask(paths), mask):
                return name, ()
        return "custom", self.minimal(mask)
