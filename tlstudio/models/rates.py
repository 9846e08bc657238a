"""The rate of each layer: what the recipe multiplies it with. Torch-free, so that the window can show it while somebody points.

A weight's rate is the head's or the backbone's rate, times the schedule, times its multiplier: that of the nearest path above it
that has one, and for the backbone the layer-wise decay of its block (Howard and Ruder, 2018).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from tlstudio.recipe import Optimizer


def multiplier(path: str, optimizer: Optimizer, depth: int) -> float:
    """What the rate of the parameter or module at `path` is multiplied with. depth: blocks between it and the last one, see `depth_of`."""
    own = next((optimizer.multipliers[above] for above in _above(path) if above in optimizer.multipliers), 1.0)
    return own * float(optimizer.layer_decay**depth)


def depth_of(path: str, frozen: Sequence[Collection[str]]) -> int:
    """Blocks between the layer at `path` and the last block of the backbone: 0 in the last block, and outside of all blocks behind it.

    frozen: for each block in order, the paths of all that comes before it (`blocks` of the layers document).
    """
    covering = set(_above(path))
    return sum(not covering.isdisjoint(before) for before in frozen)


def unknown(multipliers: Mapping[str, float], paths: Collection[str]) -> list[str]:
    """The paths that have a multiplier and are not in the network."""
    known = set(paths)
    return sorted(path for path in multipliers if path not in known)


def _above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition(".")[0]
