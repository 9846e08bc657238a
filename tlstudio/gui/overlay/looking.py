"""How one looks at the open collection: mode, opacity, classes, palette. Panels and canvas follow `changed`; settings remember."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QColor

from tlstudio.gui.overlay import palettes
from tlstudio.gui.overlay.collection import Collection
from tlstudio.gui.overlay.picture import ClassLook, Look, Mode, Picture

OPACITY_STEP = 0.05
_INSTEAD: dict[Mode, tuple[Mode, ...]] = {  # what is shown where the wanted mode has no data: the nearest that has
    "prediction": ("truth",),
    "truth": ("prediction",),
    "difference": ("prediction", "truth"),
    "contour": (),
    "swipe": ("prediction", "truth"),
    "side": ("prediction", "truth"),
    "confidence": ("prediction", "truth"),
    "entropy": ("prediction", "truth"),
}


class Looking(QObject):
    """`look` is what the canvas shows; `wanted` is the mode that was asked for, which comes back with the next picture that has it."""

    changed = Signal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        opacity, contour = settings.value("overlay/opacity", 0.5), settings.value("overlay/contour", 2.0)
        self.look = Look(opacity=_between(opacity, 0.5, 0, 1), contour=_between(contour, 2.0, 1, 12))
        self.wanted: Mode = "prediction"
        self.palette = palettes.chosen(settings)
        self.missing: dict[Mode, str] = {}
        self._collection: Collection | None = None

    def show_collection(self, collection: Collection) -> None:
        """New classes, with the palette that is in force."""
        self._collection = collection
        self._set(replace(self.look, classes=self._palette_looks(), solo=None, masks=True))

    def show_picture(self, picture: Picture | None) -> None:
        """Find out which modes the picture has data for."""
        self.missing = self._missing(picture) if picture is not None else {}
        self._set(replace(self.look, mode=self._possible(self.wanted)))

    # what the user does

    def set_mode(self, mode: Mode) -> None:
        self.wanted = mode
        self._set(replace(self.look, mode=self._possible(mode), masks=True))

    def set_opacity(self, opacity: float) -> None:
        opacity = min(1.0, max(0.0, round(opacity, 4)))
        self._settings.setValue("overlay/opacity", opacity)
        self._set(replace(self.look, opacity=opacity))

    def step_opacity(self, steps: int) -> None:
        self.set_opacity(self.look.opacity + steps * OPACITY_STEP)

    def set_contour(self, width: float) -> None:
        self._settings.setValue("overlay/contour", width)
        self._set(replace(self.look, contour=width))

    def set_swipe(self, at: float) -> None:
        self._set(replace(self.look, swipe=at))

    def show_masks(self, on: bool) -> None:
        self._set(replace(self.look, masks=on))

    def toggle_solo(self, label: int) -> None:
        """Only that class, or all again."""
        if label < len(self.look.classes):
            self._set(replace(self.look, solo=None if self.look.solo == label else label))

    def set_class(self, label: int, **changes: Any) -> None:
        """visible, opacity of one class."""
        self._set(self.look.with_class(label, **changes))

    def show_all(self, visible: bool) -> None:
        """Every class, or none; no solo."""
        self._set(replace(self.look, solo=None, classes=tuple(replace(one, visible=visible) for one in self.look.classes)))

    def set_colour(self, label: int, colour: QColor) -> None:
        """A colour of one's own; the others keep theirs."""
        own = {one.name: one.colour.name() for one in self.look.classes} if self.palette != palettes.OWN else {}
        kept = {**palettes.own_colours(self._settings), **own, self.look.classes[label].name: colour.name()}
        palettes.set_own_colours(self._settings, kept)
        self.set_palette(palettes.OWN)

    def set_palette(self, palette: str) -> None:
        """Other colours; what is hidden stays hidden."""
        self.palette = palette
        palettes.choose(self._settings, palette)
        new = self._palette_looks()
        if len(new) == len(self.look.classes):
            pairs = zip(self.look.classes, new, strict=True)
            new = tuple(replace(old, colour=one.colour, hatched=one.hatched) for old, one in pairs)
        self._set(replace(self.look, classes=new))

    @property
    def has_own(self) -> bool:
        """Whether the user ever chose a colour."""
        return bool(palettes.own_colours(self._settings))

    # inside

    def _palette_looks(self) -> tuple[ClassLook, ...]:
        if self._collection is None:
            return ()
        names, data = self._collection.names, self._collection.colours
        return palettes.looks(self.palette, names, data, palettes.own_colours(self._settings))

    def _set(self, look: Look) -> None:
        self.look = look
        self.changed.emit()

    def _possible(self, mode: Mode) -> Mode:
        if mode not in self.missing:
            return mode
        return next((other for other in _INSTEAD.get(mode, ()) if other not in self.missing), "image")

    def _missing(self, picture: Picture) -> dict[Mode, str]:
        """Why a mode cannot be shown, for those that cannot."""
        coming = picture.pending
        said, true = picture.prediction is not None or coming, picture.truth is not None
        no_prediction, no_truth = self.tr("There is no prediction for this picture"), self.tr("There is no true mask of this picture")
        both = no_prediction if not said else no_truth
        tests: list[tuple[Mode, bool, str]] = [
            ("prediction", said, no_prediction),
            ("truth", true, no_truth),
            ("difference", said and true, both),
            ("contour", said or true, self.tr("There is no mask of this picture")),
            ("swipe", said or true, self.tr("There is no mask of this picture")),
            ("side", said or true, self.tr("There is no mask of this picture")),
            ("confidence", picture.confidence is not None or coming, self.tr("The prediction kept no confidence")),
            ("entropy", picture.entropy is not None or coming, self.tr("The prediction kept no entropy")),
        ]
        return {mode: why for mode, has, why in tests if not has}


def _between(said: Any, usual: float, low: float, high: float) -> float:
    """A number from the settings, which may hold anything."""
    try:
        return min(high, max(low, float(said)))
    except (TypeError, ValueError):
        return usual
