"""Ticks as pure functions: random sets, fewest paths, presets, shared parameters, BatchNorm."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from tlstudio.gui.ticks import State, Ticks
from tlstudio.models import cost


def row(path: str, size: int = 0, *, kind: str = "", batchnorm: bool = False, shared_with: str | None = None) -> dict[str, Any]:
    kind = kind or ("parameter" if size else "module")
    own = 0 if shared_with or kind == "module" else size
    return {"path": path, "kind": kind, "own_params": own, "params": size, "batchnorm": batchnorm, "shared_with": shared_with}


SMALL = [
    row(""),
    row("token", 5),
    row("stem"),
    row("stem.weight", 100),
    row("bn"),
    row("bn.weight", 4, batchnorm=True),
    row("bn.bias", 4, batchnorm=True),
    row("bn.act"),
    row("blocks"),
    row("blocks.0"),
    row("blocks.0.conv"),
    row("blocks.0.conv.weight", 30),
    row("blocks.1"),
    row("blocks.1.conv"),
    row("blocks.1.conv.weight", 40),
    row("blocks.1.conv.bias", 2),
    row("pool"),
    row("head"),
    row("head.weight", 20),
    row("head.bias", 2),
]
PRESETS = {"head": ["token", "stem", "bn", "blocks"], "last-block": ["token", "stem", "bn", "blocks.0"], "full": [], "scratch": []}


def wild(seed: int, n: int = 200) -> list[dict[str, Any]]:
    """A random tree in depth-first order, deep and uneven, with empty modules."""
    chance = random.Random(seed)
    rows = [row("")]

    def grow(path: str, depth: int) -> None:
        for i in range(chance.randint(1, 5)):
            if len(rows) >= n:
                return
            child = f"{path}.{i}" if path else str(i)
            if depth and chance.random() < 0.6:
                rows.append(row(child))
                grow(child, depth - 1)
            elif chance.random() < 0.8:
                rows.append(row(child, chance.randint(1, 9), batchnorm=chance.random() < 0.2))
            else:
                rows.append(row(child))

    while len(rows) < 20:
        rows = [row("")]
        grow("", 6)
    return rows


@pytest.mark.parametrize("seed", range(40))
def test_random_ticks_add_up_and_come_back_from_the_fewest_paths(seed: int) -> None:
    rows = wild(seed)
    ticks, chance = Ticks(rows), random.Random(seed)
    for _ in range(10):
        chosen = chance.sample(range(len(rows)), chance.randint(0, 12))
        mask = ticks.toggled(ticks.mask(()), chosen, True)
        mask = ticks.toggled(mask, chance.sample(range(len(rows)), 3), False)
        paths = ticks.minimal(mask)
        assert np.array_equal(ticks.mask(paths), mask)
        assert len(paths) == _fewest(ticks, mask)
        for policy in ("eval", "train"):
            said = cost.learning(rows, paths, policy)
            assert ticks.learning(mask, policy) == said["learning"]
            assert said["params"] == ticks.params
        frozen = sum(rows[leaf]["own_params"] for at, leaf in enumerate(ticks.leaves) if mask[at])
        assert frozen + ticks.learning(mask) == ticks.params


def _fewest(ticks: Ticks, mask: np.ndarray) -> int:
    """By hand, from the top: a row that is wholly frozen is one path, else those of its children."""
    place = {leaf: at for at, leaf in enumerate(ticks.leaves)}

    def leaves(i: int) -> list[int]:
        own = [place[i]] if i in place else []
        return own + [leaf for child in ticks.children[i] for leaf in leaves(child)]

    def count(i: int) -> int:
        inside = leaves(i)
        if inside and all(mask[leaf] for leaf in inside) and ticks.paths[i]:
            return 1
        return sum(count(child) for child in ticks.children[i])

    return sum(count(i) for i in ticks.top)


def test_states_of_modules_follow_their_parameters() -> None:
    ticks = Ticks(SMALL)
    states = dict(zip(ticks.paths, ticks.states(ticks.mask(["stem", "blocks.0.conv.weight"])), strict=True))
    assert states["stem"] == states["stem.weight"] == states["blocks.0"] == State.FROZEN
    assert states["blocks"] == states[""] == State.MIXED
    assert states["head"] == states["token"] == State.LEARNS
    assert states["pool"] == states["bn.act"] == State.NONE


def test_a_module_stands_for_all_its_children() -> None:
    ticks = Ticks(SMALL)
    assert ticks.minimal(ticks.mask(["blocks.0.conv.weight", "blocks.1.conv.weight", "blocks.1.conv.bias"])) == ("blocks",)
    mask = ticks.toggled(ticks.mask(["blocks"]), [ticks.row_of["blocks.1.conv.bias"]], False)
    assert ticks.minimal(mask) == ("blocks.0", "blocks.1.conv.weight")


def test_everything_frozen_is_said_by_the_top_modules() -> None:
    ticks = Ticks(SMALL)
    mask = ticks.toggled(ticks.mask(()), [0], True)
    assert mask.all()
    assert ticks.minimal(mask) == ("blocks", "bn", "head", "stem", "token")
    assert ticks.learning(mask) == 0


@pytest.mark.parametrize("with_root", [True, False])
def test_the_row_of_the_whole_network_is_optional(with_root: bool) -> None:
    ticks = Ticks(SMALL if with_root else SMALL[1:])
    assert ticks.minimal(ticks.mask(["bn", "bn.weight"])) == ("bn",)
    assert ticks.params == 207


def test_a_preset_is_known_again_by_what_it_freezes() -> None:
    ticks = Ticks(SMALL)
    head = ticks.mask(PRESETS["head"])
    assert ticks.strategy(head, PRESETS, weights="pretrained") == ("head", ())
    changed = ticks.toggled(head, [ticks.row_of["stem"]], False)
    assert ticks.strategy(changed, PRESETS, weights="pretrained") == ("custom", ("blocks", "bn", "token"))
    back = ticks.toggled(changed, [ticks.row_of["stem.weight"]], True)
    assert ticks.strategy(back, PRESETS, weights="pretrained") == ("head", ())
    assert ticks.strategy(ticks.mask(PRESETS["last-block"]), PRESETS, weights="random") == ("last-block", ())


@pytest.mark.parametrize(("weights", "name"), [("pretrained", "full"), ("random", "scratch"), ("/my/weights.pt", "full")])
def test_nothing_frozen_is_everything_or_from_scratch(weights: str, name: str) -> None:
    ticks = Ticks(SMALL)
    assert ticks.strategy(ticks.mask(()), PRESETS, weights=weights) == (name, ())


def test_batchnorm_that_trains_learns_although_it_is_ticked() -> None:
    ticks = Ticks(SMALL)
    mask = ticks.mask(PRESETS["head"])
    assert ticks.learning(mask) == ticks.learning(mask, "adapt") == 22
    assert ticks.learning(mask, "train") == 30


def test_a_shared_parameter_is_frozen_and_counted_once() -> None:
    rows = [row(""), row("a"), row("a.weight", 10), row("b"), row("b.weight", 10, shared_with="a.weight"), row("b.bias", 1)]
    ticks = Ticks(rows)
    mask = ticks.mask(["b"])
    states = dict(zip(ticks.paths, ticks.states(mask), strict=True))
    assert states["a"] == State.FROZEN
    assert (ticks.params, ticks.learning(mask)) == (11, 0)
    freed = ticks.toggled(mask, [ticks.row_of["a"]], False)
    assert dict(zip(ticks.paths, ticks.states(freed), strict=True))["b"] == State.MIXED
    assert ticks.minimal(freed) == ("b.bias",)


def test_paths_of_another_model_count_for_nothing_and_are_named() -> None:
    ticks = Ticks(SMALL)
    assert ticks.unknown(["stem", "layer4"]) == ["layer4"]
    assert np.array_equal(ticks.mask(["stem", "layer4"]), ticks.mask(["stem"]))


def test_no_rows_at_all() -> None:
    ticks = Ticks([])
    assert ticks.minimal(ticks.mask(())) == ()
    assert ticks.params == 0
