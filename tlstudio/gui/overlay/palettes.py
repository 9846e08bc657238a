"""Colours of classes: sets that are known by name, and one's own. From the first colour that comes again, a hatch tells them apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtGui import QColor

from tlstudio.data import palettes
from tlstudio.gui.overlay.picture import ClassLook

OKABE_ITO, VOC, CITYSCAPES, DATA, OWN = "okabe-ito", "voc", "cityscapes", "data", "own"
_KEY, _OWN_KEY = "overlay/palette", "overlay/own_colours"

_CITYSCAPES = (  # the 19 classes that are trained, in the order of their train ids (Cordts et al., 2016)
    *("#804080", "#F423E8", "#464646", "#66669C", "#BE9999", "#999999", "#FAAA1E", "#DCDC00", "#6B8E23", "#98FB98"),
    *("#4682B4", "#DC143C", "#FF0000", "#00008E", "#000046", "#003C64", "#005064", "#0000E6", "#770B20"),
)


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


def colours(palette: str, names: Sequence[str], data: Sequence[Sequence[int]] = (), own: Mapping[str, str] | None = None) -> list[QColor]:
    """One colour a class. data: red, green, blue of each class as the data has it; own: #RRGGBB by name, for "own" (else Okabe-Ito)."""
    n = len(names)
    if palette == VOC:
        return [QColor(*palettes.voc(i)) for i in range(n)]
    if palette == CITYSCAPES:
        return [QColor(_CITYSCAPES[i % len(_CITYSCAPES)]) for i in range(n)]
    if palette == DATA and len(data) == n:
        return [QColor(*colour) for colour in data]
    plain = [QColor(*palettes.OKABE_ITO[i % len(palettes.OKABE_ITO)]) for i in range(n)]
    if palette == OWN and own:
        return [QColor(own[name]) if name in own else colour for name, colour in zip(names, plain, strict=True)]
    return plain


def looks(
    palette: str, names: Sequence[str], data: Sequence[Sequence[int]] = (), own: Mapping[str, str] | None = None
) -> tuple[ClassLook, ...]:
    """How the classes are shown at first. What is called background is not drawn: the picture is to be seen there."""
    seen: set[int] = set()
    clear = palettes.left_clear(names)
    out = []
    for label, (name, colour) in enumerate(zip(names, colours(palette, names, data, own), strict=True)):
        out.append(ClassLook(name, colour, hatched=colour.rgb() in seen, visible=label not in clear))
        seen.add(colour.rgb())
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
