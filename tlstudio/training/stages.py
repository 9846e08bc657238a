"""In which stages a run learns: stretches of epochs, each with its own frozen layers and rates.

A head that begins from random numbers sends large, senseless gradients into a pretrained backbone. So the head learns alone first, from
what the frozen backbone makes of each image (kept, see `cached`), and deeper layers join when it knows something: linear probing, then
fine-tuning (Kumar et al. 2022); a few blocks at a time is gradual unfreezing (Howard and Ruder 2018).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlstudio.errors import InputError
from tlstudio.models.absent import absent, known_paths
from tlstudio.models.freezing import frozen_paths, presets
from tlstudio.models.network import Network
from tlstudio.models.structure import above, before, blocks, cover, parameter_names
from tlstudio.recipe import Frozen, Recipe
from tlstudio.recipe.plan import Part, parts, starts_with_head

LEARNS = {
    "head": "head",
    "last-block": "last block",
    "gradual": "last blocks",
    "full": "everything",
    "scratch": "everything, from scratch",
    "custom": "own choice",
}
"""Words for what a strategy lets learn."""


@dataclass(frozen=True)
class Stage:
    """Epochs first to last of a run, counted from 1 through all its stages.

    name: of the strategy, or of one of its stages. learns: words for the user. recipe: that of the run with this stage's frozen layers,
    rates and number of epochs; the run's own where there is one stage. warm: the head learns alone here only to be ready for the next.
    """

    name: str
    learns: str
    recipe: Recipe
    first: int
    last: int
    warm: bool = False


def plan(recipe: Recipe, network: Network) -> list[Stage]:
    """The stages of a run, in order; at least one. Raises InputError for a stage of one's own that names a layer which is not there."""
    found = blocks(network.module, network.head_path, network.aux_paths)
    alone = _frozen_while_alone(recipe, network) if starts_with_head(recipe) else None
    return [_stage(part, network, found, alone) for part in parts(recipe, len(found), head_first=alone is not None)]


def at(stages: Sequence[Stage], epoch: int) -> Stage:
    """The stage to which the epoch after `epoch` whole ones belongs; the last one when all are done."""
    return next((stage for stage in stages if stage.last > epoch), stages[-1])


def _stage(part: Part, network: Network, found: Sequence[Mapping[str, Any]], alone: Sequence[str] | None) -> Stage:
    """The part with what is frozen in it by name. found: the blocks of the backbone; alone: what is frozen while the head learns first."""
    words, paths = LEARNS["full"], list[str]()
    if part.learns == "strategy":
        its, words = part.recipe, LEARNS[part.name]
    elif part.warm and alone is not None:
        its, words = _frozen(part.recipe, alone).set({"augment.enabled": False}), LEARNS["head"]
    else:
        if part.learns == "head":
            paths, words = presets(network)["head"], LEARNS["head"]
        elif part.learns == "blocks":
            paths = found[-part.blocks]["frozen"]
            words = "last block" if part.blocks == 1 else f"last {part.blocks} blocks" if paths else words
        elif part.learns == "from":
            if part.path not in known_paths(network):
                raise absent(network, part.path, "stages.own")
            names = before(network.module, part.path, *network.new_paths)
            paths, words = cover(network.module, names), f"from {part.path} on"
        its = _frozen(part.recipe, paths)
    return Stage(part.name, f"{words}, longer" if part.longer else words, its, part.first, part.last, part.warm)


def _frozen_while_alone(recipe: Recipe, network: Network) -> list[str] | None:
    """What is frozen while the head learns alone; None where that would be the same as later, or where nothing in the head learns."""
    backbone = set(presets(network)["head"])
    main = set(frozen_paths(network, recipe.frozen))
    names = parameter_names(network.module)
    alone = [name for name in names if backbone.isdisjoint(above(name)) and main.isdisjoint(above(name))]
    learning = [name for name in names if main.isdisjoint(above(name))]
    if not alone or len(alone) == len(learning):
        return None
    return cover(network.module, set(names) - set(alone))


def _frozen(recipe: Recipe, paths: Sequence[str]) -> Recipe:
    """The recipe of a stage with those frozen layers, its rates checked."""
    try:
        return recipe.set({"frozen.strategy": "custom", "frozen.paths": tuple(paths)})
    except InputError as error:
        raise InputError(f"A stage of the plan cannot be used: {error.what}", error.why, error.do) from None


def frozen_at_last(recipe: Recipe, network: Network) -> Frozen:
    """What is still frozen in the last stage: what a layer tree shows of the plan."""
    return plan(recipe, network)[-1].recipe.frozen
