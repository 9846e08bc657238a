"""What a form has to know of a pydantic field: which editor it needs, its words and its bounds."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import QCoreApplication


def tr(text: str) -> str:
    return QCoreApplication.translate("editors", text)


@dataclass(frozen=True)
class Spec:
    """What an editor has to know of a field.

    form: bool, int, float, rate (a float over orders of magnitude, typed), words, numbers (a tuple), table (names with a number each),
    text. low, high: bounds or None; above, below: whether the bound itself is out. optional: None may be given, as empty text.
    """

    form: str
    title: str
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    words: tuple[str, ...] = ()
    whole: bool = False
    optional: bool = False

    @classmethod
    def of(cls, info: FieldInfo) -> Spec:
        """The editor's view of a field of a recipe section or of an Options model."""
        kind, optional = _unwrapped(info.annotation)
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        parts = [*info.metadata, *_inside(kind)]
        bounds = {name: getattr(part, name) for part in parts for name in ("ge", "gt", "le", "lt") if hasattr(part, name)}
        low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
        form, words, whole = _form(_plain(kind), "gt" in bounds)
        return cls(
            form, info.title or "", info.description or "", str(extra.get("unit", "")), low, high, "gt" in bounds, "lt" in bounds,
            words, whole, optional,
        )  # fmt: skip

    def sentence(self) -> str:
        """What this field takes, as a sentence."""
        if self.form == "numbers":
            what = tr("%1 takes whole numbers with commas between them") if self.whole else tr("%1 takes numbers with commas between them")
            return what.replace("%1", self.title)
        parts = []
        if self.low is not None:
            parts.append((tr("above %1") if self.above else tr("at least %1")).replace("%1", f"{self.low:g}"))
        if self.high is not None:
            parts.append((tr("below %1") if self.below else tr("at most %1")).replace("%1", f"{self.high:g}"))
        number = " ".join([tr("a whole number") if self.form == "int" else tr("a number"), tr(" and ").join(parts)]).strip()
        example = tr(", such as 0.001 or 1e-3") if self.form == "rate" else ""
        return tr("%1 has to be %2").replace("%1", self.title).replace("%2", number) + example


def _unwrapped(kind: Any) -> tuple[Any, bool]:
    """X and whether it was X | None."""
    if get_origin(kind) in (Union, types.UnionType):
        inner = [part for part in get_args(kind) if part is not type(None)]
        return inner[0], len(inner) < len(get_args(kind))
    return kind, False


def _plain(kind: Any) -> Any:
    """X of Annotated[X, ...]."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _inside(kind: Any) -> list[Any]:
    """What bounds the numbers of a dictionary, or a number that may be left out."""
    if get_origin(kind) is Annotated:
        return [part for info in get_args(kind)[1:] for part in getattr(info, "metadata", [info])]
    if get_origin(kind) is not dict or get_origin(get_args(kind)[1]) is not Annotated:
        return []
    return [part for info in get_args(get_args(kind)[1])[1:] for part in getattr(info, "metadata", [info])]


def _form(kind: Any, above: bool) -> tuple[str, tuple[str, ...], bool]:
    if get_origin(kind) is Literal:
        return "words", tuple(str(word) for word in get_args(kind)), False
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return ("text", (), False) if inner is str else ("numbers", (), inner is int)
    if get_origin(kind) is dict:
        return "table", (), False
    if kind is float:
        return ("rate" if above else "float"), (), False
    return {bool: "bool", int: "int"}.get(kind, "text"), (), False
