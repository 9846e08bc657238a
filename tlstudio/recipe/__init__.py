"""The recipe: all that determines a run. Immutable; TOML on disk; bounds, units, defaults and help live in its fields.

The window's forms are generated from these fields, `tlstudio train --set section.key=value` addresses them, the run folder keeps them.
What a head, an optimizer, a schedule or a loss can be told beyond the common fields is `{kind, options}`: the file that registers
the kind knows its options, `api.validate` checks them. Nothing here knows torch or Qt.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, get_args

import tomli_w
from pydantic import Field, ValidationError

from tlstudio.errors import InputError
from tlstudio.recipe.data import MAX_PIXELS, Data
from tlstudio.recipe.field import Section, titled
from tlstudio.recipe.sections import STRATEGY_NAMES, Augment, Frozen, Head, Loss, Model, Optimizer, Schedule, Strategy
from tlstudio.recipe.stages import Longer, Stage, Stages
from tlstudio.recipe.training import Tracking, Training

__all__ = [
    "MAX_PIXELS",
    "STRATEGY_NAMES",
    "Augment",
    "Data",
    "Frozen",
    "Head",
    "Longer",
    "Loss",
    "Model",
    "Optimizer",
    "Recipe",
    "Schedule",
    "Section",
    "Stage",
    "Stages",
    "Strategy",
    "Tracking",
    "Training",
    "choices",
    "field_info",
    "keys",
    "suits",
]


def _section() -> Any:
    """A section with all its defaults, made by the recipe's own schema: a default that is an instance would have each section's schema
    built twice, a tenth of a second at every start."""
    return Field(default_factory=dict)


class Recipe(Section):
    """All that determines a run. Change it with `set` or `with_strategy`; each returns a new one."""

    name: str = titled("", "Name", "What runs of this recipe are called.")
    data: Data = _section()
    model: Model = _section()
    frozen: Frozen = _section()
    stages: Stages = _section()
    head: Head = _section()
    optimizer: Optimizer = _section()
    schedule: Schedule = _section()
    loss: Loss = _section()
    augment: Augment = _section()
    training: Training = _section()
    tracking: Tracking = _section()

    def set(self, changes: dict[str, Any]) -> Recipe:
        """A new recipe with dotted keys changed, {"training.epochs": 5}. Values may be texts, as from a command line.

        Raises InputError that names the nearest key for an unknown one, and the bounds for a value out of them.
        """
        said = self.model_dump()
        for key, value in changes.items():
            _put(said, key, value)
        return _validated(said)

    def with_strategy(self, strategy: str) -> Recipe:
        """A new recipe with that strategy and with the rates, epochs and weights that suit it."""
        if strategy not in STRATEGY_NAMES:
            near = difflib.get_close_matches(strategy, STRATEGY_NAMES, 1, 0.3)
            raise InputError(
                f"There is no strategy '{strategy}'",
                "",
                f"Take one of {', '.join(STRATEGY_NAMES)}" + (f" (nearest: {near[0]})" if near else ""),
            )
        changes: dict[str, Any] = {"frozen.strategy": strategy, **suits(strategy, self.data.task)}
        if strategy != "custom":
            changes |= {"frozen.paths": (), "stages.own": ()}
        if strategy == "scratch":
            changes["model.weights"] = "random"
        elif self.frozen.strategy == "scratch" and self.model.weights == "random":
            changes["model.weights"] = "pretrained"
        return self.set(changes)

    def get(self, key: str) -> Any:
        """The value of a dotted key."""
        value: Any = self
        for part in key.split("."):
            value = value[part] if isinstance(value, dict) else getattr(value, part)
        return value

    def to_toml(self) -> str:
        """Raises InputError for a name, as of a folder, that is no UTF-8 text: TOML holds no other."""
        text = tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))
        try:
            text.encode()
        except UnicodeEncodeError as error:
            shown = text[: error.start].rpartition("\n")[2] + text[error.start :].partition("\n")[0]
            shown = shown.encode(errors="replace").decode()
            raise InputError(f"The recipe holds a name that is no UTF-8 text: {shown}", "", "Rename that folder or file") from None
        return text

    @classmethod
    def from_toml(cls, text: str, source: str = "The recipe") -> Recipe:
        """Raises InputError naming the line for bad TOML, the nearest key for an unknown one."""
        try:
            said = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{source} is not valid TOML: {error}", "", "Mend that line") from None
        return cls.parse(said)

    @classmethod
    def parse(cls, said: Mapping[str, Any]) -> Recipe:
        """The recipe that a dictionary of sections describes; what it leaves out takes defaults. Raises InputError as `from_toml`."""
        known = cls().model_dump()
        for section, values in said.items():
            for key in values if isinstance(values, dict) else ():
                _check_key(f"{section}.{key}", known)
            _check_key(section, known)
        return _validated(dict(said))

    @classmethod
    def load(cls, path: Path) -> Recipe:
        try:
            text = path.read_text(encoding="utf-8-sig")  # Notepad puts a mark in front
        except OSError as error:
            raise InputError(f"The recipe {path} cannot be read", error.strerror or str(error), "Give the path of a .toml file") from None
        except UnicodeDecodeError:
            raise InputError(f"The recipe {path} is not UTF-8 text", "", "Save it as UTF-8, or give the path of a .toml file") from None
        return cls.from_toml(text, f"The recipe {path}")


def suits(strategy: str, task: str) -> dict[str, Any]:
    """The rates and epochs that suit a strategy, by dotted key; none for one's own choice of layers."""
    return _SUITS.get(strategy, {}) | (_SUITS_MASKS.get(strategy, {}) if task == "segmentation" else {})


