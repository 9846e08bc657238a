"""The stages that a recipe plans, as the window draws them before a run: the same cut as `training.stages` makes, from the layers
document instead of the network (which takes torch)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication

from tlstudio.events import StageStarted
from tlstudio.recipe import Recipe, Stage


def tr(text: str) -> str:
    return QCoreApplication.translate("stages", text)


@dataclass(frozen=True)
class Planned:
    """One stage. learns: in words. first, last: its epochs, counted from 1 through the run. deep: blocks of the backbone that learn, 0 for
    the head alone, -1 where they are not counted. backbone_lr is None where the backbone rests. recipe: with the rates of this stage."""

    learns: str
    first: int
    last: int
    deep: int
    recipe: Recipe

    @property
    def epochs(self) -> int:
        return self.last - self.first + 1

    @property
    def lr(self) -> float:
        return self.recipe.optimizer.lr

    @property
    def backbone_lr(self) -> float | None:
        return self.recipe.optimizer.backbone_lr if self.deep else None

    def started(self) -> StageStarted:
        """As the run is going to say it."""
        return StageStarted(
            name="", learns=self.learns, first_epoch=self.first, last_epoch=self.last, lr=self.lr, backbone_lr=self.backbone_lr, at=0.0
        )


def plan(recipe: Recipe, document: Mapping[str, Any] | None = None) -> list[Planned]:
    """In order, at least one. document: `layers`; without it the number of blocks is not known, and taken to suffice."""
    blocks = _blocks(recipe, document)
    if recipe.stages.own:
        parts = [_of_own(recipe, stage, blocks) for stage in recipe.stages.own]
    elif recipe.frozen.strategy == "gradual":
        parts = _deeper(recipe, blocks)
    else:
        parts = [(_word(recipe.frozen.strategy), 0 if recipe.frozen.strategy == "head" else -1, recipe)]
    if head_first(recipe):
        parts.insert(0, (tr("head"), 0, _for(recipe, recipe.stages.head_epochs, recipe.stages.head_lr, None)))
    out: list[Planned] = []
    for learns, deep, its in parts:
        first = out[-1].last + 1 if out else 1
        out.append(Planned(learns, first, first + its.training.epochs - 1, deep, its))
    return out


def head_first(recipe: Recipe) -> bool:
    """Whether the head learns alone before deeper layers do."""
    return not recipe.stages.own and bool(recipe.stages.head_epochs) and can_be_first(recipe)


def can_be_first(recipe: Recipe) -> bool:
    """Whether anything but the head learns, from pretrained weights."""
    return recipe.frozen.strategy not in ("head", "scratch")


def epochs(recipe: Recipe) -> int:
    """Of all stages together."""
    if recipe.stages.own:
        return sum(stage.epochs for stage in recipe.stages.own)
    return recipe.training.epochs + (recipe.stages.head_epochs if head_first(recipe) else 0)


def one_stage(recipe: Recipe) -> int | None:
    """Epochs of a run of one stage; None where there are several, whose epochs cost differently."""
    return None if recipe.stages.own or head_first(recipe) or recipe.frozen.strategy == "gradual" else recipe.training.epochs


def has_frozen_part(recipe: Recipe) -> bool:
    """Whether something in front is frozen while images are changed, so that its outputs can be kept. (While the head learns first they
    are not changed.)"""
    if recipe.stages.own:
        return any(stage.learns != "everything" for stage in recipe.stages.own)
    return recipe.frozen.strategy not in ("full", "scratch")


def frozen_at_last(recipe: Recipe, document: Mapping[str, Any]) -> Sequence[str]:
    """Paths that are still frozen in the last stage: what the layer tree shows of a recipe."""
    presets: Mapping[str, Sequence[str]] = document["presets"]
    blocks: Sequence[Mapping[str, Any]] = document.get("blocks", ())
    strategy = recipe.frozen.strategy
    if recipe.stages.own or (strategy == "gradual" and blocks):
        deep = plan(recipe, document)[-1].deep
        found: Sequence[str] = presets["head"] if deep == 0 else () if deep < 0 else blocks[-min(deep, len(blocks))]["frozen"]
        return found
    return recipe.frozen.paths if strategy == "custom" else presets.get(strategy, ())


def last_words(deep: int, many: int | None = None) -> str:
    """last block, last 2 blocks, everything where that is all there are."""
    if deep == many:
        return tr("everything")
    return tr("last block") if deep == 1 else tr("last %1 blocks").replace("%1", str(deep))


def _blocks(recipe: Recipe, document: Mapping[str, Any] | None) -> list[str] | None:
    """Their paths, first to last."""
    if not document or document.get("model") != recipe.model.name:
        return None
    return [block["path"] for block in document.get("blocks", ())] or None


def _word(strategy: str) -> str:
    return {
        "head": tr("head"),
        "last-block": tr("last block"),
        "custom": tr("own choice"),
        "scratch": tr("everything, from scratch"),
    }.get(strategy, tr("everything"))


_Part = tuple[str, int, Recipe]


def _deeper(recipe: Recipe, blocks: list[str] | None) -> list[_Part]:
    stages, optimizer, total = recipe.stages, recipe.optimizer, recipe.training.epochs
    many = len(blocks) if blocks else stages.steps * stages.blocks + 1
    steps = min(stages.steps, total, -(-many // stages.blocks))
    out: list[_Part] = []
    for step in range(steps):
        deep = min((step + 1) * stages.blocks, many)
        part = total // steps + (total % steps if step == steps - 1 else 0)
        share = stages.lr_decay**step
        out.append((last_words(deep, many), deep, _for(recipe, part, optimizer.lr * share, optimizer.backbone_lr * share)))
    return out


def _of_own(recipe: Recipe, stage: Stage, blocks: list[str] | None) -> _Part:
    its = _for(recipe, stage.epochs, stage.lr, stage.backbone_lr)
    if stage.learns == "head":
        return tr("head"), 0, its
    if stage.learns == "everything":
        return tr("everything"), -1, its
    if blocks and stage.learns in blocks:
        deep = len(blocks) - blocks.index(stage.learns)
        return last_words(deep, len(blocks)), deep, its
    return tr("from %1 on").replace("%1", stage.learns), -1, its


def _for(recipe: Recipe, many: int, lr: float | None, backbone_lr: float | None) -> Recipe:
    """The recipe with a stage's epochs and rates."""
    optimizer = recipe.optimizer.model_copy(
        update={key: value for key, value in (("lr", lr), ("backbone_lr", backbone_lr)) if value is not None}
    )
    return recipe.model_copy(update={"optimizer": optimizer, "training": recipe.training.model_copy(update={"epochs": many})})
