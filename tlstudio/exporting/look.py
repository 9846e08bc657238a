"""How classes look in what is exported: colours, opacity, stripes, outlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlstudio.data import palettes
from tlstudio.errors import InputError


@dataclass(frozen=True, slots=True)
class ClassLook:
    """colour: red, green, blue 0..255. hatched: with dark stripes. opacity: 0..1, times that of the whole. visible: drawn at all."""

    colour: tuple[int, int, int]
    hatched: bool = False
    visible: bool = True
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Look:
    """classes: by index. opacity: of the whole overlay, 0..1. contour: width of the outlines of classes in pixels, 0 for none."""

    classes: tuple[ClassLook, ...]
    opacity: float = 0.5
    contour: int = 0

    @classmethod
    def from_json(cls, said: Mapping[str, Any] | None, classes: Sequence[Mapping[str, Any]]) -> Look:
        """said: {opacity, contour, classes: [{colour, hatched, visible, opacity}]}, all of them optional; classes: of the document.

        Without a word, classes are in the document's colours, striped from the first colour that comes again, and what is called
        background is not drawn. Raises InputError for what cannot be meant.
        """
        said = dict(said or {})
        given = said.pop("classes", None)
        try:
            looks = _default(classes) if given is None else tuple(_class(one) for one in given)
            look = cls(looks, float(said.pop("opacity", 0.5)), int(said.pop("contour", 0)))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError("The look of the classes cannot be used", str(error), "Give each class a colour of three numbers") from None
        if said:
            raise InputError(f"The look has no '{next(iter(said))}'", "", "It has opacity, contour and classes")
        if len(looks) != len(classes):
            raise InputError(f"The look is of {len(looks)} classes, the masks have {len(classes)}", "", "Give one look a class")
        if not 0 <= look.opacity <= 1 or look.contour < 0:
            raise InputError("The look cannot be used", "opacity is from 0 to 1, contour from 0 on", "Give other numbers")
        return look


def _class(said: Mapping[str, Any]) -> ClassLook:
    red, green, blue = (int(value) for value in said["colour"])
    opacity = float(said.get("opacity", 1.0))
    if not all(0 <= value <= 255 for value in (red, green, blue)) or not 0 <= opacity <= 1:
        raise ValueError("colours are from 0 to 255, opacity from 0 to 1")
    return ClassLook((red, green, blue), bool(said.get("hatched", False)), bool(said.get("visible", True)), opacity)


def _default(classes: Sequence[Mapping[str, Any]]) -> tuple[ClassLook, ...]:
    seen: set[tuple[int, ...]] = set()
    looks = []
    clear = palettes.left_clear([one["name"] for one in classes])
    for label, one in enumerate(classes):
        colour = tuple(one["colour"])
        looks.append(_class({"colour": colour, "hatched": colour in seen, "visible": label not in clear}))
        seen.add(colour)
    return tuple(looks)