# What suits a strategy: rates found on photos of two classes and on the generated leaves (see tests/benchmarks).
_SUITS: dict[str, dict[str, Any]] = {
    "head": {
        "optimizer.lr": 0.01,
        "optimizer.backbone_lr": 0.0001,
        "training.epochs": 20,
        "stages.head_epochs": 0,
        "augment.enabled": False,
    },
    "last-block": {"optimizer.lr": 0.002, "optimizer.backbone_lr": 0.0005, "training.epochs": 10, "stages.head_epochs": 10},
    "gradual": {"optimizer.lr": 0.002, "optimizer.backbone_lr": 0.0005, "training.epochs": 10, "stages.head_epochs": 10},
    "full": {"optimizer.lr": 0.002, "optimizer.backbone_lr": 0.0002, "training.epochs": 10, "stages.head_epochs": 10},
    "scratch": {"optimizer.lr": 0.002, "optimizer.backbone_lr": 0.002, "training.epochs": 20, "stages.head_epochs": 0},
}
# What differs for masks, found on a small set of street scenes: their heads are larger and begin from nothing.
_SUITS_MASKS: dict[str, dict[str, Any]] = {
    "head": {"training.epochs": 10},
    "last-block": {"optimizer.lr": 0.01},
    "gradual": {"optimizer.lr": 0.01},
    "full": {"optimizer.lr": 0.01, "optimizer.backbone_lr": 0.0005},
}


def keys() -> list[str]:
    """Every dotted key of a recipe, in the order of the sections."""
    out = []
    for section, values in Recipe().model_dump().items():
        out += [f"{section}.{key}" for key in values] if isinstance(values, dict) else [section]
    return out


def field_info(key: str) -> Any:
    """pydantic's FieldInfo of a dotted key: title, description (help), json_schema_extra (unit, advanced), metadata (bounds)."""
    section, _, name = key.partition(".")
    kind = type(getattr(Recipe(), section)) if name else Recipe
    return kind.model_fields[name or section]


def choices(key: str) -> tuple[str, ...]:
    """The words that a key of type Literal takes; () for any other."""
    return tuple(v for v in get_args(field_info(key).annotation) if isinstance(v, str))


def _put(said: dict[str, Any], key: str, value: Any) -> None:
    _check_key(key, said)
    *path, last = key.split(".")
    place = said
    for part in path:
        place = place.setdefault(part, {})
        if not isinstance(place, dict):
            raise InputError(
                f"A recipe has no key '{key}'", f"{key.partition(f'.{part}.')[0]}.{part} is one value", "Leave one of the two out"
            )
    place[last] = _parsed(key, value) if isinstance(value, str) else value


def _parsed(key: str, text: str) -> Any:
    """A value typed on a command line: TOML where it is TOML, none for None, else the text itself. A folder called 2024 is no number."""
    try:
        value = None if text.lower() == "none" else tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text
    is_text = ".options." not in key and field_info(key).annotation is str
    return text if is_text and not isinstance(value, str) else value


def _check_key(key: str, said: dict[str, Any]) -> None:
    section, _, rest = key.partition(".")
    options = rest.startswith("options.") and "options" in (said.get(section) or {})
    if options or (section in said and not rest):
        return
    if rest and isinstance(said.get(section), dict) and rest in said[section]:
        return
    near = difflib.get_close_matches(key, keys(), 1, 0.0)[0]
    raise InputError(f"A recipe has no key '{key}'", "", f"The nearest is '{near}'")


# The keys of tables in lists, by the key that holds the list.
_TABLES: dict[tuple[str | int, ...], Collection[str]] = {
    ("stages", "own"): Stage.model_fields,
    ("stages", "longer"): Longer.model_fields,
}
# Where pydantic speaks to programmers.
_PLAIN = {
    "tuple_type": 'a list in brackets is needed, such as ["a", "b"] or [1, 2]',
    "dict_type": "a table in braces is needed, such as {factor = 0.5}",
    "missing": "a value is missing",
}


def _validated(values: dict[str, Any]) -> Recipe:
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        what = f"'{key}'" if key else "The recipe"
        if first["type"] == "extra_forbidden":  # of the tables in a list; sections were looked at before
            near = difflib.get_close_matches(str(first["loc"][-1]), _TABLES.get(first["loc"][:-2], ()), 1, 0.0)
            raise InputError(f"A recipe has no key {what}", "", f"The nearest is '{near[0]}'" if near else "Take it out") from None
        if first["type"] == "model_type":
            raise InputError(f"{what} is a section of a recipe, not one value", "", f"Write [{key}] and its keys below") from None
        said = _PLAIN.get(first["type"], first["msg"].removeprefix("Value error, "))
        given = f" (given: {first['input']!r})" if not isinstance(first["input"], dict) else ""
        raise InputError(f"{what} cannot be used: {said}{given}") from None
