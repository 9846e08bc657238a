"""Colours of classes: sets that are known by name, and one's own. From the first colour that comes again, a hatch tells them apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtGui import QColor

from tlstudio.gui.overlay.picture import ClassLook

OKABE_ITO, VOC, CITYSCAPES, DATA, OWN = "okabe-ito", "voc", "cityscapes", "data", "own"
_KEY, _OWN_KEY = "overlay/palette", "overlay/own_colours"

_OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
_CITYSCAPES = (  # the 19 classes that are trained, in the order of their train ids (Cordts et al., 2016)
    *("#804080", "#F423E8", "#464646", "#66669C", "#BE9999", "#999999", "#FAAA1E", "#DCDC00", "#6B8E23", "#98FB98"),
    *("#4682B4", "#DC143C", "#FF0000", "#00008E", "#000046", "#003C64", "#005064", "#0000E6", "#770B20"),
)
_BACKGROUND = {"background", "_background_", "__background__", "bg", "void", "unlabeled", "unlabelled", "none"}


def titles() -> dict[str, str]:
    """What can be chosen, by the word that is kept in the settings."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("palettes", text)

    return {
        OKABE_ITO: tr("Okabe-Ito, for every eye"),
        VOC: "Pascal VOC",
        CITYSCAPES: "Cityscapes",
        DATA: tr("As in the data"),
        OWN: tr("My own"),
    }


def voc_colour(index: int) -> QColor:
    """Pascal VOC's colour of a class: the bits of its index, three at a time, from the highest bit of red, green and blue down."""
    red = green = blue = 0
    for place in range(8):
        bits = index >> (3 * place)
        red |= (bits & 1) << (7 - place)
        green |= (bits >> 1 & 1) << (7 - place)
        blue |= (bits >> 2 & 1) << (7 - place)
    return QColor(red, green, blue)


def colours(palette: str, names: Sequence[str], data: Sequence[Sequence[int]] = (), own: Mapping[str, str] | None = None) -> list[QColor]:
    """One colour a class. data: red, green, blue of each class as the data has it; own: #RRGGBB by name, for "own" (else Okabe-Ito)."""
    n = len(names)
    if palette == VOC:
        return [voc_colour(i) for i in range(n)]
    if palette == CITYSCAPES:
        return [QColor(_CITYSCAPES[i % len(_CITYSCAPES)]) for i in range(n)]
    if palette == DATA and len(data) == n:
        return [QColor(*colour) for colour in data]
    plain = [QColor(_OKABE_ITO[i % len(_OKABE_ITO)]) for i in range(n)]
    if palette == OWN and own:
        return [QColor(own[name]) if name in own else colour for name, colour in zip(names, plain, strict=True)]
    return plain


def looks(
    palette: str, names: Sequence[str], data: Sequence[Sequence[int]] = (), own: Mapping[str, str] | None = None
) -> tuple[ClassLook, ...]:
    """How the classes are shown at first. What is called background is not drawn: the picture is to be seen there."""
    seen: set[int] = set()
    out = []
    for name, colour in zip(names, colours(palette, names, data, own), strict=True):
        out.append(ClassLook(name, colour, hatched=colour.rgb() in seen, visible=name.strip().lower() not in _BACKGROUND))
        seen.add(colour.rgb())
    if not any(look.visible for look in out):
        return tuple(ClassLook(look.name, look.colour, look.hatched) for look in out)
    return tuple(out)


def chosen(settings: QSettings) -> str:
    """The palette that was chosen last."""
    said = str(settings.value(_KEY, OKABE_ITO))
    return said if said in titles() else OKABE_ITO


def choose(settings: QSettings, palette: str) -> None:
    settings.setValue(_KEY, palette)


def own_colours(settings: QSettings) -> dict[str, str]:
    """#RRGGBB by the name of the class, as the user chose them."""
    try:
        said = json.loads(str(settings.value(_OWN_KEY, "{}")))
    except ValueError:
        return {}
    if not isinstance(said, dict):
        return {}
    return {str(name): str(colour) for name, colour in said.items() if QColor.isValidColorName(str(colour))}


def set_own_colours(settings: QSettings, colours_: Mapping[str, str]) -> None:
    settings.setValue(_OWN_KEY, json.dumps(dict(colours_)))
