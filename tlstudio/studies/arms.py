"""The arms of a comparison: what a recipe becomes when one thing about it is changed, with the same budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlstudio.errors import InputError
from tlstudio.recipe import STRATEGY_NAMES, Recipe
from tlstudio.recipe.plan import epochs as planned_epochs
from tlstudio.recipe.plan import starts_with_head

PRESETS = ("head", "last-block", "gradual", "full", "scratch", "pretrained")
"""Names of arms that need no further word. pretrained: the recipe itself, from pretrained weights."""
_LENGTH = ("training.epochs", "stages.")


@dataclass(frozen=True)
class Arm:
    """name: for the user, no two alike. changes: dotted keys in which it differs from the recipe asked for. first_seed: of its runs."""

    name: str
    recipe: Recipe
    changes: dict[str, Any]
    first_seed: int


def arms_of(recipe: Recipe, given: Sequence[str | Mapping[str, Any]], epochs: int | None, seeds: int) -> list[Arm]:
    """The arms asked for. Each gets as many epochs as the recipe plans, all stages together, or `epochs`, unless it changes just that.

    Arms that come out the same get other seeds, so that what is compared is chance. Raises InputError for what no arm is.
    """
    total = epochs or planned_epochs(recipe)
    named = [_named(recipe, one, total) for one in given]
    if not named:
        raise InputError("There is nothing to compare", "no choice is named", f"Name some of {', '.join(PRESETS)}")
    seen: Counter[str] = Counter()
    alike: Counter[str] = Counter()
    out = []
    for name, made in named:
        key = made.model_dump_json()
        seen[name] += 1
        unique = name if seen[name] == 1 else f"{name} ({seen[name]})"
        out.append(Arm(unique, made, changes(recipe, made), recipe.training.seed + alike[key] * seeds))
        alike[key] += 1
    return out


def changes(before: Recipe, after: Recipe) -> dict[str, Any]:
    """The dotted keys in which two recipes differ, with what they are in `after`."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    out: dict[str, Any] = {}
    for section, values in new.items():
        if isinstance(values, dict):
            out |= {f"{section}.{key}": value for key, value in values.items() if old[section].get(key) != value}
        elif old[section] != values:
            out[section] = values
    return out


def _named(recipe: Recipe, given: str | Mapping[str, Any], total: int) -> tuple[str, Recipe]:
    if isinstance(given, str):
        return _preset(recipe, given, total)
    said = dict(given.get("changes") or {})
    if not given.get("name") or set(given) - {"name", "changes"}:
        raise InputError(f"The choice {dict(given)} cannot be used", "", "Write {name, changes: {key: value}}")
    strategy = said.pop("frozen.strategy", None)
    made = _with_strategy(recipe, str(strategy)) if strategy else recipe
    if not any(key.startswith(_LENGTH) for key in said):
        made = with_epochs(made, total)
    return str(given["name"]), made.set(said)


def _preset(recipe: Recipe, word: str, total: int) -> tuple[str, Recipe]:
    if word == "pretrained":
        from_scratch = recipe.frozen.strategy == "scratch" or recipe.model.weights == "random"
        return "Pretrained", with_epochs(_with_strategy(recipe, "full") if from_scratch else recipe, total)
    if word not in PRESETS and not (word == "custom" and recipe.frozen.strategy == "custom"):
        raise InputError(f"There is no choice '{word}' to compare", "", f"Take some of {', '.join(PRESETS)}")
    return STRATEGY_NAMES[word], with_epochs(_with_strategy(recipe, word), total)


def _with_strategy(recipe: Recipe, strategy: str) -> Recipe:
    """With the rates that suit the strategy, unless it is the recipe's own: then they are what the user chose."""
    return recipe if recipe.frozen.strategy == strategy else recipe.with_strategy(strategy)


def with_epochs(recipe: Recipe, total: int) -> Recipe:
    """The recipe with so many epochs, all stages together; of a head that learns alone first at most half of them. Own plans stay."""
    if recipe.stages.own or total == planned_epochs(recipe):
        return recipe
    first = min(recipe.stages.head_epochs, total // 2) if starts_with_head(recipe) else 0
    return recipe.set({"stages.head_epochs": first, "stages.longer": (), "training.epochs": max(1, total - first)})
