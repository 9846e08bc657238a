"""What a sweep varies: fields of the recipe, each between two values or among a few. Needs neither torch nor Optuna."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tlstudio.errors import InputError, StudioError
from tlstudio.recipe import Recipe, field_info
from tlstudio.recipe.plan import epochs as planned_epochs
from tlstudio.studies.arms import with_epochs

# What judges the trials, or only names them: it has to be the same for all.
_FIXED = ("name", "data.path", "data.task", "data.val_share", "data.test_share", "data.split_seed", "data.exclude", "training.seed")
_SHAPES = ({"low", "high"}, {"low", "high", "log"}, {"low", "high", "step"}, {"choices"})


@dataclass(frozen=True)
class Axis:
    """One field and what it may be. choices: or else from low to high, in steps or by ratio (log). whole: whole numbers only."""

    key: str
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    log: bool = False
    whole: bool = False

    def holds(self, value: Any) -> bool:
        """Whether the value could be drawn."""
        if self.choices:
            return value in self.choices
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            return False
        return self.step is None or abs((value - self.low) / self.step - round((value - self.low) / self.step)) < 1e-9


def axes(recipe: Recipe, vary: Mapping[str, Mapping[str, Any]]) -> list[Axis]:
    """What is varied, checked against the bounds of the recipe's fields. Raises InputError naming key and bounds."""
    if not vary:
        raise InputError("Nothing is varied", "", "Name a field and its range, such as optimizer.lr=0.0001..0.1")
    return [_axis(recipe, key, dict(said)) for key, said in vary.items()]


def applied(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe with those values. A strategy brings what suits it first, but no other number of epochs."""
    said = {key: value for key, value in values.items() if key != "frozen.strategy"}
    if "frozen.strategy" in values and values["frozen.strategy"] != recipe.frozen.strategy:
        recipe = with_epochs(recipe.with_strategy(str(values["frozen.strategy"])), planned_epochs(recipe))
    return recipe.set(said)


def scalar(value: Any) -> Any:
    """A choice as Optuna keeps it: lists as the text that `Recipe.set` takes them from again."""
    return json.dumps(value) if isinstance(value, list | tuple) else value


def spoken(values: Mapping[str, Any]) -> str:
    """Values for people: titles of fields, numbers to three figures."""
    words = []
    for key, value in values.items():
        title = key.rpartition(".")[2] if ".options." in key else str(field_info(key).title or key)
        words.append(f"{title} {value:.3g}" if isinstance(value, float) else f"{title} {value}")
    return ", ".join(words)


def parsed(text: str) -> tuple[str, dict[str, Any]]:
    """What a command line says: KEY=LOW..HIGH, KEY=LOW..HIGH:log, KEY=LOW..HIGH:STEP or KEY=A,B,C. Raises InputError."""
    key, equals, said = text.partition("=")
    if not equals or not said.strip():
        raise InputError(f"--vary {text} has no values", "", "Write KEY=LOW..HIGH, KEY=LOW..HIGH:log or KEY=A,B,C")
    low, dots, rest = said.partition("..")
    if not dots:
        return key.strip(), {"choices": [_number(word.strip()) for word in said.split(",")]}
    high, _, how = rest.partition(":")
    out = {"low": _number(low.strip()), "high": _number(high.strip())}
    if how.strip():
        out |= {"log": True} if how.strip() == "log" else {"step": _number(how.strip())}
    return key.strip(), out


def _number(word: str) -> Any:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(word.lower(), word)


def _axis(recipe: Recipe, key: str, said: dict[str, Any]) -> Axis:
    if key in _FIXED:
        raise InputError(f"'{key}' cannot be varied", "trials are compared by the same images and the same chance", "Vary another field")
    said = {name: value for name, value in said.items() if value is not None and value is not False} if "choices" not in said else said
    if set(said) not in _SHAPES:
        raise InputError(f"How '{key}' varies cannot be read", "", "Give low and high, with log or step if wanted; or choices")
    if "choices" in said:
        if not isinstance(said["choices"], list | tuple) or len(said["choices"]) < 2:
            raise InputError(f"'{key}' has less than two choices", "", "Give two or more, or leave it out")
        for value in said["choices"]:
            _check(recipe, key, value)
        return Axis(key, tuple(scalar(value) for value in said["choices"]))
    low, high, step = said["low"], said["high"], said.get("step")
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in (low, high, *([step] if step is not None else []))):
        raise InputError(f"'{key}' varies between numbers", f"given: {low!r} to {high!r}", "Give choices for what is no number")
    if not low < high or (step is not None and step <= 0):
        raise InputError(f"'{key}' cannot vary from {low} to {high}", "the lower value comes first", "Turn them round")
    if said.get("log") and low <= 0:
        raise InputError(f"'{key}' cannot vary by ratio from {low}", "only numbers above 0 have ratios", "Raise the lower value")
    for value in (low, high):
        _check(recipe, key, value)
    whole = isinstance(recipe.set({key: low}).get(key), int) and (_is_whole(key) or all(isinstance(v, int) for v in (low, high)))
    if not whole and _is_whole(key):
        raise InputError(f"'{key}' takes whole numbers", f"given: {low} to {high}", "Give whole numbers")
    return Axis(key, (), float(low), float(high), None if step is None else float(step), bool(said.get("log")), whole)


def _is_whole(key: str) -> bool:
    return ".options." not in key and field_info(key).annotation is int


def _check(recipe: Recipe, key: str, value: Any) -> None:
    """Raises InputError for a value that the field, or the kind that the recipe names, does not take."""
    from tlstudio.training.consistent import check

    made = applied(recipe, {key: scalar(value)})
    try:
        check(made)
    except InputError:
        raise
    except StudioError as error:
        raise InputError(error.what, error.why, error.do) from None
