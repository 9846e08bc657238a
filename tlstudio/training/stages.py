"""In which stages a run learns: stretches of epochs, each with its own frozen layers and rates.

A head that begins from random numbers sends large, senseless gradients into a pretrained backbone. So the head learns alone first, from
what the frozen backbone makes of each image (kept, see `cached`), and deeper layers join when it knows something: linear probing, then
fine-tuning (Kumar et al. 2022); a few blocks at a time is gradual unfreezing (Howard and Ruder 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tlstudio.errors import InputError
from tlstudio.models.absent import absent, known_paths
from tlstudio.models.freezing import frozen_paths, presets
from tlstudio.models.network import Network
from tlstudio.models.structure import above, before, blocks, cover, parameter_names
from tlstudio.recipe import Frozen, Recipe

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
    if recipe.stages.own:
        parts = _own(recipe, network)
    else:
        parts = _deeper(recipe, network) if recipe.frozen.strategy == "gradual" else [(recipe.frozen.strategy, "", recipe)]
        if head := _head_first(recipe, network):
            parts.insert(0, head)
    out: list[Stage] = []
    for name, learns, its in parts:
        first = out[-1].last + 1 if out else 1
        warm = name == "head" and len(parts) > 1
        out.append(Stage(name, learns or LEARNS[name], its, first, first + its.training.epochs - 1, warm))
    return out


def at(stages: Sequence[Stage], epoch: int) -> Stage:
    """The stage to which the epoch after `epoch` whole ones belongs; the last one when all are done."""
    return next((stage for stage in stages if stage.last > epoch), stages[-1])


_Part = tuple[str, str, Recipe]


def _head_first(recipe: Recipe, network: Network) -> _Part | None:
    """The stage in which the head learns alone; None where it would be the same as the next, or where nothing in the head learns."""
    stages = recipe.stages
    if not stages.head_epochs or recipe.frozen.strategy in ("head", "scratch"):
        return None
    backbone = set(presets(network)["head"])
    main = set(frozen_paths(network, recipe.frozen))
    names = parameter_names(network.module)
    alone = [name for name in names if backbone.isdisjoint(above(name)) and main.isdisjoint(above(name))]
    learning = [name for name in names if main.isdisjoint(above(name))]
    if not alone or len(alone) == len(learning):
        return None
    paths = cover(network.module, set(names) - set(alone))
    return "head", "head", _with(recipe, paths, stages.head_epochs, stages.head_lr, None, {"augment.enabled": False})


def _deeper(recipe: Recipe, network: Network) -> list[_Part]:
    """The stages of gradual unfreezing after the head: the last blocks first."""
    stages, optimizer, total = recipe.stages, recipe.optimizer, recipe.training.epochs
    found = blocks(network.module, network.head_path, network.aux_paths)
    steps = min(stages.steps, total, -(-len(found) // stages.blocks))
    parts: list[_Part] = []
    if not found:
        return [("full", "", _with(recipe, [], total, None, None))]
    for step in range(steps):
        deep = min((step + 1) * stages.blocks, len(found))
        paths, words = found[-deep]["frozen"], "last block" if deep == 1 else f"last {deep} blocks"
        part = total // steps + (total % steps if step == steps - 1 else 0)
        share = stages.lr_decay**step
        its = _with(recipe, paths, part, optimizer.lr * share, optimizer.backbone_lr * share)
        parts.append((f"deeper-{step + 1}", words if paths else LEARNS["full"], its))
    return parts


def _own(recipe: Recipe, network: Network) -> list[_Part]:
    parts: list[_Part] = []
    for i, stage in enumerate(recipe.stages.own):
        if stage.learns == "head":
            paths, words = presets(network)["head"], LEARNS["head"]
        elif stage.learns == "everything":
            paths, words = [], LEARNS["full"]
        else:
            if stage.learns not in known_paths(network):
                raise absent(network, stage.learns, "stages.own")
            names = before(network.module, stage.learns, *network.new_paths)
            paths, words = cover(network.module, names), f"from {stage.learns} on"
        parts.append((f"stage-{i + 1}", words, _with(recipe, paths, stage.epochs, stage.lr, stage.backbone_lr)))
    return parts


def _with(
    recipe: Recipe, paths: Sequence[str], number: int, lr: float | None, backbone_lr: float | None, more: dict[str, Any] | None = None
) -> Recipe:
    """The recipe of a stage with those frozen layers, epochs and rates."""
    changes: dict[str, Any] = {"frozen.strategy": "custom", "frozen.paths": tuple(paths), "training.epochs": number, **(more or {})}
    if lr is not None:
        changes["optimizer.lr"] = lr
    if backbone_lr is not None:
        changes["optimizer.backbone_lr"] = backbone_lr
    try:
        return recipe.set(changes)
    except InputError as error:
        raise InputError(f"A stage of the plan cannot be used: {error.what}", error.why, error.do) from None


def frozen_at_last(recipe: Recipe, network: Network) -> Frozen:
    """What is still frozen in the last stage: what a layer tree shows of the plan."""
    return plan(recipe, network)[-1].recipe.frozen
