"""In which stages a recipe's run learns, counted in blocks of the backbone: what training makes true of a network and the window draws.

Nothing here knows a network or its paths: how many blocks it has is told, and taken to suffice where nobody knows yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from tlstudio.recipe import Recipe

Learns = Literal["head", "strategy", "blocks", "from", "everything"]


@dataclass(frozen=True)
class Part:
    """One stage: epochs first to last of the run, counted from 1 through all of them.

    name: of the strategy, or "head", "deeper-1", "stage-1"; that of the stage before where it is trained longer.
    learns: the head; what the strategy says; the last `blocks` blocks (`of` all that there are; None: not known); from the block `path` on;
    or everything. recipe: of the run, with this stage's epochs and rates; what is frozen is still the run's.
    warm: the head learns alone here only to be ready for the next. longer: it was added to the finished run.
    """

    name: str
    learns: Learns
    recipe: Recipe
    first: int = 1
    last: int = 1
    blocks: int = 0
    of: int | None = None
    path: str = ""
    warm: bool = False
    longer: bool = False

    @property
    def epochs(self) -> int:
        return self.last - self.first + 1


def parts(recipe: Recipe, blocks: int | None = None, *, head_first: bool | None = None) -> list[Part]:
    """The stages in order, at least one.

    blocks: of the network's backbone; None: not known. head_first: whether there is a head to learn alone first, which a network can tell;
    None: where anything but the head learns, from pretrained weights.
    """
    if recipe.stages.own:
        out = _own(recipe)
    else:
        out = _deeper(recipe, blocks) if recipe.frozen.strategy == "gradual" else [Part(recipe.frozen.strategy, "strategy", recipe)]
        if starts_with_head(recipe) if head_first is None else head_first:
            out.insert(0, Part("head", "head", _with(recipe, recipe.stages.head_epochs, lr=recipe.stages.head_lr), warm=True))
    for one in recipe.stages.longer:
        last, optimizer = out[-1], out[-1].recipe.optimizer
        rates = {"lr": optimizer.lr * one.share, "backbone_lr": optimizer.backbone_lr * one.share}
        out.append(replace(last, recipe=_with(last.recipe, one.epochs, **rates), warm=False, longer=True))
    return _counted(out)


def starts_with_head(recipe: Recipe) -> bool:
    """Whether the recipe asks that the head learns alone before deeper layers do."""
    return not recipe.stages.own and bool(recipe.stages.head_epochs) and can_start_with_head(recipe)


def can_start_with_head(recipe: Recipe) -> bool:
    """Whether anything but the head learns, from pretrained weights."""
    return recipe.frozen.strategy not in ("head", "scratch")


def epochs(recipe: Recipe) -> int:
    """Of all stages together, as far as the recipe alone says."""
    return parts(recipe)[-1].last


def _own(recipe: Recipe) -> list[Part]:
    out = []
    for i, stage in enumerate(recipe.stages.own):
        its = _with(recipe, stage.epochs, lr=stage.lr, backbone_lr=stage.backbone_lr)
        kind: Learns = "head" if stage.learns == "head" else "everything" if stage.learns == "everything" else "from"
        out.append(Part(f"stage-{i + 1}", kind, its, path=stage.learns if kind == "from" else ""))
    return out


def _deeper(recipe: Recipe, blocks: int | None) -> list[Part]:
    """The stages of gradual unfreezing after the head: the last blocks first."""
    stages, optimizer, total = recipe.stages, recipe.optimizer, recipe.training.epochs
    if blocks == 0:
        return [Part("full", "everything", recipe)]
    many = stages.steps * stages.blocks + 1 if blocks is None else blocks
    steps = min(stages.steps, total, -(-many // stages.blocks))
    out = []
    for step in range(steps):
        length, share = total // steps + (total % steps if step == steps - 1 else 0), stages.lr_decay**step
        its = _with(recipe, length, lr=optimizer.lr * share, backbone_lr=optimizer.backbone_lr * share)
        out.append(Part(f"deeper-{step + 1}", "blocks", its, blocks=min((step + 1) * stages.blocks, many), of=blocks))
    return out


def _with(recipe: Recipe, number: int, **rates: float | None) -> Recipe:
    """The recipe with a stage's epochs and rates, where they are given."""
    given: Mapping[str, Any] = {key: value for key, value in rates.items() if value is not None}
    return recipe.model_copy(
        update={
            "optimizer": recipe.optimizer.model_copy(update=given),
            "training": recipe.training.model_copy(update={"epochs": number}),
        }
    )


def _counted(stages: list[Part]) -> list[Part]:
    out, before = [], 0
    for part in stages:
        out.append(replace(part, first=before + 1, last=before + part.recipe.training.epochs))
        before = out[-1].last
    return out
