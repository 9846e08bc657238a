"""The stages that a recipe plans, in the words and with the blocks that the window draws before a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication

from tlstudio.events import StageStarted
from tlstudio.recipe import Recipe
from tlstudio.recipe.plan import Part, parts, starts_with_head


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
    return [_planned(part, blocks) for part in parts(recipe, len(blocks) if blocks else None)]


def one_stage(recipe: Recipe) -> int | None:
    """Epochs of a run of one stage; None where there are several, whose epochs cost differently."""
    several = recipe.stages.own or recipe.stages.longer or starts_with_head(recipe) or recipe.frozen.strategy == "gradual"
    return None if several else recipe.training.epochs


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


def _planned(part: Part, blocks: list[str] | None) -> Planned:
    """blocks: paths of those of the backbone, where they are known."""
    deep, words = -1, tr("everything")
    if part.learns == "head":
        deep, words = 0, tr("head")
    elif part.learns == "strategy":
        deep, words = 0 if part.name == "head" else -1, _word(part.name)
    elif part.learns == "blocks":
        deep, words = part.blocks, last_words(part.blocks, part.of)
    elif part.learns == "from" and blocks and part.path in blocks:
        deep = len(blocks) - blocks.index(part.path)
        words = last_words(deep, len(blocks))
    elif part.learns == "from":
        words = tr("from %1 on").replace("%1", part.path)
    if part.longer:
        words = tr("%1, longer").replace("%1", words)
    return Planned(words, part.first, part.last, deep, part.recipe)
