"""The base of all events, and their way to a line of JSON and back."""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

_KINDS: dict[str, type[Event]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. `at` is the wall clock in seconds since 1970."""

    kind: ClassVar[str] = ""
    at: float = field(default_factory=time.time)

    def __init_subclass__(cls) -> None:
        _KINDS[cls.kind] = cls

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **{name: getattr(self, name) for name in _names(type(self))}}

    def to_line(self) -> str:
        """One line of JSON with its newline. NaN and infinities become null: they are not JSON."""
        return dumps(self.to_json()) + "\n"

    def replace(self, **changes: Any) -> Self:
        return dataclasses.replace(self, **changes)


def from_json(said: dict[str, Any]) -> Event | None:
    """The event that `to_json` described; None for a kind of a newer version. Unknown keys are passed over."""
    named = said.get("kind")
    kind = _KINDS.get(named) if isinstance(named, str) else None
    if kind is None:
        return None
    names = _names(kind)
    values: Any = {
        key: tuple(value) if isinstance(value, list) and key in _TUPLES else value for key, value in said.items() if key in names
    }
    try:
        event: Event = kind(**values)
        return event
    except TypeError:  # a field of a newer or older version is missing
        return None


def _names(kind: type[Event]) -> dict[str, None]:
    """Of the fields, in order; they are kept, as a long run has a hundred thousand events."""
    if kind.kind not in _FIELDS:
        _FIELDS[kind.kind] = dict.fromkeys(one.name for one in dataclasses.fields(kind))
    return _FIELDS[kind.kind]


_FIELDS: dict[str, dict[str, None]] = {}
_TUPLES = {"remaining", "resumed_from"}


def dumps(said: Any, *, indent: int | None = None) -> str:
    """A document as JSON, on one line unless `indent` is given. NaN and infinities become null: they are not JSON."""
    separators = (",", ":") if indent is None else None
    try:
        return json.dumps(said, allow_nan=False, separators=separators, indent=indent)
    except ValueError:
        return json.dumps(_finite(said), allow_nan=False, separators=separators, indent=indent)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return value
